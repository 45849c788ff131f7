import { html, nothing } from "lit-html";
import { sentenceOf, t } from "../i18n.js";

/**
 * What stopped the run or the program, and the ways on.
 *
 * @typedef {import("../state.js").State} State
 * @typedef {{ back: () => void, fresh: () => void, diagnostics: () => string, copy: (text: string, shown: Element) => void }} On
 */

/** @param {State} state @param {import("../state.js").Column} column @param {On} on */
export function fault({ silent }, { fault, recovering, phase }, on) {
  if (!fault && !silent) return nothing;
  /** @param {Event} event */
  const copy = (event) => {
    const text = /** @type {Element} */ (event.target).closest(".fault")?.querySelector("pre");
    if (!text) return;
    text.textContent = on.diagnostics();
    text.hidden = false;
    on.copy(text.textContent, text);
  };
  const back = fault?.back;
  const isGone = silent || phase === "lost";
  return html`
    <strong>${t(fault ? "say.fault" : "fault.silent")}</strong>
    <p role="alert">${fault ? sentenceOf(fault.error) : t("fault.silent.hint")} ${recovering ? t("fault.recovering") : nothing}</p>
    <div class="buttons">
      ${back === undefined || silent ? nothing : html`<button type="button" class="primary" id="go-back" @click=${on.back}>${t("fault.back", { step: back })}</button>`}
      ${isGone ? html`<button type="button" id="restart-program" @click=${on.fresh}>${t("fault.fresh")}</button>` : nothing}
      <button type="button" @click=${copy}>${t("start.copy")}</button>
    </div>
    <pre hidden></pre>
  `;
}
