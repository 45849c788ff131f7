import { fill } from "./fill.js";
import { en } from "./strings_faults.js";

/**
 * Failures by code and values, so that the page can say them in its own language. The program throws errors of this form
 * too; their `message` is the English sentence.
 *
 * @typedef {{ message: string, code?: string, values?: Readonly<Record<string, string>> }} Wire an error as it crosses
 * between worker and page: `postMessage` keeps only the message of an `Error`
 */

/** A failure of the page itself. */
export class Fault extends Error {
  /** @param {import("./strings_faults.js").FaultCode} code @param {Record<string, string | number>} [values] */
  constructor(code, values = {}) {
    const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    super(fill(en[code], texts));
    this.name = "Fault";
    this.code = code;
    /** @type {Readonly<Record<string, string>>} */
    this.values = texts;
  }
}

/** @param {unknown} values @returns {values is Record<string, string>} */
const areValues = (values) =>
  typeof values === "object" && values !== null && Object.values(values).every((value) => typeof value === "string");

/** What can be sent of anything that was thrown. @param {unknown} error @returns {Wire} */
export function toWire(error) {
  if (typeof error !== "object" || error === null) return { message: String(error) };
  const { message, code, values } = /** @type {Record<string, unknown>} */ (error);
  const sentence = typeof message === "string" ? message : String(error);
  // Errors of the browser have a `code` too, which is a number.
  if (typeof code !== "string" || !areValues(values)) return { message: sentence };
  return { message: sentence, code, values: { ...values } };
}

/** The error that was sent. @param {Wire} wire @returns {Error & Wire} */
export function fromWire({ message, code, values }) {
  const error = new Error(message);
  return code === undefined ? error : Object.assign(error, { code, values });
}
