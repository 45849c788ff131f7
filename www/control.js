/**
 * What the visitor can ask for, and what comes of it: requests to the worker, and changes of the state. It shows nothing.
 *
 * @typedef {import("../wn_gan.js").Config} Config
 * @typedef {import("./client.js").Transport} Transport
 * @typedef {import("./protocol.js").Source} Source
 * @typedef {import("./protocol.js").WorkerEvent} WorkerEvent
 * @typedef {import("./state.js").Sentence} Sentence
 * @typedef {object} Page what the control needs of the page around it
 * @property {import("./client.js").OpenTransport} transport
 * @property {import("./address.js").Address} address
 * @property {boolean} calm draw the samples seldom
 * @property {(blob: Blob, name: string) => void} download
 * @property {(event: WorkerEvent) => void} event what arrives many times a second, and pictures
 * @property {(started: import("./protocol.js").Started, how: "new" | "kept" | "resumed") => void} started the curves begin anew
 */
import { toWire } from "./fault.js";
import { refuseLarge } from "./files.js";
import { KeptRuns } from "./kept_runs.js";
import { canApplyHot, canBegin, fileName, isReady } from "./select.js";
import { presetOf } from "./url.js";
import { keepVariant, keptVariants } from "./variants.js";
import { isSafetensors } from "./worker/safetensors.js";

/**
 * Where a CPU computes, the default preset is grey for the first ten seconds and takes a minute to faces. This one
 * shows them after five, and its running test lasts as long (half a minute on a software adapter).
 */
const SOFTWARE_HASH = "#preset=tiny";
/** What may come many times a second; it is drawn when the page next looks. */
const FREQUENT = new Set(["chunk", "best", "inspection", "grid", "pairs"]);
/** A worker that breaks down a second time within this time is not replaced without being asked. */
const TROUBLE_MILLIS = 600_000;

export class Control {
  /** @param {import("./store.js").Store} store @param {Page} page */
  constructor(store, page) {
    this.store = store;
    this.page = page;
    /** @type {Transport | undefined} */
    this.client = undefined;
    /** The files behind the opened images, for a fresh worker. @type {File[]} */
    this.files = [];
    /** The number of the last run that was begun. */
    this.runs = 0;
    /** An address that came while a run was being built. */
    this.addressWaits = false;
    /** What the last worker left. @type {import("./protocol.js").Snapshot | undefined} */
    this.left = undefined;
    this.brokeAt = -Infinity;
    this.kept = new KeptRuns(this);
  }

  get state() {
    return this.store.state;
  }

  /** The one column that there is. */
  get column() {
    return this.state.columns[0];
  }

  /** @param {Sentence} sentence @param {{ bad?: boolean, news?: boolean, undo?: "run" | "forget" }} [how] */
  say(sentence, how = {}) {
    this.store.change({ do: "say", sentence, ...how, at: performance.now() });
  }

  /** Something asked for was refused; nothing has changed. @param {unknown} error @param {import("./i18n.js").Key} [around] */
  refuse(error, around = "say.refused") {
    const wire = toWire(error);
    if (wire.code !== "page.late") this.say({ key: around, values: { message: { error: wire } } }, { bad: true });
  }

  /**
   * A request about the run that is there.
   * @template {import("./protocol.js").RequestName} N
   * @param {N} name @param {import("./protocol.js").Requests[N]["args"]} args
   */
  ask(name, args) {
    if (!this.client) throw new Error("there is no worker");
    return this.client.call(name, args, 0, this.column.run);
  }

