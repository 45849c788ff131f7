/**
 * The run on the page's side: settings, worker and what is known of both. It asks and listens; the views it is given do
 * the showing.
 *
 * @typedef {import("../wn_gan.js").Config} Config
 * @typedef {import("./types.js").DataInfo} DataInfo
 * @typedef {import("./types.js").WorkerEvent} WorkerEvent
 * @typedef {object} Views
 * @property {import("./startup.js").Startup} card
 * @property {import("./status.js").Status} status
 * @property {import("./samples.js").Samples} samples
 * @property {import("./curve.js").Curve} losses
 * @property {import("./curve.js").Curve} scores
 * @property {import("./inside.js").Inside} inside
 * @property {(text: string, bad?: boolean) => void} announce
 * @property {(text: string) => void} news
 * @property {(message: string) => void} fault an empty message takes the fault away
 * @property {() => void} changed settings, or what may be pressed, have changed
 */
import { keepVariant, keptVariants } from "./variants.js";
import { Client } from "./client.js";
import { download } from "./dom.js";
import { isCheckpoint, maxBytes } from "./files.js";
import { short, t } from "./i18n.js";
import { eachRow } from "./losses.js";
import { keysOf } from "./settings.js";
import { finalText } from "./status.js";
import { DEFAULT_PRESET, presetOf, readDevice, readHash, writeHash } from "./url.js";

/**
 * Where a CPU computes, the default preset is grey for the first ten seconds and takes a minute to faces. This one
 * shows them after five, and its running test lasts as long (half a minute on a software adapter).
 */
const SOFTWARE_HASH = "#preset=tiny";

/**
 * Settings that neither networks nor training depend on: with others of these a run goes on where it is.
 * @type {(keyof Config)[]}
 */
const KEPT = ["statistics", "test_interval", "test_steps", "test_lr", "niter", "vis_size"];

/** @param {unknown} error */
const sentence = (error) => (error instanceof Error ? error.message : String(error));

/** What is wrong with the address. @param {import("./url.js").Problem[]} problems */
const complain = (problems) => problems.map(({ kind, values }) => t(`say.${kind}`, values));

export class Run {
  /** @param {Views} views @param {boolean} calm draw the samples seldom */
  constructor(views, calm) {
    this.views = views;
    this.calm = calm;
    /** @type {Client | undefined} */
    this.client = undefined;
    /** @type {import("./types.js").Boot | undefined} */
    this.booted = undefined;
    /** @type {import("./types.js").Started | undefined} the run that trains */
    this.started = undefined;
    /** @type {Config | undefined} the settings as edited */
    this.draft = undefined;
    this.preset = DEFAULT_PRESET;
    this.startedPreset = DEFAULT_PRESET;
    /** @type {DataInfo | undefined} images opened from files */
    this.opened = undefined;
    /** @type {File[]} the files behind `opened`, for a fresh worker */
    this.files = [];
    /** Images have been opened since the run began; they may bear the name of those before. */
    this.newImages = false;
    this.playing = false;
    this.busy = false;
    this.lastFault = "";
    /** @type {number | undefined} step of the networks with the lowest running error */
    this.best = undefined;
  }

  /** There is a run, and nothing is being built. */
  get ready() {
    return this.started !== undefined && !this.busy;
  }

  /** Starts from nothing: a fresh worker, then the run of the settings as they stand, or of the address. */
  async boot() {
    this.client?.stop();
    this.client = new Client((event) => this.onEvent(event), (message) => this.onCrash(message));
    this.started = undefined;
    this.playing = false;
    this.busy = false;
    this.setFault("");
    this.views.card.begin("secure");
    const { device: choice, problems } = readDevice(new URLSearchParams(location.search));
    try {
      this.booted = await this.client.call("boot", { choice, variants: keptVariants() });
      const { device, kept } = this.booted;
      if (kept) keepVariant(device.name, kept);
      await this.client.call("calm", { on: this.calm });
      if (this.files.length > 0) this.opened = await this.client.call("open", { files: this.files });
    } catch {
      return; // The card shows which stage failed, and why.
    }
    const small = location.hash === "" && this.booted.device.software;
    const complaints = this.draft
      ? []
      : [...complain(problems), ...this.readHash(small ? SOFTWARE_HASH : location.hash, this.booted)];
    await this.restart();
    if (complaints.length > 0) this.views.announce(complaints.join(" "), true);
    else if (small && this.started) this.views.announce(t(this.booted.device.cpu ? "say.cpu" : "say.software"));
  }

