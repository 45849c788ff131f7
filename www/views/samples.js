import { paint } from "../dom.js";
import { t } from "../i18n.js";

/** @typedef {import("../protocol.js").Picture} Picture */

/** The two pictures of a run: samples from fixed codes, and held-out images with their reconstructions. */
export class Samples {
  /** @param {{ samples: HTMLCanvasElement, pairs: HTMLCanvasElement, samplesCaption: HTMLElement, pairsCaption: HTMLElement }} parts */
  constructor(parts) {
    this.parts = parts;
    /** Images among the samples, and the step at which they were drawn. */
    this.count = 0;
    this.step = 0;
    /** @type {number | undefined} */
    this.pairsStep = undefined;
  }

  clear() {
    this.count = 0;
    this.pairsStep = undefined;
    this.parts.pairs.hidden = true;
    this.describe();
  }

  /** @param {Picture} picture @param {number} step @param {number} count images on it */
  showSamples(picture, step, count) {
    const { samples } = this.parts;
    paint(samples, picture);
    // Enlarged, a pixel is a square; made smaller, none should be left out.
    samples.classList.toggle("shrunk", samples.width > samples.clientWidth);
    this.step = step;
    this.count = count;
    this.describe();
  }

  /** @param {Picture} picture @param {number} step */
  showPairs(picture, step) {
    paint(this.parts.pairs, picture);
    this.parts.pairs.hidden = false;
    this.pairsStep = step;
    this.describe();
  }

  /** Puts into words what is drawn. */
  describe() {
    const { samples, pairs, samplesCaption, pairsCaption } = this.parts;
    const values = { n: this.count, step: this.step };
    const drawn = this.count > 0;
    samples.setAttribute("aria-label", drawn ? t("samples.alt", values) : t("samples.none"));
    samplesCaption.textContent = drawn ? t("samples.caption", values) : "";
    const step = this.pairsStep;
    if (step !== undefined) pairs.setAttribute("aria-label", t("pairs.alt", { step }));
    pairsCaption.textContent = t(step === undefined ? "pairs.empty" : "pairs.caption");
  }

  /** The samples as they are, one pixel a pixel. @returns {Promise<Blob>} */
  picture() {
    return new Promise((resolve, reject) => {
      this.parts.samples.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the canvas gave no picture"))), "image/png");
    });
  }
}
