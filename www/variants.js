/**
 * Which kernel variant of the matrix products was the fastest on each graphics adapter: measured at the first visit, kept by the browser.
 */
import { prefer, preference } from "./preferences.js";

/** @returns {Record<string, string>} name of the kernel variant by name of the adapter */
export function keptVariants() {
  try {
    const kept = JSON.parse(preference("variants") ?? "{}");
    return kept && typeof kept === "object" ? kept : {};
  } catch {
    return {}; // The next visit measures again.
  }
}

/** @param {string} adapter @param {string} variant */
export const keepVariant = (adapter, variant) => prefer("variants", JSON.stringify({ ...keptVariants(), [adapter]: variant }));
