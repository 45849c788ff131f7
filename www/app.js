/**
 * The page's one part: its state, its control and its views, mounted on a root outside of which it touches nothing.
 *
 * @typedef {import("./protocol.js").WorkerEvent} WorkerEvent
 * @typedef {import("./protocol.js").KeptRun} KeptRun
 * @typedef {import("./state.js").State} State
 */
import { render } from "lit-html";
import { Control } from "./control.js";
import { Curve } from "./curve.js";
import { copy, download, find, paint } from "./dom.js";
import { t, translate } from "./i18n.js";
import { eachRow, lossLines, WIDTH } from "./losses.js";
import { canApplyHot, canBegin, dataOf, failedStage, isReady, isSilent, pending, showsCard } from "./select.js";
import { Store } from "./store.js";
import { card, report } from "./views/card.js";
import { Controls } from "./views/controls.js";
import { facts, finalState, Meter, testState } from "./views/facts.js";
import { fault } from "./views/fault.js";
import { Inside } from "./views/inside.js";
import { keeping, keptList, offer } from "./views/kept.js";
import { Samples } from "./views/samples.js";
import { say } from "./views/say.js";
import { Theorem } from "./views/theorem.js";
import { titleOf } from "./format.js";

const REDRAW_MILLIS = 250;
/** Asks the worker whether it is there. */
const PING_MILLIS = 5000;

export class App {
  /**
   * @param {HTMLElement} root
   * @param {{ transport: import("./client.js").OpenTransport, address: import("./address.js").Address, calm: boolean }} page
   */
  constructor(root, page) {
    this.root = root;
    this.store = new Store();
    this.meter = new Meter();
    this.losses = new Curve(WIDTH);
    this.scores = new Curve(1);
    /** @type {import("./views/chart.js").Chart[]} */
    this.charts = [];
    /** What is on screen. @type {State | undefined} */
    this.drawn = undefined;
    /** What each part was last drawn from. @type {Map<string, unknown[]>} */
    this.known = new Map();
    /** The step that the charts show. */
    this.chartsStep = 0;
    /** @type {import("./protocol.js").Picture | undefined} */
    this.previewed = undefined;
    this.control = new Control(this.store, {
      ...page,
      download,
      event: (event) => this.heard(event),
      started: (started, how) => how !== "kept" && this.begin(started.history),
    });
    const { control } = this;
    this.samples = new Samples({
      samples: this.part("samples", HTMLCanvasElement),
      pairs: this.part("pairs", HTMLCanvasElement),
      samplesCaption: this.part("samples-caption", HTMLElement),
      pairsCaption: this.part("pairs-caption", HTMLElement),
    });
    this.inside = new Inside(() => control.saveCsv("inside"), () => this.renderInside());
    /** The panel of the networks has something new to show. */
    this.insideIsOld = false;
    this.theorem = new Theorem(this.part("theorem", HTMLElement), (question) => control.ask("theorem", question), () => this.renderTheorem());
    this.controls = new Controls(
      {
        edit: (changes) => control.edit(changes),
        preset: (name) => control.choosePreset(name),
        lr: (value) => void control.setRate(value),
        open: (files) => void control.openFiles(files),
        apply: () => {
          this.part("hero", HTMLElement).focus({ preventScroll: true }); // The button pressed goes away.
          void control.begin();
        },
        discard: () => control.discard(),
      },
      () => {
        this.known.delete("settings");
        this.render();
      },
    );
    // The shell's words for those without scripts make room.
    this.part("card", HTMLElement).replaceChildren();
    // Enter in a field takes its value; a new run is begun by its button only.
    this.part("settings", HTMLFormElement).onsubmit = (event) => event.preventDefault();
    this.bindButtons();
    this.store.subscribe(() => this.render());
    this.renderAll();
    setInterval(() => this.tick(), REDRAW_MILLIS);
    setInterval(() => control.client?.ping(), PING_MILLIS);
  }

  /** @template {HTMLElement} T @param {string} id @param {new () => T} kind */
  part(id, kind) {
    return find(this.root, id, kind);
  }

  get state() {
    return this.store.state;
  }

  bindButtons() {
    const { control } = this;
    /** @type {Record<string, () => unknown>} */
    const acts = {
      "play": () => (this.state.columns[0].phase === "playing" ? control.pause() : control.play()),
      "step": () => control.step(),
      "reset": () => control.reset(),
      "reseed": () => control.reseed(),
      "test": () => control.test(false),
      "final-test": () => control.test(true),
      "save-picture": () => control.saveFile("png", async () => ({ blob: await this.samples.picture(), step: this.samples.step })),
      "save-checkpoint": control.save,
      "save-best": control.saveBest,
      "open-checkpoint": () => this.part("checkpoint-file", HTMLInputElement).click(),
    };
    for (const [id, act] of Object.entries(acts)) {
      const button = this.part(id, HTMLButtonElement);
      // A button that is disabled while it has the focus would lose it: it stays, and does nothing.
      button.onclick = () => button.getAttribute("aria-disabled") !== "true" && void act();
    }
    const files = this.part("checkpoint-file", HTMLInputElement);
    files.onchange = () => {
      void control.openFiles([...(files.files ?? [])]);
      files.value = "";
    };
    this.part("copy-bibtex", HTMLButtonElement).onclick = () => {
      const text = this.part("bibtex", HTMLElement);
      void this.copy(text.textContent ?? "", text);
    };
  }

