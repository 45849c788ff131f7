import { toWire } from "./fault.js";
import { fill } from "./fill.js";
import { strings } from "./strings.js";
import { zh as coreZh } from "./strings_core.js";
import { zh as faultsZh } from "./strings_faults.js";

/** @typedef {import("./strings.js").Key} Key */
/** @typedef {import("./strings.js").Language} Language */

/** @type {Language} */
let language = "en";

/** @returns {Language} the language of the page */
export const current = () => language;

/**
 * The language of `?lang=`, otherwise the browser's first one that there is a table for.
 * @param {string | null} asked
 * @param {readonly string[]} preferred
 * @returns {Language}
 */
export function pick(asked, preferred) {
  for (const tag of asked ? [asked, ...preferred] : preferred) {
    if (/^zh\b/i.test(tag)) return "zh-CN";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}

/**
 * @param {Key} key
 * @param {Record<string, string | number>} [values] numbers are written the way of the language
 */
export function t(key, values = {}) {
  const written = Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? number(value) : value]);
  return fill(strings[language][key], Object.fromEntries(written));
}

/** @param {string} key @returns {key is Key} */
const isKey = (key) => Object.hasOwn(strings.en, key);

/** The string of a key that is put together at run time, or the fallback. @param {string} key @param {string} fallback */
export const named = (key, fallback) => (isKey(key) ? t(key) : fallback);

/** A text of the program's, which comes in both languages. @param {import("../wn_gan.js").Text} text */
export const local = (text) => (language === "zh-CN" ? text.zh : text.en);

/** What failures say, of the program and of the page, by code. @type {Readonly<Record<string, string>>} */
const sentencesZh = { ...coreZh, ...faultsZh };

/**
 * The sentence of anything that was thrown, or of an error as it was sent. A code that this page does not know keeps its
 * message, which is English.
 * @param {unknown} error @param {Language} [chosen] the page's language, unless another is given
 */
export function sentenceOf(error, chosen = language) {
  const { message, code = "", values = {} } = toWire(error);
  if (chosen === "en" || !Object.hasOwn(sentencesZh, code)) return message;
  return fill(sentencesZh[code], values);
}

/** Making a formatter takes longer than all of a redraw's formatting. @type {Map<string, Intl.NumberFormat>} */
const formatters = new Map();

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function number(value, options) {
  const key = `${language} ${JSON.stringify(options)}`;
  const formatter = formatters.get(key) ?? new Intl.NumberFormat(language, options);
  formatters.set(key, formatter);
  return formatter.format(value);
}

/** A small number such as a loss or a learning rate, with four digits that count. @param {number} value */
export function short(value) {
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(2);
  return number(value, { maximumSignificantDigits: 4 });
}

/** @param {number} seconds */
export function duration(seconds) {
  /** @param {"second" | "minute"} unit @param {number} value */
  const say = (unit, value) => number(Math.ceil(value), { style: "unit", unit, unitDisplay: "short" });
  return seconds < 90 ? say("second", seconds) : say("minute", seconds / 60);
}

/** Fills every element that names a key, and the document's language and title. @param {Language} chosen */
export function apply(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
  document.title = t("title");
  for (const attribute of ["t", "label", "hint"]) {
    for (const element of document.querySelectorAll(`[data-${attribute}]`)) {
      const key = /** @type {HTMLElement} */ (element).dataset[attribute] ?? "";
      if (!isKey(key)) throw new Error(`There is no string "${key}".`);
      if (attribute === "t") element.textContent = t(key);
      else element.setAttribute(attribute === "label" ? "aria-label" : "title", t(key));
    }
  }
}
