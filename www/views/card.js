import { html, nothing } from "lit-html";
import { named, number, sentenceOf, t } from "../i18n.js";
import { failedStage, STAGES } from "../select.js";

/**
 * The card that stands in place of the samples until training can begin: what is done, what is awaited, what failed.
 *
 * @typedef {import("../protocol.js").StageName} StageName
 * @typedef {import("../state.js").State} State
 * @typedef {{ again: () => void, cpu: () => void, diagnostics: () => string, copy: (text: string, shown: Element) => void }} On
 */

/** Where one of these fails, the CPU is a way out. @type {readonly StageName[]} */
const OF_GPU = ["secure", "webgpu", "adapter", "device", "kernel"];

/** What is known of why a stage failed. @param {StageName} stage */
export const cause = (stage) =>
  stage === "secure" ? t("cause.secure", { origin: location.origin }) : named(`cause.${stage}`, "");

/** Time and outcome of each stage, for the diagnostics. @param {State} state */
export const report = ({ stages }) =>
  STAGES.map((stage) => {
    const { state = "waiting", millis = 0, absent = "", error } = stages.get(stage) ?? {};
    return `${stage}: ${state}, ${millis.toFixed(0)} ms ${absent}${error?.message ?? ""}`.trim();
  });

/** @param {State} state @param {On} on */
export function card(state, on) {
  const failed = failedStage(state);
  return html`
    <h3>${t(failed ? "start.failed" : "start.title")}</h3>
    <ol>
      ${STAGES.map(
        (stage) => html`<li data-stage=${stage} data-state=${state.stages.get(stage)?.state ?? "waiting"}>
          <span>${t(`stage.${stage}`)}</span><span class="note">${note(state, stage)}</span>
        </li>`,
      )}
    </ol>
    ${failed ? failure(state, failed, on) : progress(state)}
  `;
}

/** What stands beside a stage: its time, or what is used in its place. @param {State} state @param {StageName} stage */
function note({ stages }, stage) {
  const seen = stages.get(stage);
  if (seen?.state === "absent") return named(`absent.${seen.absent}`, "");
  return seen?.state === "done" ? t("millis", { n: Math.round(seen.millis) }) : "";
}

/** @param {State} state */
function progress({ build }) {
  if (!build) return nothing;
  const { done, total, label } = build;
  const percent = number(Math.floor((100 * done) / total));
  return html`<progress max=${total} .value=${done} aria-label=${t("stage.pipelines")}></progress>
    <p class="hint">${t("start.pipelines", { percent, label })}</p>`;
}

/** @param {State} state @param {StageName} stage @param {On} on */
function failure({ stages }, stage, on) {
  const error = stages.get(stage)?.error;
  /** @param {Event} event */
  const copy = (event) => {
    const details = /** @type {Element} */ (event.target).closest(".card")?.querySelector("details");
    const text = details?.querySelector("pre");
    if (!details || !text) return;
    details.open = true;
    on.copy(text.textContent ?? "", text);
  };
  return html`
    <p class="cause" role="alert">${error ? sentenceOf(error) : cause(stage)}</p>
    <p>${t(`fix.${stage}`)}</p>
    <div class="buttons">
      <button type="button" class="primary" @click=${on.again}>${t("start.again")}</button>
      ${OF_GPU.includes(stage) ? html`<button type="button" id="use-cpu" @click=${on.cpu}>${t("start.cpu")}</button>` : nothing}
      <button type="button" id="copy-diagnostics" @click=${copy}>${t("start.copy")}</button>
    </div>
    <details><summary>${t("start.diagnostics")}</summary><pre>${on.diagnostics()}</pre></details>
  `;
}
