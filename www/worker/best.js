/**
 * The networks with the lowest running error so far. Training goes on while a test runs, so what it judges is kept aside
 * when it starts, and becomes the best when the test says so.
 *
 * @typedef {{ step: number, bytes: Uint8Array<ArrayBuffer> }} Kept
 */
export class Best {
  constructor() {
    /** @type {Kept | undefined} what the running test judges */
    this.candidate = undefined;
    /** @type {Kept & { loss: number } | undefined} */
    this.best = undefined;
  }

  clear() {
    Object.assign(this, new Best());
  }

  /** @param {number} step @param {Uint8Array<ArrayBuffer>} bytes */
  starts(step, bytes) {
    this.candidate = { step, bytes };
  }

  /**
   * @param {import("../protocol.js").Score} score of a running test
   * @returns {boolean} whether it is the best so far
   */
  ends({ step, loss }) {
    const { candidate, best } = this;
    this.candidate = undefined;
    if (candidate?.step !== step || !(loss < (best?.loss ?? Infinity))) return false;
    this.best = { ...candidate, loss };
    return true;
  }
}