  /**
   * Takes the settings of an address.
   * @param {string} hash
   * @param {import("./types.js").Boot} booted
   * @returns {string[]} complaints
   */
  readHash(hash, { presets, settings }) {
    const read = readHash(hash, presets, settings);
    this.preset = read.preset;
    this.draft = read.config;
    const complaints = complain(read.problems);
    if (this.draft.dataset !== "faces" && this.draft.dataset !== this.opened?.name) {
      complaints.push(t("say.missing", { name: this.draft.dataset }));
      this.draft.dataset = "faces";
    }
    return complaints;
  }

  /** The visitor has changed the address, or followed a link to this page. */
  followAddress() {
    if (!this.booted || this.busy) return;
    const complaints = this.readHash(location.hash, this.booted);
    this.edit({});
    if (complaints.length > 0) this.views.announce(complaints.join(" "), true);
  }

  /** Begins a run with the settings as edited, or goes on with them. If they are refused, the run before stays. */
  async restart() {
    const { client, draft, views, keeps } = this;
    if (!client || !draft || this.busy) return;
    const resume = this.playing;
    this.busy = true;
    this.playing = false;
    views.card.begin("images");
    views.changed();
    try {
      this.started = await client.call("start", { config: draft, keep: keeps });
      this.draft = { ...this.started.config };
      this.startedPreset = this.preset;
      this.newImages = false;
      this.setFault("");
      if (keeps) views.status.applied();
      else this.clearViews();
      views.card.root.hidden = true;
      views.announce(t(keeps ? "say.applied" : "say.started"));
    } catch (error) {
      // Without a run before, the card goes on showing what failed.
      views.card.root.hidden = this.started !== undefined;
      if (this.started) views.announce(t("say.invalid", { message: sentence(error) }), true);
    }
    this.busy = false;
    this.edit({});
    if (this.started && resume) await this.play();
  }

  clearViews() {
    const { status, samples, losses, scores, inside } = this.views;
    for (const view of [status, samples, losses, scores, inside]) view.clear();
    this.best = undefined;
    if (!this.started || !this.booted) return;
    status.device = this.booted.device;
    status.step = this.started.step;
    status.batch = this.started.config.batch_size;
    status.bytes = this.started.gpuBytes;
  }

  /** @param {Partial<Config>} changes */
  edit(changes) {
    if (!this.draft || !this.booted) return;
    this.draft = /** @type {Config} */ ({ ...this.draft, ...changes });
    const hash = writeHash(this.draft, this.preset, this.booted.presets);
    history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
    this.views.changed();
  }

  discard() {
    this.preset = this.startedPreset;
    this.edit({ ...this.started?.config });
  }

  /** A preset sets the network, not the seed; opened images stay chosen. @param {string} name */
  choosePreset(name) {
    if (!this.draft || !this.booted) return;
    const { config } = presetOf(this.booted.presets, name);
    const { dataset, seed, channels } = this.draft;
    this.preset = name;
    this.edit({ ...config, seed, ...(dataset === "faces" ? {} : { dataset, channels }) });
  }

  /** The one setting that acts at once. @param {number} value */
  async setRate(value) {
    if (!Number.isFinite(value)) return this.views.changed();
    if (!this.started || !this.client) return this.edit({ lr: value });
    try {
      await this.client.call("lr", { value });
      this.started.config.lr = value;
      this.edit({ lr: value });
    } catch (error) {
      this.refuse(error);
    }
  }

  async play() {
    if (!this.ready || !this.client || this.playing) return;
    this.playing = true;
    this.views.status.rest();
    this.views.announce(t("say.playing"));
    this.views.changed();
    await this.client.call("play");
  }

  async pause() {
    if (!this.client || !this.playing) return;
    this.playing = false;
    this.views.changed();
    await this.client.call("pause");
    this.views.status.rest();
    this.views.announce(t("say.paused", { step: this.views.status.step }));
  }

  async step() {
    if (!this.ready || !this.client) return;
    if (this.playing) await this.pause();
    try {
      await this.client.call("step");
    } catch (error) {
      this.setFault(sentence(error));
    }
  }

  /** A new run from another seed. */
  async reseed() {
    this.edit({ seed: Math.floor(Math.random() * 1e6) });
    await this.restart();
  }

