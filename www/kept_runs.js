/**
 * The runs that the browser keeps: what can be done with them.
 *
 * @typedef {import("./protocol.js").KeptRun} KeptRun
 */
import { titleOf } from "./format.js";

/** A deleted run can be had back for so long. */
const REGRET_MILLIS = 15_000;

export class KeptRuns {
  /** @param {import("./control.js").Control} control */
  constructor(control) {
    this.control = control;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.forgetting = undefined;
    /** @type {Promise<void> | undefined} */
    this.asking = undefined;
  }

  get state() {
    return this.control.state;
  }

  /** Asks anew what is kept; who asks meanwhile waits for the same answer. */
  refresh() {
    this.asking ??= this.ask().finally(() => (this.asking = undefined));
    return this.asking;
  }

  async ask() {
    if (!this.state.keeps) return;
    try {
      this.control.store.change({ do: "kept", runs: await this.control.ask("kept", {}) });
    } catch {
      // The list stays as it was; the next save asks again.
    }
  }

  /** After the start: the run of the last visit. */
  async offer() {
    await this.refresh();
    const run = this.state.kept.find(({ here, elsewhere, step }) => !here && !elsewhere && step > 0);
    this.control.store.change({ do: "offer", run });
  }

  /** @param {string} id */
  async open(id) {
    await this.control.build("resume", { from: { kept: id } }, "resumed", "say.resumed");
  }

  /** @param {KeptRun} run @param {string} name */
  async rename(run, name) {
    if (name.trim() === run.name) return;
    await this.doing(() => this.control.ask("rename", { id: run.id, name: name.trim() }));
    if (run.here) this.control.store.change({ do: "named", column: 0, name: name.trim() });
  }

  /** @param {KeptRun} run @param {string} name */
  duplicate(run, name) {
    return this.doing(() => this.control.ask("duplicate", { id: run.id, name }));
  }

  /** @param {KeptRun} run */
  download(run) {
    return this.doing(async () => {
      const blob = await this.control.ask("download", { id: run.id });
      const name = `${titleOf(run).replace(/[^\w.-]+/g, "_")}-step${run.step}.safetensors`;
      this.control.page.download(blob, name);
      this.control.say({ key: "say.saved", values: { name } });
    });
  }

  /** It goes from the list now and from the disk in a while. @param {KeptRun} run */
  async forget(run) {
    await this.forgetNow();
    this.control.store.change({ do: "forget", run });
    this.control.say({ key: "say.forgotten", values: { name: titleOf(run) } }, { undo: "forget" });
    this.forgetting = setTimeout(() => this.forgetNow(), REGRET_MILLIS);
  }

  async forgetNow() {
    clearTimeout(this.forgetting);
    const { forgotten } = this.state;
    if (!forgotten) return;
    await this.doing(() => this.control.ask("forget", { id: forgotten.id }));
    this.control.store.change({ do: "forget", run: undefined });
  }

  remember() {
    clearTimeout(this.forgetting);
    this.control.store.change({ do: "forget", run: undefined });
    this.control.say({ key: "say.remembered" });
  }

  /** @param {() => Promise<unknown>} work */
  async doing(work) {
    try {
      await work();
    } catch (error) {
      this.control.refuse(error);
    }
    await this.refresh();
  }
}