  /** A fresh worker and its device. @returns {Promise<boolean>} whether a run can be built; else the card tells what failed */
  async open() {
    this.client?.stop();
    this.store.change({ do: "boot" });
    /** @type {Transport} */
    const client = this.page.transport({
      event: (event) => this.client === client && this.heard(event),
      crash: (error) => this.client === client && this.store.change({ do: "crashed", error }),
    });
    this.client = client;
    const { choice } = this.page.address.device();
    try {
      const { device, kept, presets, settings, keeps } = await client.call("boot", { choice, variants: keptVariants(), calm: this.page.calm });
      if (kept) keepVariant(device.name, kept);
      this.store.change({ do: "booted", device, presets, settings, keeps });
    } catch {
      return false;
    }
    await this.reopenFiles();
    return true;
  }

  /** A fresh worker has none of the images that were open. */
  async reopenFiles() {
    if (this.files.length === 0) return;
    try {
      this.store.change({ do: "opened", data: await this.ask("open", { files: this.files }) });
    } catch (error) {
      this.files = [];
      this.refuse(error, "say.reopen");
    }
  }

  /** Starts from nothing: a fresh worker, then the run of the settings as they stand, or of the address. */
  async boot() {
    if (!(await this.open())) return;
    const { device, draft, keeps } = this.state;
    /** @type {Sentence[]} */
    let complaints = [];
    const { address } = this.page;
    const small = !draft && address.hash === "" && device?.software === true;
    if (!draft) complaints = [...address.device().complaints, ...this.readAddress(small ? SOFTWARE_HASH : address.hash)];
    await this.begin(false);
    if (!this.column.started) return;
    await this.kept.offer();
    for (const sentence of complaints) this.say(sentence, { bad: true });
    if (complaints.length > 0) return;
    if (!keeps) this.say({ key: "keeping.nothing" });
    else if (small) this.say({ key: device?.cpu ? "say.cpu" : "say.software" });
  }

  /** Takes the settings of an address. @param {string} hash @returns {Sentence[]} complaints */
  readAddress(hash) {
    const { presets, settings, opened } = this.state;
    const { preset, config, complaints } = this.page.address.read(hash, presets, settings, opened?.name);
    this.edit(config, preset);
    return complaints;
  }

  /** The visitor has changed the address, or followed a link to this page. */
  followAddress() {
    if (!canBegin(this.state)) {
      this.addressWaits = true;
      return;
    }
    this.addressWaits = false;
    for (const sentence of this.readAddress(this.page.address.hash)) this.say(sentence, { bad: true });
  }

  /**
   * A run of the settings as edited, or the present one under them. If they are refused, the run before stays.
   * @param {boolean} [hot] the present run may go on under them
   */
  async begin(hot = canApplyHot(this.state, this.column)) {
    const { draft, preset } = this.state;
    if (!draft) return;
    await this.build("start", { config: draft, preset, keep: hot }, hot ? "kept" : "new", hot ? "say.applied" : "say.started");
  }

  /**
   * @template {"start" | "resume"} N
   * @param {N} name @param {import("./protocol.js").Requests[N]["args"]} args
   * @param {"new" | "kept" | "resumed"} how @param {import("./i18n.js").Key} done
   * @returns {Promise<boolean>} whether there is another run now
   */
  async build(name, args, how, done) {
    const { client } = this;
    if (!client || !canBegin(this.state)) return false;
    const { phase, started: before } = this.column;
    const run = ++this.runs;
    this.store.change({ do: "build", column: 0 });
    try {
      const started = /** @type {import("./protocol.js").Started} */ (await client.call(name, args, 0, run));
      this.store.change({ do: "started", column: 0, started, how });
      this.page.started(started, how);
      this.page.address.write(this.state);
      void this.kept.refresh();
      const undo = started.undo && how !== "kept" ? /** @type {const} */ ({ undo: "run" }) : {};
      this.say({ key: started.exact ? done : "say.inexact", values: { step: started.step } }, undo);
      return true;
    } catch (error) {
      if (this.client !== client) return false;
      this.store.change({ do: "refused", column: 0, phase: before ? phase : "absent" });
      // Without a run before, the card goes on showing what failed.
      if (before) this.refuse(error, how === "resumed" ? "say.refused" : "say.invalid");
      return false;
    } finally {
      if (this.addressWaits && this.client === client) this.followAddress();
    }
  }

