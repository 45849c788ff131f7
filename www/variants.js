/**
 * Which kernel variant of the matrix products was the fastest on each graphics adapter: measured at the first visit, kept by the browser.
 */
const KEY = "wngan.variants";

/** @returns {Record<string, string>} name of the kernel variant by name of the adapter */
export function keptVariants() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return kept && typeof kept === "object" ? kept : {};
  } catch {
    return {}; // Storage may be forbidden, or hold what another page wrote.
  }
}

/** @param {string} adapter @param {string} variant */
export function keepVariant(adapter, variant) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...keptVariants(), [adapter]: variant }));
  } catch {
    // The next visit measures again.
  }
}
