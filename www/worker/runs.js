/**
 * The runs of this worker on their device: how they begin, go on from what was kept of them, and survive the loss of the
 * device.
 *
 * @typedef {import("./device.js").Device} Device
 * @typedef {import("../../wn_gan.js").Config} Config
 * @typedef {import("../protocol.js").WorkerEvent} WorkerEvent
 * @typedef {import("../protocol.js").Source} Source
 * @typedef {import("../protocol.js").Started} Started
 * @typedef {import("../protocol.js").StageName} StageName
 * @typedef {{ column: Column, keeper: Keeper, run: number }} Place
 */
import { Fault, toWire } from "../fault.js";
import { Column } from "./column.js";
import { openDevice } from "./device.js";
import { describe, Images } from "./images.js";
import { Keeper } from "./keeper.js";
import { Absent, StageError } from "./probe.js";
import { isTrap } from "./program.js";
import { configOf, decomposed } from "./run_file.js";
import { isSafetensors, joined } from "./safetensors.js";
import { Vault } from "./vault.js";

/** Pauses before a new device is asked for, in milliseconds; a browser may refuse one for some time after a loss. */
const PAUSES = [0, 200, 800, 2000, 5000, 10_000, 30_000];
/** A second loss within this time is not mended without being asked. */
const TROUBLE_MILLIS = 600_000;
/** Requests that need no particular run. */
const GENERAL = new Set(["boot", "theorem", "open", "start", "resume", "kept", "rename", "duplicate", "download", "forget"]);

export class Runs {
  /**
   * @param {import("./program.js").Program} program
   * @param {Vault} vault
   * @param {(event: WorkerEvent, transfer?: Transferable[]) => void} tell
   * @param {boolean} calm draw the samples seldom
   */
  constructor(program, vault, tell, calm) {
    this.program = program;
    this.vault = vault;
    this.tell = tell;
    this.calm = calm;
    this.images = new Images(program);
    /** @type {Device | undefined} */
    this.device = undefined;
    /** The device is lost. */
    this.isGone = false;
    /** What the device was opened by. @type {{ choice: import("../protocol.js").DeviceChoice, variants: Record<string, string> }} */
    this.asked = { choice: "auto", variants: {} };
    /** The kernel variant that suits the device. */
    this.variant = "";
    /** @type {Map<number, Place>} */
    this.places = new Map();
    /** A lost device that is being replaced. @type {{ attempt: number, at: number, resume: Set<number> } | undefined} */
    this.recovery = undefined;
    /** When the last device was lost. */
    this.lostAt = -Infinity;
  }

  /** @param {number} number */
  place(number) {
    let place = this.places.get(number);
    if (!place) {
      const column = new Column((event, transfer) => this.tell({ ...event, column: number, run: this.place(number).run }, transfer));
      column.calm = this.calm;
      place = { column, keeper: new Keeper(column, this.vault), run: 0 };
      this.places.set(number, place);
    }
    return place;
  }

  /** @param {number} number */
  at = (number) => this.place(number).column;

  get busy() {
    if (this.recovery) return performance.now() >= this.recovery.at;
    return [...this.places.values()].some(({ column }) => column.busy);
  }

  /** How long there is nothing to do, if that is known. */
  get wait() {
    return this.recovery && Math.max(0, this.recovery.at - performance.now());
  }

  /**
   * Whether a request is about the run that is there now; its chunk in flight is then brought in.
   * @param {number} column
   * @param {number} run
   * @param {import("../protocol.js").RequestName} name
   */
  async isCurrent(column, run, name) {
    const place = this.places.get(column);
    if (place) await this.guarded(place, () => place.column.drain());
    return GENERAL.has(name) || place?.run === run;
  }

  /**
   * Opens what computes, telling each stage.
   * @param {import("../protocol.js").DeviceChoice} choice
   * @param {Record<string, string>} variants by adapter, so that nothing is measured twice
   */
  async openDevice(choice, variants) {
    this.asked = { choice, variants };
    const stage = (/** @type {StageName} */ name, /** @type {() => any} */ work) => this.inStage(name, work);
    const { name, cpu, kept, device } = await openDevice(choice, stage, () => this.program.load(), (of) => variants[of]);
    this.device = device;
    this.variant = device.variant;
    const { backend, software, variant } = device;
    return { device: { name, backend, software, cpu, variant }, kept };
  }

