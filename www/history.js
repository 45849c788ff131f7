import { COLUMNS, csv as lossCsv } from "./losses.js";

/**
 * Every number of a run, kept beside the training so that a long table is not built on the page's thread.
 *
 * @typedef {import("../wn_gan.js").Inspection} Inspection
 * @typedef {import("../wn_gan.js").Range} Range
 */
export class History {
  constructor() {
    /** @type {Float32Array[]} rows of losses, one array per chunk */
    this.losses = [];
    /** @type {import("./types.js").Score[]} */
    this.scores = [];
    /** @type {Inspection[]} */
    this.inside = [];
    /** @type {import("./types.js").FinalResult[]} */
    this.finals = [];
  }

  clear() {
    Object.assign(this, new History());
  }

  /** @param {import("./types.js").Table} of @returns {Blob} */
  csv(of) {
    const tables = {
      losses: () => [`${COLUMNS}\n`, ...this.losses.map(lossCsv)],
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
