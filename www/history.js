/** Every number of a run, kept beside the training so that a long table is not built on the page's thread. */
export class History {
  constructor() {
    /** @type {Float32Array[]} rows of step, d_loss_real, d_loss_fake, g_loss */
    this.losses = [];
    /** @type {import("./types.js").Score[]} */
    this.scores = [];
  }

  clear() {
    Object.assign(this, new History());
  }

  /** @param {"losses" | "scores"} of @returns {Blob} */
  csv(of) {
    const lines = of === "losses" ? this.lossLines() : this.scores.map(({ step, loss }) => `${step},${loss}\n`);
    const head = of === "losses" ? "step,d_loss_real,d_loss_fake,g_loss\n" : "step,reconstruction_mse\n";
    return new Blob([head, ...lines], { type: "text/csv" });
  }

  /** @returns {string[]} one text per turn */
  lossLines() {
    return this.losses.map((rows) => {
      let text = "";
      for (let i = 0; i < rows.length; i += 4) text += `${rows.subarray(i, i + 4).join(",")}\n`;
      return text;
    });
  }
}
