import { strings } from "./strings.js";

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
  return strings[language][key].replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : String(value);
  });
}

/** @param {string} key @returns {key is Key} */
const isKey = (key) => Object.hasOwn(strings.en, key);

/** The string of a key that is put together at run time, or the fallback. @param {string} key @param {string} fallback */
export const named = (key, fallback) => (isKey(key) ? t(key) : fallback);

/** A text of the program's, which comes in both languages. @param {import("../wn_gan.js").Text} text */
export const local = (text) => (language === "zh-CN" ? text.zh : text.en);

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
