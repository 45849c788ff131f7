/**
 * Takes a column's run down every few seconds: into memory, from where a lost device is survived, and into the vault, from
 * where a closed tab is.
 *
 * @typedef {import("../protocol.js").RunInfo} RunInfo
 * @typedef {import("./column.js").Column} Column
 * @typedef {import("./vault.js").Vault} Vault
 * @typedef {{ id: string, pieces: Uint8Array<ArrayBuffer>[] | undefined }} Before a run that was replaced; the vault has it,
 *   if its bytes are not here
 */

/** Time between two saves, in milliseconds: with the chunk that is under way and the save itself, five seconds. */
export const KEEP_MILLIS = 4500;
/** Taking a run down may cost one part in so many of the time. */
const COST = 20;

export class Keeper {
  /** @param {Column} column @param {Vault} vault */
  constructor(column, vault) {
    this.column = column;
    this.vault = vault;
    this.id = "";
    /** @type {RunInfo} */
    this.info = { name: "", preset: "", created: 0, saved: 0, picture: "" };
    /** The run as it was last taken down. @type {{ step: number, pieces: Uint8Array<ArrayBuffer>[] } | undefined} */
    this.snapshot = undefined;
    /** What the last replacement replaced. @type {Before | undefined} */
    this.before = undefined;
    this.every = KEEP_MILLIS;
    this.dueAt = 0;
  }

  /** From now on the run is another. @param {string} id @param {Partial<RunInfo>} info */
  async begin(id, info) {
    await this.vault.hold(id);
    this.id = id;
    this.info = { name: "", preset: "", created: Date.now(), saved: 0, picture: "", ...info };
    this.snapshot = undefined;
    this.rest();
  }

  /** The time until the next save begins now. */
  rest() {
    this.dueAt = performance.now() + this.every;
  }

  /** The run has trained for as long as may be lost. */
  get due() {
    return this.column.playing && performance.now() >= this.dueAt;
  }

  /** Whether there is anything that the last save does not have. */
  get behind() {
    const step = this.column.session?.step ?? 0;
    return step > 0 && step !== this.snapshot?.step;
  }

  /** Takes the run down as it is, and says how it went. */
  async keep() {
    if (!this.behind) return this.rest();
    const started = performance.now();
    const info = { ...this.info, saved: Date.now() };
    const pieces = await this.column.file(info);
    const isNew = this.info.saved === 0;
    this.info = info;
    this.snapshot = { step: this.column.running.step, pieces };
    const problem = await this.vault.save(this.id, pieces);
    this.every = Math.max(KEEP_MILLIS, COST * (performance.now() - started));
    this.rest();
    this.column.tell({ event: "kept", step: this.snapshot.step, every: this.every, problem });
    if (isNew && !problem) await this.vault.tidy();
  }

  /** The run is about to be replaced by another: it can be had again. */
  async replaced() {
    const { session } = this.column;
    if (!session || session.step === 0) {
      this.before = undefined;
      return;
    }
    await this.keep();
    this.before = { id: this.id, pieces: this.vault.store ? undefined : this.snapshot?.pieces };
  }

  /** @param {string} name */
  async rename(name) {
    this.info.name = name;
    if (!this.snapshot) return;
    this.snapshot = undefined;
    await this.keep();
  }
}
