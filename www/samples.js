import { download, find, paint } from "./dom.js";
import { t } from "./i18n.js";

/** @typedef {import("./types.js").Picture} Picture */

/** The two pictures of a run: samples from fixed codes, and held-out images with their reconstructions. */
export class Samples {
  constructor() {
    this.samples = find("samples", HTMLCanvasElement);
    this.pairs = find("pairs", HTMLCanvasElement);
    /** Images among the samples, and the step at which they were drawn. */
    this.count = 0;
    this.step = 0;
    /** @type {number | undefined} */
    this.pairsStep = undefined;
    this.describe();
  }

  clear() {
    this.count = 0;
    this.pairsStep = undefined;
    this.pairs.hidden = true;
    this.describe();
  }

  /** @param {Picture} picture @param {number} step @param {number} count images on it */
  showSamples(picture, step, count) {
    paint(this.samples, picture);
    this.step = step;
    this.count = count;
    this.describe();
  }

  /** @param {Picture} picture @param {number} step */
  showPairs(picture, step) {
    paint(this.pairs, picture);
    this.pairs.hidden = false;
    this.pairsStep = step;
    this.describe();
  }

  /** Puts into words what is drawn. */
  describe() {
    const values = { n: this.count, step: this.step };
    const drawn = this.count > 0;
    this.samples.setAttribute("aria-label", drawn ? t("samples.alt", values) : t("samples.none"));
    find("samples-caption", HTMLElement).textContent = drawn ? t("samples.caption", values) : "";
    const step = this.pairsStep;
    if (step !== undefined) this.pairs.setAttribute("aria-label", t("pairs.alt", { step }));
    find("pairs-caption", HTMLElement).textContent = t(step === undefined ? "pairs.empty" : "pairs.caption");
  }

  /** Saves the samples as they are, one pixel a pixel. @param {string} name */
  save(name) {
    this.samples.toBlob((blob) => blob && download(blob, name), "image/png");
  }
}