  /** Curves come after the first frame: title, stages and buttons should not wait for the plotting library. */
  async addCharts() {
    const { Chart } = await import("./views/chart.js");
    const lossChart = new Chart(
      this.part("losses", HTMLElement),
      this.losses,
      { title: "losses", hint: "losses.hint", alt: "losses.alt", smoothing: 0.95, lines: lossLines },
      () => this.control.saveCsv("losses"),
    );
    /** @type {import("./views/chart.js").Line[]} */
    const ofScore = [{ label: "scores.loss", column: 0, color: "--score" }];
    const scoreChart = new Chart(
      this.part("scores", HTMLElement),
      this.scores,
      { title: "scores", hint: "scores.hint", alt: "scores.alt", log: true, lines: () => ofScore },
      () => this.control.saveCsv("scores"),
    );
    this.charts.push(lossChart, scoreChart);
  }

  /** @param {string} text @param {Element} shown where it stands, to be selected if it cannot be copied */
  async copy(text, shown) {
    this.control.say({ key: (await copy(text, shown)) ? "copied" : "copied.not" });
  }

  /** The curves of a run that begins, or that goes on. @param {import("./protocol.js").Numbers} history */
  begin({ losses: { steps, values }, scores, inside }) {
    this.losses.clear();
    this.scores.clear();
    steps.forEach((step, i) => this.losses.push(step, values.subarray(i * WIDTH, (i + 1) * WIDTH)));
    for (const { step, loss } of scores) this.scores.push(step, [loss]);
    this.inside.begin(inside);
    this.samples.clear();
    this.meter.rest();
    this.renderInside();
    this.updateCharts();
  }

  /** What the state has no room for: numbers that come many times a second, and pictures. @param {WorkerEvent} event */
  heard(event) {
    if (!("run" in event) || event.run !== this.state.columns[event.column].run) return;
    switch (event.event) {
      case "chunk":
        eachRow(event.rows, (row, i) => this.losses.push(event.first + i, row));
        this.meter.mark(event.step, event.test);
        if (!event.score) return;
        this.scores.push(event.score.step, [event.score.loss]);
        this.chartsStep = NaN;
        return;
      case "inspection":
        this.inside.push(event.inspection);
        this.insideIsOld = true;
        return;
      case "grid":
        return this.samples.showSamples(event.picture, event.step, (this.state.columns[0].started?.config.vis_size ?? 0) ** 2);
      case "pairs":
        return this.samples.showPairs(event.picture, event.step);
    }
  }

  /** Four times a second: what changes all the time, and whether anything is still heard of the worker. */
  tick() {
    const [column] = this.state.columns;
    if (this.state !== this.drawn) this.render();
    else this.renderFacts();
    if (column.step !== this.chartsStep) this.updateCharts();
    if (this.insideIsOld) this.renderInside();
    const { client } = this.control;
    const silent = client !== undefined && isSilent(client, column.phase, performance.now());
    if (silent && !this.state.silent) this.store.change({ do: "silent", silent });
  }

  updateCharts() {
    this.chartsStep = this.state.columns[0].step;
    for (const chart of this.charts) chart.update();
  }

  /** Text to send along with a report. */
  diagnostics = () => {
    const { device, draft, columns, lastFault } = this.state;
    const [{ started, step }] = columns;
    return [
      `page: ${location.origin}${location.pathname}`,
      `browser: ${navigator.userAgent}`,
      `secure: ${window.isSecureContext}; WebGPU on the page: ${"gpu" in navigator}`,
      `device: ${device ? `${device.name}, ${device.backend}, software: ${device.software}, kernels: ${device.variant}` : "none opened"}`,
      `device asked for: ${this.control.page.address.device().choice}`,
      ...report(this.state),
      `settings: ${JSON.stringify(started?.config ?? draft ?? {})}`,
      `step: ${step}`,
      `last fault: ${lastFault || "none"}`,
    ].join("\n");
  };

  /**
   * Draws a part, unless all that it is drawn from is as it was.
   * @param {string} id @param {unknown[]} from @param {(part: HTMLElement) => void} draw
   */
  draw(id, from, draw) {
    const before = this.known.get(id);
    if (before?.every((value, i) => value === from[i])) return;
    this.known.set(id, from);
    draw(this.part(id, HTMLElement));
  }

