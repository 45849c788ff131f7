import { html, nothing } from "lit-html";
import { speak, t } from "../i18n.js";

/**
 * The line below the samples that tells the visitor, a screen reader's user too.
 *
 * @param {import("../state.js").State} state
 * @param {{ undo: (what: "run" | "forget") => void }} on
 */
export function say({ say, opening }, on) {
  if (opening !== undefined) return html`<span>${t("say.opening", { name: opening })}</span>`;
  if (!say) return nothing;
  const { sentence, bad, undo } = say;
  return html`<span class=${bad ? "bad" : ""}>${speak(sentence)}</span>
    ${undo ? html`<button type="button" id="undo" @click=${() => on.undo(undo)}>${t("undo")}</button>` : nothing}`;
}
