/** What the browser remembers of the visitor's choices. Storage may be forbidden, or hold what another page wrote. */
const PREFIX = "wngan.";

/** @param {"language" | "theme" | "variants"} name @returns {string | null} */
export function preference(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** @param {"language" | "theme" | "variants"} name @param {string} value */
export function prefer(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // The choice lasts as long as the page.
  }
}
