/** Values of the page as text. */
import { named, number, short, t } from "./i18n.js";

/** A final test's result with its interval. @param {import("./protocol.js").FinalResult} result */
export function finalText({ step, loss, half, losses }) {
  const values = { step, loss: short(loss), half: number(half, { maximumSignificantDigits: 2 }), images: losses.length };
  return t(losses.length > 1 ? "test.final.result" : "test.final.one", values);
}

/** What a kept run is called: by the visitor, or by its settings. @param {Pick<import("./protocol.js").KeptRun, "name" | "preset" | "config">} run */
export const titleOf = ({ name, preset, config }) => name || `${named(`preset.${preset}`, preset)} · ${config.norm}`;

/** @param {number} bytes */
export const megabytes = (bytes) => number(Math.max(0.1, bytes / 1e6), { maximumSignificantDigits: 2 });

/** Making a formatter takes longer than all that it formats. @type {Map<string, Intl.DateTimeFormat>} */
const clocks = new Map();

/** @param {number} milliseconds since 1970 @param {string} language */
export function moment(milliseconds, language) {
  const clock = clocks.get(language) ?? new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  clocks.set(language, clock);
  return clock.format(milliseconds);
}