  /**
   * @template T
   * @param {StageName} stage
   * @param {() => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  async inStage(stage, work) {
    const start = performance.now();
    const millis = () => performance.now() - start;
    this.tell({ event: "stage", stage, state: "running", millis: 0 });
    try {
      const result = await work();
      this.tell({ event: "stage", stage, state: "done", millis: millis() });
      return result;
    } catch (error) {
      if (error instanceof Absent) this.tell({ event: "stage", stage, state: "absent", millis: millis(), absent: error.reason });
      else {
        const known = error instanceof StageError ? undefined : toWire(error);
        this.tell({ event: "stage", stage, state: "failed", millis: millis(), error: known });
      }
      throw error;
    }
  }

  get opened() {
    if (!this.device) throw new Fault("page.no_run");
    return this.device;
  }

  /** A session of the settings, on the kernel variant of that name where the device has it. @param {Config} config @param {string} variant */
  async build(config, variant) {
    const core = await this.program.load();
    const data = await this.inStage("images", () => this.images.of(config));
    await this.opened.tune(variant || this.variant);
    const session = await this.inStage("pipelines", () =>
      core.startSession(this.opened, data, config, (done, total, label) => this.tell({ event: "build", done, total, label })),
    );
    return { session, data };
  }

  /**
   * Begins a run, or goes on with the present one under other settings. If they are refused, the run before stays.
   * @param {number} number
   * @param {number} run
   * @param {import("../protocol.js").Requests["start"]["args"]} args
   */
  async start(number, run, { config, preset, keep }) {
    const place = this.place(number);
    const { column, keeper } = place;
    const kept = keep ? await column.running.checkpoint() : undefined;
    const { session, data } = await this.build(config, "");
    try {
      if (kept) session.restore(kept);
      else await this.leave(place);
    } catch (error) {
      session.free();
      throw error;
    }
    place.run = run;
    column.replace(session);
    if (kept) keeper.info.preset = preset;
    else {
      column.begin();
      await keeper.begin(Vault.newId(), { preset });
    }
    return this.started(place, data, true);
  }

  /** The run that is there is kept before another takes its place; one that has broken down, as it last was. @param {Place} place */
  async leave({ keeper }) {
    try {
      await keeper.replaced();
    } catch {
      keeper.before = keeper.snapshot && { id: keeper.id, pieces: this.vault.store ? undefined : keeper.snapshot.pieces };
    }
  }

  /**
   * Goes on with a run that was kept, somewhere.
   * @param {number} number
   * @param {number} run
   * @param {Source} from
   * @returns {Promise<Started>}
   */
  async resume(number, run, from) {
    const place = this.place(number);
    const { keeper, column } = place;
    // A run that was never taken down goes back to its beginning.
    if ("back" in from && from.back === "snapshot" && !keeper.snapshot && column.config) {
      await this.reopenIfLost();
      return this.start(number, run, { config: column.config, preset: keeper.info.preset, keep: false });
    }
    if ("file" in from && !(await isSafetensors(from.file))) throw new Fault("page.no_safetensors");
    const { bytes, id } = await this.source(keeper, from);
    if (this.recovery) this.recovery = undefined;
    const found = decomposed(bytes);
    if (found.metadata.config === undefined) return this.restoreInto(place, run, found.checkpoint);
    const config = configOf(found.metadata.config);
    const { session, data } = await this.build(config, found.metadata.variant ?? "");
    try {
      session.restore(found.checkpoint);
      if (id !== keeper.id) {
        await this.vault.hold(id);
        await this.leave(place);
        await keeper.begin(id, found.info ?? {});
      }
    } catch (error) {
      session.free();
      throw error;
    }
    place.run = run;
    place.column.replace(session);
    place.column.begin(found.history, found.best);
    // What it goes on from is what could be gone back to.
    keeper.snapshot = { step: session.step, pieces: [bytes] };
    keeper.rest();
    return this.started(place, data, !found.metadata.variant || found.metadata.variant === this.opened.variant);
  }

  /** @param {Keeper} keeper @param {Source} from @returns {Promise<{ bytes: Uint8Array<ArrayBuffer>, id: string }>} */
  async source(keeper, from) {
    if ("kept" in from) {
      const bytes = await this.vault.load(from.kept);
      return { bytes, id: from.kept };
    }
    if ("file" in from) return { bytes: new Uint8Array(await from.file.arrayBuffer()), id: Vault.newId() };
    if ("bytes" in from) return { bytes: from.bytes, id: from.id };
    if (from.back === "snapshot") {
      if (!keeper.snapshot) throw new Fault("page.nothing_kept");
      await this.reopenIfLost();
      return { bytes: joined(keeper.snapshot.pieces), id: keeper.id };
    }
    const { before } = keeper;
    if (!before) throw new Fault("page.nothing_kept");
    return { bytes: before.pieces ? joined(before.pieces) : await this.vault.load(before.id), id: before.id };
  }

  /** A file of parameters alone says nothing of its settings: they go into the networks that are there. @param {Place} place @param {number} run @param {Uint8Array<ArrayBuffer>} checkpoint */
  async restoreInto(place, run, checkpoint) {
    const { column, keeper } = place;
    const data = await this.images.of(column.running.config);
    await this.leave(place);
    column.running.restore(checkpoint);
    place.run = run;
    column.stop();
    column.test = "none";
    column.gridDue = true;
    column.begin();
    await keeper.begin(Vault.newId(), { preset: keeper.info.preset });
    return this.started(place, data, true);
  }