  /** The run that the last one replaced. */
  async undo() {
    await this.build("resume", { from: { back: "replaced" } }, "resumed", "say.undone");
  }

  /** The same run from its beginning; edited settings stay edited. */
  async reset() {
    const { started } = this.column;
    const { draft, preset } = this.state;
    if (!started || !draft) return;
    await this.build("start", { config: started.config, preset: started.preset, keep: false }, "new", "say.started");
    this.edit(draft, preset);
  }

  /** The same run from another seed; edited settings stay edited. */
  async reseed() {
    const { started } = this.column;
    const { draft, preset } = this.state;
    if (!started || !draft) return;
    const seed = Math.floor(Math.random() * 1e6);
    await this.build("start", { config: { ...started.config, seed }, preset: started.preset, keep: false }, "new", "say.started");
    this.edit({ ...draft, seed: this.column.started?.config.seed ?? draft.seed }, preset);
  }

  /** @param {Partial<Config>} changes @param {string} [preset] */
  edit(changes, preset) {
    this.store.change(preset === undefined ? { do: "edit", changes } : { do: "edit", changes, preset });
    this.page.address.write(this.state);
  }

  discard() {
    const { started } = this.column;
    if (started) this.edit(started.config, started.preset);
  }

  /** A preset sets the network, not the seed; opened images stay chosen. @param {string} name */
  choosePreset(name) {
    const { draft, presets } = this.state;
    if (!draft) return;
    const { dataset, seed, channels } = draft;
    this.edit({ ...presetOf(presets, name).config, seed, ...(dataset === "faces" ? {} : { dataset, channels }) }, name);
  }

  /** The one setting that acts at once. @param {number} value */
  async setRate(value) {
    if (!Number.isFinite(value)) return;
    if (!isReady(this.column)) return this.edit({ lr: value });
    try {
      await this.ask("lr", { value });
      this.store.change({ do: "rate", column: 0, lr: value });
      this.page.address.write(this.state);
    } catch (error) {
      this.refuse(error);
    }
  }

  async play() {
    if (!isReady(this.column) || this.column.phase === "playing") return;
    this.store.change({ do: "play", column: 0 });
    this.say({ key: "say.playing" });
    await this.ask("play", {}).catch((error) => this.refuse(error));
  }

  async pause() {
    if (this.column.phase !== "playing") return;
    this.store.change({ do: "pause", column: 0 });
    await this.ask("pause", {}).catch((error) => this.refuse(error));
    const { phase, step, test } = /** @type {import("./state.js").Column} */ (this.column);
    // The visitor may have gone on meanwhile.
    if (phase !== "ready") return;
    this.say({ key: test.running ? "say.paused.test" : "say.paused", values: { step } });
  }

  async step() {
    if (!isReady(this.column)) return;
    if (this.column.phase === "playing") this.store.change({ do: "pause", column: 0 });
    await this.ask("step", {}).catch((error) => this.refuse(error));
  }