  /** Draws what follows from the state. */
  render() {
    const { state, control } = this;
    this.drawn = state;
    const [column] = state.columns;
    const { phase, started } = column;
    const { stages, build, silent, offer: offered, kept, forgotten, keeps, draft, settings, preset, presets, opened, fresh, opening } = state;
    const copyText = (/** @type {string} */ text, /** @type {Element} */ shown) => void this.copy(text, shown);
    const { diagnostics } = this;

    this.draw("card", [stages, build, phase, started, state.late], (part) => {
      part.hidden = !showsCard(state, column);
      part.classList.toggle("late", state.late);
      part.classList.toggle("failed", failedStage(state) !== undefined);
      const toCpu = () => {
        control.page.address.chosen = "cpu";
        void control.boot();
      };
      render(card(state, { again: () => void control.boot(), cpu: toCpu, diagnostics, copy: copyText }), part);
    });
    this.draw("fault", [column.fault, column.recovering, phase, silent], (part) => {
      part.hidden = (!column.fault || showsCard(state, column)) && !silent;
      render(fault(state, column, { back: () => void control.goBack(), fresh: () => void control.restartProgram(), diagnostics, copy: copyText }), part);
    });
    this.draw("say", [state.say, opening], (part) => {
      const undo = (/** @type {"run" | "forget"} */ what) => (what === "forget" ? control.kept.remember() : void control.undo());
      render(say(state, { undo }), part);
    });
    this.draw("resume-offer", [offered], (part) => {
      part.hidden = offered === undefined;
      render(offer(state, this.onKept), part);
    });
    this.draw("kept-runs", [kept, forgotten, keeps], (part) => {
      part.hidden = !keeps;
      render(keptList(state, this.onKept), part);
    });
    this.draw("keeping", [column.keeping, keeps, started], (part) => (part.textContent = keeping(state, column)));
    this.draw("settings", [draft, settings, preset, presets, opened, fresh, opening, started, phase], (part) => {
      render(this.controls.render(state, column), part);
      this.paintPreview();
    });
    this.renderButtons();
    this.renderFacts();
  }

  onKept = {
    open: (/** @type {KeptRun} */ run) => void this.control.kept.open(run.id),
    rename: (/** @type {KeptRun} */ run, /** @type {string} */ name) => void this.control.kept.rename(run, name),
    duplicate: (/** @type {KeptRun} */ run) => void this.control.kept.duplicate(run, t("kept.copy", { name: titleOf(run) })),
    download: (/** @type {KeptRun} */ run) => void this.control.kept.download(run),
    forget: (/** @type {KeptRun} */ run) => void this.control.kept.forget(run),
    dismiss: () => this.store.change({ do: "offer", run: undefined }),
  };

  /** The images that the form names; drawn anew only if they are others. */
  paintPreview() {
    const { state } = this;
    const data = dataOf(state, state.columns[0]);
    const canvas = this.root.querySelector("canvas.preview");
    if (!data || !(canvas instanceof HTMLCanvasElement) || this.previewed === data.preview) return;
    this.previewed = data.preview;
    paint(canvas, data.preview);
  }

  renderButtons() {
    const { state } = this;
    const [column] = state.columns;
    const { phase, best, test } = column;
    const ready = isReady(column);
    /** @type {Record<string, boolean>} */
    const can = {
      "play": ready,
      "step": ready,
      "reset": column.started !== undefined && canBegin(state),
      "reseed": column.started !== undefined && canBegin(state),
      "test": ready && !test.running,
      "final-test": ready && !(test.running && test.final),
      "save-picture": column.started !== undefined && this.samples.count > 0,
      "save-checkpoint": ready,
      "save-best": column.started !== undefined && best !== undefined,
      "open-checkpoint": canBegin(state),
    };
    for (const [id, may] of Object.entries(can)) this.part(id, HTMLButtonElement).setAttribute("aria-disabled", String(!may));
    const play = this.part("play", HTMLButtonElement);
    /** Text that has not changed stays, with whatever is selected in it. @param {HTMLElement} element @param {string} text */
    const write = (element, text) => element.textContent !== text && (element.textContent = text);
    write(play, t(phase === "playing" ? "pause" : "play"));
    play.classList.toggle("playing", phase === "playing");
    write(this.part("save-best", HTMLButtonElement), best === undefined ? t("save.best") : t("save.best.at", { step: best }));
    const edited = pending(state, column).length > 0 && !canApplyHot(state, column);
    this.part("reset", HTMLButtonElement).title = t(edited ? "reset.hint.edited" : "reset.hint");
  }

  renderFacts() {
    const { state, meter } = this;
    const [column] = state.columns;
    render(facts(state, column, meter), this.part("facts", HTMLElement));
    render(testState(column, meter), this.part("test-state", HTMLElement));
    const final = this.part("final-state", HTMLElement);
    final.hidden = column.final === undefined;
    render(finalState(column, () => void this.control.saveCsv("final")), final);
  }

  renderInside() {
    this.insideIsOld = false;
    render(this.inside.render(), this.part("inside", HTMLElement));
  }

  renderTheorem() {
    render(this.theorem.render(), this.part("theorem", HTMLElement));
  }

  /** Everything, in another language or other colours; what is focused, open or selected stays so. */
  renderAll() {
    this.known.clear();
    translate(this.root);
    this.render();
    this.renderInside();
    this.renderTheorem();
    this.samples.describe();
    for (const chart of this.charts) chart.redraw();
  }
}

/**
 * @param {HTMLElement} root holds the shell of index.html
 * @param {ConstructorParameters<typeof App>[1]} page
 */
export const mount = (root, page) => new App(root, page);