  /** @param {Place} place @param {import("../../wn_gan.js").Dataset} data @param {boolean} exact @returns {Started} */
  started({ column, keeper, run }, data, exact) {
    const { config, step, gpuBytes, compileMillis } = column.running;
    const { scores, inside, finals, losses, stride } = column.history;
    const best = column.best.best?.step;
    const { preset, name } = keeper.info;
    const history = { losses, stride, scores, inside, finals };
    const undo = keeper.before !== undefined;
    const of = { id: keeper.id, name, preset, config, step, gpuBytes, compileMillis, history, best };
    return { run, ...of, data: describe(data), exact, undo, playing: column.playing };
  }

  /** @param {number} number */
  async file(number) {
    const { column, keeper } = this.place(number);
    return new Blob(await column.file({ ...keeper.info, saved: Date.now() }));
  }

  /** @param {number} number */
  async bestFile(number) {
    const { best } = this.at(number).best;
    if (!best) throw new Fault("page.no_best");
    return { step: best.step, file: new Blob([best.bytes]) };
  }

  /** Takes a column's run down now, if there is something new to take. @param {number} number */
  async keep(number) {
    const place = this.places.get(number);
    if (place?.column.session) await this.guarded(place, () => place.keeper.keep());
  }

  /** @param {string} id @param {string} name */
  async rename(id, name) {
    const open = [...this.places.values()].find(({ keeper }) => keeper.id === id);
    if (open) await open.keeper.rename(name);
    else await this.vault.rename(id, name);
  }

  /** What was last taken down of every run, for a worker that takes over. */
  snapshots() {
    return [...this.places].flatMap(([column, { keeper, column: { playing } }]) =>
      keeper.snapshot ? [{ column, id: keeper.id, playing, bytes: joined(keeper.snapshot.pieces) }] : [],
    );
  }

  /** A piece of work for every run that has some, or the next attempt at a new device. */
  async advance() {
    if (this.recovery) return this.recover(this.recovery);
    for (const place of this.places.values()) {
      if (!place.column.busy) continue;
      await this.guarded(place, async () => {
        const { playing } = place.column;
        await place.column.advance();
        const ended = playing && !place.column.playing;
        if (place.keeper.due || ended) await place.keeper.keep();
      });
    }
  }

  /** Work on a run, whose failure is told; that of the program itself is no run's. @param {Place} place @param {() => Promise<void>} work */
  async guarded(place, work) {
    try {
      await work();
    } catch (error) {
      if (isTrap(error)) throw error;
      this.fail(place, error);
    }
  }

  /** @param {unknown} error */
  isLoss(error) {
    return toWire(error).code === "device.lost";
  }

  /** @param {Place} place @param {unknown} error */
  fail({ column, keeper, run }, error) {
    const { playing } = column;
    column.stop();
    const back = keeper.snapshot?.step ?? 0;
    const of = { column: this.numberOf(column), run };
    if (!this.isLoss(error)) {
      this.tell({ event: "fault", error: toWire(error), back, ...of });
      return;
    }
    this.isGone = true;
    const again = performance.now() - this.lostAt < TROUBLE_MILLIS;
    this.lostAt = performance.now();
    this.tell({ event: "lost", error: toWire(error), back, again, ...of });
    if (again) return;
    this.recovery ??= { attempt: 0, at: performance.now(), resume: new Set() };
    if (playing) this.recovery.resume.add(of.column);
  }

  /** @param {Column} column */
  numberOf(column) {
    return [...this.places].find(([, place]) => place.column === column)?.[0] ?? 0;
  }

  /** One attempt at a new device, and at going on from what was last taken down. @param {NonNullable<Runs["recovery"]>} recovery */
  async recover(recovery) {
    try {
      await this.reopenIfLost();
      for (const [number, place] of this.places) {
        if (!place.column.session) continue;
        this.recovery = undefined;
        const started = await this.resume(number, place.run, { back: "snapshot" });
        if (recovery.resume.has(number)) place.column.play();
        this.tell({ event: "recovered", started, playing: place.column.playing, column: number, run: place.run });
      }
      this.recovery = undefined;
    } catch (error) {
      const attempt = recovery.attempt + 1;
      if (attempt < PAUSES.length) {
        this.recovery = { ...recovery, attempt, at: performance.now() + PAUSES[attempt] };
        return;
      }
      this.recovery = undefined;
      for (const [column, { run, keeper }] of this.places) {
        this.tell({ event: "lost", error: toWire(error), back: keeper.snapshot?.step ?? 0, again: true, column, run });
      }
    }
  }

  /** A new device in the place of one that was lost, by a new adapter; of the same kind, so that the run goes on as it was. */
  async reopenIfLost() {
    if (!this.isGone) return;
    const { variants } = this.asked;
    const quiet = (/** @type {StageName} */ _, /** @type {() => any} */ work) => work();
    const { device } = await openDevice("gpu", quiet, () => this.program.load(), (of) => variants[of] ?? this.variant);
    this.device?.free();
    this.device = device;
    this.isGone = false;
  }
}
