/** Light or dark: as the system has it, or as chosen here and remembered. */
const KEY = "theme";

/** @param {HTMLSelectElement} select @param {() => void} changed */
export function theme(select, changed) {
  const apply = () => {
    const { value } = select;
    if (value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  };
  select.value = stored() ?? "auto";
  select.onchange = () => {
    try {
      localStorage.setItem(KEY, select.value);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
    apply();
    changed();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  apply();
}

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
