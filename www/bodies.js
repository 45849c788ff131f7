/**
 * Which way of multiplying was the fastest on each graphics adapter: measured at the first visit, kept by the browser.
 */
const KEY = "wngan.bodies";

/** @returns {Record<string, string>} name of the body by name of the adapter */
export function keptBodies() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return kept && typeof kept === "object" ? kept : {};
  } catch {
    return {}; // Storage may be forbidden, or hold what another page wrote.
  }
}

/** @param {string} adapter @param {string} body */
export function keepBody(adapter, body) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...keptBodies(), [adapter]: body }));
  } catch {
    // The next visit measures again.
  }
}
