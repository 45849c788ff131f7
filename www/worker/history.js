import { COLUMNS } from "../losses.js";

/**
 * The numbers of a run, kept beside the training so that a long table is not built on the page's thread.
 *
 * @typedef {import("../../wn_gan.js").Inspection} Inspection
 * @typedef {import("../../wn_gan.js").Range} Range
 * @typedef {import("../protocol.js").Score} Score
 * @typedef {import("../protocol.js").FinalResult} FinalResult
 */

/** Rows of losses that are held; of longer runs every second row, every fourth, and so on. */
const MAX_ROWS = 1 << 18;
/** Inspections that are held. Of more, every second one is given up, the latest not. */
export const MAX_INSPECTIONS = 120;
/** Scores and final tests that are held, in the same way. */
const MAX_SCORES = 1 << 16;
const MAX_FINALS = 32;
const WIDTH = COLUMNS.length;

export class History {
  constructor() {
    /** Rows of losses in memory that grows with them: `WIDTH` values and the step of each. */
    this.values = new Float32Array(256 * WIDTH);
    this.steps = new Uint32Array(256);
    this.count = 0;
    /** Every how many steps there is a row. */
    this.stride = 1;
    /** @type {Score[]} */
    this.scores = [];
    /** @type {Inspection[]} */
    this.inside = [];
    /** @type {FinalResult[]} */
    this.finals = [];
  }

  /** The rows of losses as they are held. */
  get losses() {
    return { steps: this.steps.slice(0, this.count), values: this.values.slice(0, this.count * WIDTH) };
  }

  /** @param {number} first step of the first row @param {Float32Array} rows of neighbouring steps */
  pushLosses(first, rows) {
    for (let i = 0; i * WIDTH < rows.length; i++) {
      if ((first + i) % this.stride === 0) this.pushRow(first + i, rows.subarray(i * WIDTH, (i + 1) * WIDTH));
    }
  }

  /** @param {number} step @param {Float32Array} row */
  pushRow(step, row) {
    if (this.count === MAX_ROWS) {
      this.stride *= 2;
      this.keepRows((at) => this.steps[at] % this.stride === 0);
      if (step % this.stride !== 0) return;
    }
    if (this.count === this.steps.length) {
      const { steps, values } = this;
      this.steps = new Uint32Array(2 * steps.length);
      this.values = new Float32Array(2 * values.length);
      this.steps.set(steps);
      this.values.set(values);
    }
    this.steps[this.count] = step;
    this.values.set(row, this.count * WIDTH);
    this.count += 1;
  }

  /** @param {(at: number) => boolean} keeps */
  keepRows(keeps) {
    let count = 0;
    for (let at = 0; at < this.count; at++) {
      if (!keeps(at)) continue;
      this.steps[count] = this.steps[at];
      this.values.copyWithin(count * WIDTH, at * WIDTH, (at + 1) * WIDTH);
      count += 1;
    }
    this.count = count;
  }

  /** @param {Score} score */
  pushScore(score) {
    this.scores = thinned([...this.scores, score], MAX_SCORES);
  }

  /** @param {Inspection} inspection */
  pushInspection(inspection) {
    this.inside = thinned([...this.inside, inspection], MAX_INSPECTIONS);
  }

  /** @param {FinalResult} result */
  pushFinal(result) {
    this.finals = [...this.finals, result].slice(-MAX_FINALS);
  }

  /** @param {import("../protocol.js").Table} of @returns {Blob} */
  csv(of) {
    const tables = {
      losses: () => [`step,${COLUMNS}\n`, lossLines(this.losses)],
      scores: () => ["step,reconstruction_mse\n", ...this.scores.map(({ step, loss }) => `${step},${loss}\n`)],
      inside: () => ["step,tensor,quantity,min,mean,max\n", ...this.inside.map(insideLines)],
      final: () => [
        "step,image,reconstruction_mse\n",
        ...this.finals.map(({ step, losses }) => [...losses].map((loss, i) => `${step},${i},${loss}\n`).join("")),
      ],
    };
    return new Blob(tables[of](), { type: "text/csv" });
  }
}

/** Of a list that is too long every second one, the latest always. @template T @param {T[]} list @param {number} most */
export const thinned = (list, most) => (list.length <= most ? list : list.filter((_, i) => (list.length - 1 - i) % 2 === 0));

/** Lines of a table, of a part that is not there an empty cell. @param {{ steps: Uint32Array, values: Float32Array }} losses */
function lossLines({ steps, values }) {
  let text = "";
  steps.forEach((step, i) => {
    const row = Array.from(values.subarray(i * WIDTH, (i + 1) * WIDTH), (value) => (Number.isNaN(value) ? "" : value));
    text += `${step},${row}\n`;
  });
  return text;
}

/** @param {Inspection} inspection */
function insideLines({ step, weights, activations, real, fake }) {
  let text = "";
  /** @param {string} name @param {string} what @param {Range | number | null} value */
  const line = (name, what, value) => {
    if (value === null) return;
    const { min, mean, max } = typeof value === "number" ? { min: "", mean: value, max: "" } : value;
    text += `${step},${name},${what},${min},${mean},${max}\n`;
  };
  for (const { name, norms, cosines, update_ratio, share } of weights) {
    line(name, "norm", norms);
    line(name, "cosine", cosines);
    line(name, "update_ratio", update_ratio);
    line(name, "first_share", share);
  }
  for (const { name, slopes, thresholds } of activations) {
    line(name, "slope", slopes);
    line(name, "threshold", thresholds);
  }
  real.forEach((count, bin) => line("dis.real", `bin${bin}`, count));
  fake.forEach((count, bin) => line("dis.fake", `bin${bin}`, count));
  return text;
}