  /** @param {boolean} final over all held-out images */
  async test(final) {
    if (!isReady(this.column)) return;
    try {
      await this.ask("test", { final });
      this.store.change({ do: "test", column: 0 });
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Images and checkpoints, chosen or dropped; by their content, and not by their names. @param {File[]} files */
  async openFiles(files) {
    if (files.length === 0) return;
    if (!canBegin(this.state)) return this.say({ key: "say.busy" }, { bad: true });
    const names = files.map(({ name }) => name).join(", ");
    this.store.change({ do: "opening", name: names });
    try {
      const kinds = await Promise.all(files.map(isSafetensors));
      const checkpoint = files.find((_, i) => kinds[i]);
      const images = files.filter((_, i) => !kinds[i]);
      for (const file of files) refuseLarge(file, file === checkpoint);
      if (images.length > 0) await this.openImages(images);
      this.store.change({ do: "opening", name: undefined });
      if (checkpoint) await this.build("resume", { from: { file: checkpoint } }, "resumed", "say.restored");
    } catch (error) {
      this.store.change({ do: "opening", name: undefined });
      this.refuse(error);
    }
  }

  /** @param {File[]} files */
  async openImages(files) {
    const data = await this.ask("open", { files });
    this.files = files;
    this.store.change({ do: "opened", data });
    const { name, count, width, height, channels } = data;
    this.edit({ dataset: name, width, height, channels });
    this.say({ key: "say.opened", values: { name, count } });
  }

  /** @param {string} extension @param {() => Promise<{ blob: Blob, what?: string, step?: number }>} make */
  async saveFile(extension, make) {
    try {
      const { blob, what, step } = await make();
      const name = fileName(this.column, extension, what, step);
      this.page.download(blob, name);
      this.say({ key: "say.saved", values: { name } });
    } catch (error) {
      this.refuse(error);
    }
  }

  save = () => this.saveFile("safetensors", async () => ({ blob: await this.ask("save", {}) }));

  /** The networks with the lowest running error. */
  saveBest = () =>
    this.saveFile("safetensors", async () => {
      const { step, file } = await this.ask("saveBest", {});
      return { blob: file, what: "best", step };
    });

  /** @param {import("./protocol.js").Table} of */
  saveCsv = (of) => this.saveFile("csv", async () => ({ blob: await this.ask("csv", { of }), what: of }));

  /** The page is hidden, and may not come back. */
  hide() {
    if (isReady(this.column)) void this.ask("hide", {}).catch(() => undefined);
  }

  /** Whether to close the page now would lose something. */
  get wouldLose() {
    const { keeps } = this.state;
    const { step, keeping } = this.column;
    return step > 0 && (!keeps || keeping.problem !== undefined);
  }

  /** Goes back to the run as it was last taken down: after a loss, or after numbers that are none. */
  async goBack() {
    if (this.client && !this.workerIsGone) {
      await this.build("resume", { from: { back: "snapshot" } }, "resumed", "say.back");
    } else await this.restartProgram();
  }

  get workerIsGone() {
    return this.state.silent || this.client?.dead !== undefined;
  }

  /** A fresh worker goes on with what the last one left, or what is kept of its run; else it begins the run anew. */
  async restartProgram(play = false) {
    const { started, keeping } = this.column;
    const { left } = this;
    this.left = undefined;
    const { keeps } = this.state;
    if (!(await this.open())) return;
    /** @type {Source | undefined} */
    const from = left ? { id: left.id, bytes: left.bytes } : keeps && started && keeping.step !== undefined ? { kept: started.id } : undefined;
    if (from && (await this.build("resume", { from }, "resumed", "say.back"))) {
      if (play) await this.play();
      return;
    }
    await this.begin(false);
  }

  /** @param {WorkerEvent} event */
  heard(event) {
    this.store.change({ do: "event", event, at: performance.now() }, FREQUENT.has(event.event));
    this.page.event(event);
    if (event.event === "recovered") this.page.started(event.started, "resumed");
    if (event.event === "kept") this.kept.refresh();
    if (event.event === "trapped") void this.broken(event);
  }

  /** The program has broken down: by itself the run goes on once, in a fresh worker. @param {Extract<WorkerEvent, { event: "trapped" }>} event */
  async broken({ error, snapshots }) {
    const again = performance.now() - this.brokeAt < TROUBLE_MILLIS;
    this.brokeAt = performance.now();
    this.left = snapshots[0];
    const wasBuilding = this.column.phase === "building";
    this.store.change({ do: "crashed", error });
    // What was being built would break it again.
    if (again || !this.left || wasBuilding) return;
    await this.restartProgram(this.left.playing);
    if (this.column.started) this.say({ key: "say.mended", values: { step: this.column.step, message: { error } } });
  }
}
