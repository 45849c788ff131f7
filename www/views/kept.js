import { html, nothing } from "lit-html";
import { megabytes, moment, titleOf } from "../format.js";
import { current, duration, short, speak, t } from "../i18n.js";

/**
 * The runs that the browser keeps: the offer to go on with the last one, how the present one is kept, and the list.
 *
 * @typedef {import("../state.js").State} State
 * @typedef {import("../protocol.js").KeptRun} KeptRun
 * @typedef {object} On
 * @property {(run: KeptRun) => void} open
 * @property {(run: KeptRun, name: string) => void} rename
 * @property {(run: KeptRun) => void} duplicate
 * @property {(run: KeptRun) => void} download
 * @property {(run: KeptRun) => void} forget
 * @property {() => void} dismiss
 */

/** @param {KeptRun} run */
const thumbnail = ({ picture }) => (picture ? html`<img src=${picture} alt="" width="48" height="48" />` : html`<span class="no-picture"></span>`);

/** @param {KeptRun} run */
const facts = ({ step, best, bytes, saved }) =>
  [
    t("kept.step", { step }),
    ...(best ? [t("kept.best", { loss: short(best.loss) })] : []),
    t("kept.size", { n: megabytes(bytes) }),
    moment(saved, current()),
  ].join(" · ");

/** @param {State} state @param {Pick<On, "open" | "dismiss">} on */
export function offer({ offer: run }, on) {
  if (!run) return nothing;
  return html`${thumbnail(run)}
    <p>${t("offer", { name: titleOf(run), step: run.step })} <span class="hint">${facts(run)}</span></p>
    <div class="buttons">
      <button type="button" class="primary" id="resume" @click=${() => on.open(run)}>${t("offer.resume", { step: run.step })}</button>
      <button type="button" id="discard-kept" @click=${on.dismiss}>${t("offer.later")}</button>
    </div>`;
}

/** How the present run is kept, in a sentence. @param {State} state @param {import("../state.js").Column} column */
export function keeping({ keeps }, { keeping: { step, every, problem }, started }) {
  if (!started) return "";
  if (!keeps) return t("keeping.nothing");
  if (problem) return speak({ error: problem });
  if (step === undefined) return t("keeping.soon");
  return t(every > 5000 ? "keeping.seldom" : "keeping", { step, every: duration(Math.max(5, every / 1000)) });
}

/** @param {State} state @param {On} on */
export function keptList({ kept, forgotten, keeps }, on) {
  if (!keeps) return nothing;
  const shown = kept.filter(({ id }) => id !== forgotten?.id);
  return html`<summary>${t("kept", { n: shown.length })}</summary>
    <p class="hint">${t("kept.hint")}</p>
    <ul class="kept">
      ${shown.map((run) => row(run, on))}
    </ul>`;
}

/** @param {KeptRun} run @param {On} on */
function row(run, on) {
  const title = titleOf(run);
  /** @param {Event} event */
  const rename = (event) => on.rename(run, /** @type {HTMLInputElement} */ (event.target).value);
  /** @param {import("../i18n.js").Key} key @param {() => void} act */
  const button = (key, act) => html`<button type="button" aria-label="${t(key)}: ${title}" @click=${act}>${t(key)}</button>`;
  const where = run.here ? t("kept.here") : run.elsewhere ? t("kept.elsewhere") : "";
  return html`<li data-run=${run.id}>
    ${thumbnail(run)}
    <div>
      <input type="text" .value=${run.name} placeholder=${title} aria-label=${t("kept.name", { name: title })} maxlength="80" @change=${rename} />
      <p class="hint">${facts(run)} ${where}</p>
      <div class="buttons">
        ${run.here || run.elsewhere ? nothing : button("kept.open", () => on.open(run))}
        ${button("kept.duplicate", () => on.duplicate(run))} ${button("kept.download", () => on.download(run))}
        ${run.here || run.elsewhere ? nothing : button("kept.forget", () => on.forget(run))}
      </div>
    </div>
  </li>`;
}
