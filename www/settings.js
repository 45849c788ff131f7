/**
 * What the page reads from the program's table of settings: which words are values, and where a setting means something.
 *
 * @typedef {import("../wn_gan.js").Config} Config
 * @typedef {import("../wn_gan.js").Key} Key
 */

/** @param {Config} config */
export const keysOf = (config) => /** @type {(keyof Config)[]} */ (Object.keys(config));

/**
 * The value that a word stands for. Rounding to single precision is left to the program.
 * @param {Key} key
 * @param {string} text
 * @returns {string | number | undefined} nothing, where the setting cannot have that value
 */
export function parse({ kind }, text) {
  if (kind.type === "text") return text;
  if (kind.type === "choice") return kind.choices.find(({ name }) => name === text)?.name;
  const value = Number(text);
  const isNumber = text.trim() !== "" && (kind.type === "whole" ? Number.isInteger(value) : Number.isFinite(value));
  return isNumber && kind.min <= value && value <= kind.max ? value : undefined;
}

/**
 * Whether a setting means something beside the others. What holds of a setting for both networks, such as `norm`, may
 * hold of one of them alone, by `norm_d` and `norm_g`.
 * @param {Key} key
 * @param {Config} config
 */
export function means({ when }, config) {
  return when.every(([of, values]) => inForce(of, config).some((value) => values.includes(value)));
}

/** The values of a setting in D and in G. @param {keyof Config} key @param {Config} config */
function inForce(key, config) {
  const both = String(config[key]);
  return ["_d", "_g"].map((network) => {
    const own = new Map(Object.entries(config)).get(key + network) ?? "same";
    return own === "same" ? both : String(own);
  });
}
