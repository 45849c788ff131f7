import { find } from "./dom.js";
import { duration, number, short, t } from "./i18n.js";

const WINDOW_MILLIS = 3000;

/** A final test's result with its interval. @param {import("./types.js").FinalResult} result */
export function finalText({ step, loss, half, losses }) {
  const values = { step, loss: short(loss), half: number(half, { maximumSignificantDigits: 2 }), images: losses.length };
  return t(losses.length > 1 ? "test.final.result" : "test.final.one", values);
}

/** The figures under the samples: where the run stands and how fast it goes. */
export class Status {
  constructor() {
    this.step = 0;
    this.batch = 0;
    /** @type {{ at: number, step: number }[]} the last seconds, for the rate */
    this.marks = [];
    /** @type {import("./types.js").Score | undefined} */
    this.score = undefined;
    /** @type {import("./types.js").FinalResult | undefined} */
    this.final = undefined;
    /** @type {import("./types.js").TestProgress} */
    this.test = { running: false, done: 0, of: 0 };
    this.testSince = { at: 0, done: 0 };
    /** @type {import("./types.js").DeviceInfo | undefined} */
    this.device = undefined;
    this.bytes = 0;
  }

  clear() {
    Object.assign(this, new Status());
  }

  /** @param {Extract<import("./types.js").WorkerEvent, { event: "chunk" }>} event */
  chunk({ step, test, score }) {
    const at = performance.now();
    this.step = step;
    this.marks.push({ at, step });
    while (at - this.marks[0].at > WINDOW_MILLIS) this.marks.shift();
    if (test.running && (!this.test.running || test.done < this.test.done)) this.testSince = { at, done: test.done };
    this.test = test;
    if (score) this.score = score;
  }

  /** Goes on under other settings: a test that ran was given up. */
  applied() {
    this.test = { running: false, done: 0, of: 0 };
    this.rest();
  }

  /** A pause is not slowness: forgets the marks of rate and time left. */
  rest() {
    this.marks = [];
    this.testSince = { at: performance.now(), done: this.test.done };
  }

  get rate() {
    const [first, last] = [this.marks[0], this.marks[this.marks.length - 1]];
    return this.marks.length > 1 ? (1000 * (last.step - first.step)) / (last.at - first.at) : 0;
  }

  render() {
    /** @param {string} id @param {string} text */
    const fact = (id, text) => {
      const element = find(`fact-${id}`, HTMLElement);
      if (element.textContent !== text) element.textContent = text;
    };
    fact("step", number(this.step));
    fact("rate", this.rate > 0 ? number(this.rate, { maximumSignificantDigits: 3 }) : "–");
    fact("images", number(this.step * this.batch, { notation: "compact", maximumSignificantDigits: 3 }));
    fact("score", this.score ? short(this.score.loss) : "–");
    fact("device", this.device ? this.deviceText(this.device) : "–");
    this.renderTest();
  }

  /** @param {import("./types.js").DeviceInfo} gpu */
  deviceText({ name, backend, software, cpu }) {
    const what = software ? `${backend}, ${t("start.software")}` : backend;
    const device = cpu ? t("fact.device.cpu") : `${name} (${what})`;
    return t("fact.device.used", { device, n: Math.ceil(this.bytes / 1e6) });
  }

  renderTest() {
    const { running, done, of } = this.test;
    const progress = find("test-progress", HTMLProgressElement);
    progress.hidden = !running;
    progress.max = Math.max(1, of);
    progress.value = done;
    const percent = of > 0 ? Math.floor((100 * done) / of) : 0;
    const fresh = done - this.testSince.done;
    const left = ((performance.now() - this.testSince.at) / 1000) * ((of - done) / fresh);
    const text = running
      ? fresh > 0
        ? t("test.running", { percent, left: duration(left) })
        : t("test.soon", { percent })
      : this.score
        ? t("test.last", { step: this.score.step, loss: short(this.score.loss) })
        : t("test.none");
    const lines = { "test-text": text, "final-text": this.final ? finalText(this.final) : "" };
    for (const [id, line] of Object.entries(lines)) {
      const element = find(id, HTMLElement);
      if (element.textContent !== line) element.textContent = line;
    }
    find("final-state", HTMLElement).hidden = this.final === undefined;
  }
}
