/** Wires the page: views, buttons, keys, language and appearance. */
import { Controls } from "./controls.js";
import { Curve } from "./curve.js";
import { copy, find, make } from "./dom.js";
import { acceptDrops } from "./files.js";
import { apply as speak, current, pick, t } from "./i18n.js";
import { Inside } from "./inside.js";
import { lossLines, VALUES } from "./losses.js";
import { Run } from "./run.js";
import { Samples } from "./samples.js";
import { Startup } from "./startup.js";
import { Status } from "./status.js";
import { Theorem } from "./theorem.js";
import { theme } from "./theme.js";
import { readDevice } from "./url.js";

const REDRAW_MILLIS = 250;
/** What needs a run. */
const BUTTONS = ["play", "step", "reset", "reseed", "test", "final-test", "save-picture", "save-checkpoint", "open-checkpoint"];

/** @param {string} id */
const button = (id) => find(id, HTMLButtonElement);
const language = find("language", HTMLSelectElement);
speak(pick(new URLSearchParams(location.search).get("lang"), navigator.languages));
language.value = current();
theme(find("theme", HTMLSelectElement), () => redraw());

/** The address tells what was chosen, so that the next visit keeps to it. @param {string} key @param {string} value */
function setQuery(key, value) {
  const url = new URL(location.href);
  url.searchParams.set(key, value);
  history.replaceState(null, "", url);
}

const READING_MILLIS = 4000;
let announced = -READING_MILLIS;

/** Tells the visitor, a screen reader's user too. @param {string} text @param {boolean} [bad] */
function announce(text, bad = false) {
  announced = performance.now();
  const say = find("say", HTMLElement);
  say.textContent = text;
  say.classList.toggle("bad", bad);
}

/** What happens by itself: it leaves an answer to the visitor on screen until that can have been read. @param {string} text */
function news(text) {
  if (performance.now() - announced > READING_MILLIS) announce(text);
}

const losses = new Curve(VALUES);
const scores = new Curve(1);
const inside = new Inside(find("inside", HTMLElement), () => run.saveCsv("inside"));
const samples = new Samples();
const status = new Status();
const card = new Startup(find("card", HTMLElement), {
  again: () => run.boot(),
  cpu: () => {
    setQuery("device", "cpu");
    run.boot();
  },
  diagnostics,
  copied: () => announce(t("start.copied")),
});
const run = new Run(
  { card, status, samples, losses, scores, inside, announce, news, fault: showFault, changed: showState },
  matchMedia("(prefers-reduced-motion: reduce)").matches,
);
const theorem = new Theorem(find("theorem", HTMLElement), async (question) => {
  if (!run.client) throw new Error(t("settings.none"));
  return run.client.call("theorem", question);
});
const controls = new Controls(find("settings", HTMLFormElement), {
  edit: (changes) => run.edit(changes),
  preset: (name) => run.choosePreset(name),
  lr: (value) => run.setRate(value),
  open: (files) => run.open(files),
  apply: () => {
    find("hero", HTMLElement).focus({ preventScroll: true }); // The button pressed goes away.
    run.restart();
  },
  discard: () => run.discard(),
});
/** @type {import("./charts.js").Chart[]} */
const charts = [];

/** Curves come after the first frame: title, stages and buttons should not wait for the plotting library. */
async function addCharts() {
  const { Chart } = await import("./charts.js");
  const lossChart = new Chart(
    find("losses", HTMLElement),
    losses,
    {
      title: "losses",
      hint: "losses.hint",
      alt: "losses.alt",
      smoothing: 0.95,
      lines: lossLines,
    },
    () => run.saveCsv("losses"),
  );
  /** @type {import("./charts.js").Line[]} */
  const ofScore = [{ label: "scores.loss", column: 0, color: "--score" }];
  const scoreChart = new Chart(
    find("scores", HTMLElement),
    scores,
    {
      title: "scores",
      hint: "scores.hint",
      alt: "scores.alt",
      log: true,
      lines: () => ofScore,
    },
    () => run.saveCsv("scores"),
  );
  charts.push(lossChart, scoreChart);
}

/** Text to send along with a report. */
function diagnostics() {
  const device = run.booted?.device;
  return [
    `page: ${location.origin}${location.pathname}`,
    `browser: ${navigator.userAgent}`,
    `secure: ${window.isSecureContext}; WebGPU on the page: ${"gpu" in navigator}`,
    `device: ${device ? `${device.name}, ${device.backend}, software: ${device.software}, kernels: ${device.variant}` : "none opened"}`,
    `device asked for: ${readDevice(new URLSearchParams(location.search)).device}`,
    ...card.report(),
    `settings: ${JSON.stringify(run.started?.config ?? run.draft ?? {})}`,
    `step: ${status.step}`,
    `last fault: ${run.lastFault || "none"}`,
  ].join("\n");
}

