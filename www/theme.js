/** Light or dark: as the system has it, or as chosen here and remembered. */
import { prefer, preference } from "./preferences.js";

const THEMES = ["auto", "light", "dark"];

/** @param {HTMLSelectElement} select @param {() => void} changed */
export function theme(select, changed) {
  const apply = () => {
    const { value } = select;
    if (value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  };
  const kept = preference("theme");
  select.value = kept !== null && THEMES.includes(kept) ? kept : "auto";
  select.onchange = () => {
    prefer("theme", select.value);
    apply();
    changed();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  apply();
}
