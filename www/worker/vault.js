/**
 * The runs that are kept between visits. Each is open in one tab at a time: a lock of its name says where.
 *
 * @typedef {import("../protocol.js").KeptRun} KeptRun
 * @typedef {import("./store.js").Store} Store
 */
import { Fault, fromWire, toWire } from "../fault.js";
import { described, relabelled } from "./run_file.js";
import { openStore } from "./store.js";

/** Runs without a name of the visitor's that are kept: the latest. */
const MAX_UNNAMED = 12;
const LOCK = "wn-gan-run-";

export class Vault {
  /** @param {Store | undefined} store */
  constructor(store) {
    this.store = store;
    /** The run that is open here, and what gives its lock back. @type {{ id: string, release: () => void } | undefined} */
    this.held = undefined;
  }

  static async open() {
    return new Vault(await openStore());
  }

  /** The name of a run that was never kept. */
  static newId() {
    const random = crypto.getRandomValues(new Uint32Array(2));
    return `${Date.now().toString(36)}-${Array.from(random, (word) => word.toString(36)).join("")}`;
  }

  /** All runs, the latest first. @returns {Promise<KeptRun[]>} */
  async runs() {
    const heads = (await this.store?.heads()) ?? [];
    const held = (await navigator.locks?.query())?.held ?? [];
    const elsewhere = new Set(held.map(({ name }) => name));
    const runs = heads.flatMap((head) => {
      const run = described(head);
      const open = elsewhere.has(LOCK + head.id);
      return run ? [{ ...run, here: open && head.id === this.held?.id, elsewhere: open && head.id !== this.held?.id }] : [];
    });
    return runs.sort((a, b) => b.saved - a.saved);
  }

  /**
   * Makes a run this tab's; the one before is free for others. Fails if another tab has it.
   * @param {string} id
   */
  async hold(id) {
    if (this.held?.id === id) return;
    /** @type {(() => void) | undefined} */
    const release = await new Promise((resolve) => {
      if (!navigator.locks) return resolve(() => undefined);
      navigator.locks.request(LOCK + id, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(undefined);
        return new Promise((free) => resolve(() => free(undefined)));
      });
    });
    if (!release) throw new Fault("page.kept_elsewhere");
    this.held?.release();
    this.held = { id, release };
  }

  /**
   * @param {string} id
   * @param {Uint8Array<ArrayBuffer>[]} pieces
   * @returns {Promise<import("../fault.js").Wire | undefined>} why it is not kept, if so; what was kept before still is
   */
  async save(id, pieces) {
    if (!this.store) return undefined;
    try {
      await this.store.save(id, pieces);
      return undefined;
    } catch (error) {
      const full = error instanceof DOMException && error.name === "QuotaExceededError";
      return toWire(full ? await this.full() : new Fault("page.kept_refused", { message: String(error) }));
    }
  }

  async full() {
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    return new Fault("page.kept_full", { used: Math.round(usage / 1e6), quota: Math.round(quota / 1e6) });
  }

  /** @param {string} id */
  async load(id) {
    if (!this.store) throw new Fault("page.kept_gone");
    try {
      return await this.store.load(id);
    } catch (error) {
      throw error instanceof Fault ? error : new Fault("page.kept_gone");
    }
  }

  /** @param {string} id @param {string} name */
  async rename(id, name) {
    await this.rewrite(id, id, { name });
  }

  /** @param {string} id @param {string} name of the copy */
  async duplicate(id, name) {
    await this.rewrite(id, Vault.newId(), { name, saved: Date.now() });
  }

  /** @param {string} from @param {string} to @param {Partial<import("../protocol.js").RunInfo>} changes */
  async rewrite(from, to, changes) {
    const problem = await this.save(to, relabelled(await this.load(from), changes));
    if (problem) throw fromWire(problem);
  }

  /** @param {string} id */
  async remove(id) {
    await this.store?.remove(id);
  }

  /** Of the runs without a name, the oldest make room for new ones. */
  async tidy() {
    const unnamed = (await this.runs()).filter(({ name, here, elsewhere }) => !name && !here && !elsewhere);
    for (const { id } of unnamed.slice(MAX_UNNAMED)) await this.remove(id);
  }
}