/** @param {string} message */
function showFault(message) {
  const box = find("fault", HTMLElement);
  box.hidden = message === "";
  if (box.hidden) return;
  const again = make("button", { type: "button" }, [t("fault.fresh")]);
  again.onclick = () => run.boot();
  const text = make("pre", { hidden: "" });
  const copier = make("button", { type: "button" }, [t("start.copy")]);
  copier.onclick = async () => {
    text.textContent = diagnostics();
    text.hidden = false;
    if (await copy(text.textContent, text)) announce(t("start.copied"));
  };
  const buttons = make("div", { class: "buttons" }, [again, copier]);
  box.replaceChildren(make("strong", {}, [t("say.fault")]), make("p", { role: "alert" }, [message]), buttons, text);
}

/** Shows the settings and what may be pressed. */
function showState() {
  const { draft, preset, opened, started, booted } = run;
  if (booted && !controls.loaded) controls.load(booted.settings, booted.presets.map(({ name }) => name));
  if (draft) {
    const data = draft.dataset === opened?.name ? opened : started?.data;
    const { busy, keeps, pending: changed } = run;
    controls.show({ draft, begun: started !== undefined, changed, keeps, busy, preset, opened, data });
  }
  const play = button("play");
  play.textContent = t(run.playing ? "pause" : "play");
  play.classList.toggle("playing", run.playing);
  for (const id of BUTTONS) button(id).disabled = !run.ready;
  button("save-best").disabled = !run.ready || run.best === undefined;
  button("save-best").textContent = run.best === undefined ? t("save.best") : t("save.best.at", { step: run.best });
  // With the run's settings edited, to start again is to apply them: the button says so.
  const edited = run.pending.length > 0;
  button("reset").textContent = t(edited ? (run.keeps ? "settings.keep" : "settings.apply") : "reset");
  button("reset").title = edited ? "" : t("reset.hint");
  status.render();
}

/** Everything again, in another language or other colours. */
function redraw() {
  controls.render();
  card.render();
  samples.describe();
  inside.render();
  theorem.render();
  announce("");
  for (const chart of charts) chart.render();
  showState();
}

button("play").onclick = () => (run.playing ? run.pause() : run.play());
button("step").onclick = () => run.step();
button("reset").onclick = () => run.restart();
button("reseed").onclick = () => run.reseed();
button("test").onclick = () => run.test(false);
button("final-test").onclick = () => run.test(true);
button("save-losses").onclick = () => run.saveCsv("final");
button("save-picture").onclick = () => samples.save(run.fileName("png"));
button("save-checkpoint").onclick = () => run.save();
button("save-best").onclick = () => run.saveBest();
const checkpoint = find("checkpoint-file", HTMLInputElement);
button("open-checkpoint").onclick = () => checkpoint.click();
checkpoint.onchange = () => {
  run.open([...(checkpoint.files ?? [])]);
  checkpoint.value = "";
};
button("copy-bibtex").onclick = async () => {
  const text = find("bibtex", HTMLElement);
  if (await copy(text.textContent ?? "", text)) announce(t("about.copied"));
};
addEventListener("keydown", (event) => {
  const at = event.target instanceof Element ? event.target : document.body;
  if (event.key !== " " || event.repeat || at.closest("input, select, button, summary, a, textarea")) return;
  event.preventDefault();
  button("play").click();
});
language.onchange = () => {
  setQuery("lang", language.value);
  speak(pick(language.value, []));
  redraw();
};
// The address is the settings': a link into the page must not change it.
find("skip", HTMLAnchorElement).onclick = (event) => {
  event.preventDefault();
  find("hero", HTMLElement).focus();
};
addEventListener("hashchange", () => run.followAddress());
acceptDrops((files) => run.open(files));
showState();

let drawnStep = -1;
setInterval(() => {
  status.render();
  if (status.step === drawnStep) return;
  drawnStep = status.step;
  for (const chart of charts) chart.update();
}, REDRAW_MILLIS);

const query = new URLSearchParams(location.search);
if (query.has("bench")) {
  import("./bench.js").then(({ bench }) => bench(query, find("hero", HTMLElement)));
} else {
  run.boot();
}
requestAnimationFrame(() => setTimeout(addCharts));
