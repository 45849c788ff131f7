/** The page around the app: language, appearance, keys, files dropped anywhere, and what to do when it is hidden or left. */
import { Address } from "./address.js";
import { mount } from "./app.js";
import { Client } from "./client.js";
import { find } from "./dom.js";
import { acceptDrops } from "./files.js";
import { current, pick, setLanguage, t } from "./i18n.js";
import { prefer, preference } from "./preferences.js";
import { theme } from "./theme.js";

const address = new Address(location, history);
const root = document.body;

/** @param {import("./strings.js").Language} chosen */
function speakIn(chosen) {
  setLanguage(chosen);
  document.documentElement.lang = chosen;
  document.title = t("title");
}

speakIn(pick(address.query.get("lang") ?? preference("language"), navigator.languages));
const app = mount(root, {
  transport: (on) => new Client(on),
  address,
  calm: matchMedia("(prefers-reduced-motion: reduce)").matches,
});
const { control } = app;

const language = find(root, "language", HTMLSelectElement);
language.value = current();
language.onchange = () => {
  speakIn(pick(language.value, []));
  prefer("language", language.value);
  address.forget("lang");
  app.renderAll();
};
theme(find(root, "theme", HTMLSelectElement), () => app.renderAll());

addEventListener("keydown", (event) => {
  const at = event.target instanceof Element ? event.target : root;
  const chord = event.ctrlKey || event.shiftKey || event.altKey || event.metaKey || event.isComposing;
  if (event.key !== " " || event.repeat || chord || at.closest("input, select, button, summary, a, textarea")) return;
  event.preventDefault();
  find(root, "play", HTMLButtonElement).click();
});
// The address is the settings': a link into the page must not change it.
find(root, "skip", HTMLAnchorElement).onclick = (event) => {
  event.preventDefault();
  find(root, "hero", HTMLElement).focus();
};
addEventListener("hashchange", () => control.followAddress());
acceptDrops(window, find(root, "drop", HTMLElement), (files) => void control.openFiles(files));
document.addEventListener("visibilitychange", () => document.hidden && control.hide());
addEventListener("pagehide", () => control.hide());
addEventListener("beforeunload", (event) => control.wouldLose && event.preventDefault());
// What nobody foresaw is at least told.
addEventListener("unhandledrejection", ({ reason }) => control.refuse(reason, "say.unforeseen"));

const { query } = address;
if (query.has("bench")) {
  void import("./bench.js").then(({ bench }) => bench(query, find(root, "hero", HTMLElement)));
} else {
  void control.boot();
}
requestAnimationFrame(() => setTimeout(() => app.addCharts().catch((error) => control.refuse(error, "say.unforeseen"))));