  /** @param {boolean} final over all held-out images */
  async test(final) {
    if (!this.ready || !this.client) return;
    try {
      await this.client.call("test", { final });
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Images or a checkpoint, chosen or dropped. @param {File[]} files */
  async open(files) {
    const { client } = this;
    if (!client || !this.booted || files.length === 0) return;
    const large = files.find((file) => file.size > maxBytes(file));
    try {
      if (large) {
        const [have, need] = [large.size, maxBytes(large)].map((bytes) => Math.ceil(bytes / 1e6));
        throw new Error(t("say.large", { name: large.name, have, need }));
      }
      const [first] = files;
      if (isCheckpoint(first)) return await this.restore(first);
      this.opened = await client.call("open", { files });
      this.files = files;
      this.newImages = true;
      const { name, count, width, height, channels } = this.opened;
      this.views.announce(t("say.opened", { name, count }));
      this.edit({ dataset: name, width, height, channels });
    } catch (error) {
      this.refuse(error);
    }
  }

  /** @param {File} file */
  async restore(file) {
    if (!this.client) return;
    const step = await this.client.call("restore", { file });
    this.clearViews();
    this.views.status.step = step;
    this.views.announce(t("say.restored", { step }));
    this.views.changed();
  }

  save() {
    return this.saveNetworks(async (client) => ({ bytes: await client.call("save"), step: this.views.status.step }));
  }

  /** The networks with the lowest running error. */
  saveBest() {
    return this.saveNetworks((client) => client.call("saveBest"), "best");
  }

  /**
   * @param {(client: Client) => Promise<{ step: number, bytes: Uint8Array<ArrayBuffer> }>} ask
   * @param {string} [what]
   */
  async saveNetworks(ask, what) {
    if (!this.client) return;
    try {
      const { bytes, step } = await ask(this.client);
      const name = this.fileName("safetensors", what, step);
      download(new Blob([bytes]), name);
      this.views.announce(t("say.saved", { name }));
    } catch (error) {
      this.refuse(error);
    }
  }

  /** @param {import("./types.js").Table} of */
  async saveCsv(of) {
    if (!this.started || !this.client) return;
    download(await this.client.call("csv", { of }), this.fileName("csv", of));
  }

  /** @param {string} extension */
  fileName(extension, what = "", step = this.views.status.step) {
    const config = this.started?.config;
    const parts = ["wn-gan", config?.dataset, config?.norm, `seed${config?.seed}`, `step${step}`, what];
    return `${parts.filter(Boolean).join("-").replace(/[^\w.-]+/g, "_")}.${extension}`;
  }

  /** @param {WorkerEvent} event */
  onEvent(event) {
    const { card, samples, status, losses, scores, inside, announce, news, changed } = this.views;
    switch (event.event) {
      case "stage":
        return card.stage(event);
      case "build":
        return card.pipelines(event);
      case "chunk":
        eachRow(event.rows, (row) => losses.push(row[0], row.subarray(1)));
        status.chunk(event);
        if (!event.score) return;
        scores.push(event.score.step, [event.score.loss]);
        // While the run is paused, a test was asked for.
        return (this.playing ? news : announce)(t("say.tested", { step: event.score.step, loss: short(event.score.loss) }));
      case "final":
        status.final = event.result;
        return announce(finalText(event.result));
      case "best":
        this.best = event.step;
        return changed();
      case "inspection":
        return inside.push(event.inspection);
      case "grid":
        return samples.showSamples(event.picture, event.step, (this.started?.config.vis_size ?? 0) ** 2);
      case "pairs":
        return samples.showPairs(event.picture, event.step);
      case "finished":
        this.playing = false;
        announce(t("say.finished", { step: event.step }));
        return changed();
      case "fault":
        return this.setFault(event.message);
    }
  }

  /** The worker could not be loaded, or the program broke down. @param {string} message */
  onCrash(message) {
    if (this.started) this.setFault(t("cause.worker", { message }));
    else this.views.card.crash(message);
  }

  /** @param {string} message */
  setFault(message) {
    if (message) {
      this.playing = false;
      this.lastFault = message;
    }
    this.views.fault(message);
    this.views.changed();
  }

  /** @param {unknown} error */
  refuse(error) {
    this.views.announce(t("say.refused", { message: sentence(error) }), true);
    this.views.changed();
  }

  /** The run can take over the settings as edited. */
  get keeps() {
    return this.pending.length > 0 && this.pending.every((key) => KEPT.includes(key));
  }

  /** Settings in which the run differs from the form. */
  get pending() {
    const { draft, started } = this;
    if (!draft || !started) return [];
    const images = this.newImages && draft.dataset === this.opened?.name;
    return keysOf(draft).filter((key) => draft[key] !== started.config[key] || (images && key === "dataset"));
  }
}
