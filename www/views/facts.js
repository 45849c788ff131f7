import { html, nothing } from "lit-html";
import { finalText } from "../format.js";
import { duration, number, short, t } from "../i18n.js";

/**
 * The figures of a run: where it stands, how fast it goes, and how far its test is.
 *
 * @typedef {import("../state.js").Column} Column
 */

const WINDOW_MILLIS = 3000;

/** Measures steps and test steps in the last seconds. */
export class Meter {
  constructor() {
    /** @type {{ at: number, step: number }[]} */
    this.marks = [];
    this.test = { at: 0, done: 0, last: 0 };
  }

  /** A pause is not slowness: forgets what was. @param {number} [done] */
  rest(done = 0) {
    this.marks = [];
    this.test = { at: performance.now(), done, last: done };
  }

  /** @param {number} step @param {import("../protocol.js").TestProgress} test */
  mark(step, test) {
    const at = performance.now();
    this.marks.push({ at, step });
    while (at - this.marks[0].at > WINDOW_MILLIS) this.marks.shift();
    if (!test.running || test.done < this.test.last) this.test = { at, done: test.done, last: test.done };
    this.test.last = test.done;
  }

  /** Steps per second; what has stopped slows down, until nothing is left of it. */
  get rate() {
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    if (!first || !last || last.at === first.at) return 0;
    const silence = performance.now() - last.at;
    if (silence > 2 * WINDOW_MILLIS) return 0;
    const until = silence > WINDOW_MILLIS ? performance.now() : last.at;
    return (1000 * (last.step - first.step)) / (until - first.at);
  }

  /** Seconds until a test has ended, if that can be told. @param {import("../protocol.js").TestProgress} test */
  left({ done, of }) {
    const fresh = done - this.test.done;
    return fresh > 0 ? ((performance.now() - this.test.at) / 1000) * ((of - done) / fresh) : undefined;
  }
}

/** @param {import("../state.js").State} state @param {Column} column @param {Meter} meter */
export function facts({ device }, { step, started, score, phase }, meter) {
  const rate = phase === "playing" ? meter.rate : 0;
  const batch = started?.config.batch_size ?? 0;
  /** @param {string} id @param {import("../i18n.js").Key} name @param {string} value @param {string} [kind] */
  const fact = (id, name, value, kind = "") =>
    html`<div class=${kind}><dt>${t(name)}</dt><dd id="fact-${id}">${value}</dd></div>`;
  return html`
    ${fact("step", "fact.step", number(step))}
    ${fact("rate", "fact.rate", rate > 0 ? number(rate, { maximumSignificantDigits: 3 }) : "–")}
    ${fact("images", "fact.images", number(step * batch, { notation: "compact", maximumSignificantDigits: 3 }))}
    ${fact("score", "fact.score", score ? short(score.loss) : "–")}
    ${fact("device", "fact.device", device && started ? deviceText(device, started.gpuBytes) : "–", "wide")}
  `;
}

/** @param {import("../protocol.js").DeviceInfo} gpu @param {number} bytes */
function deviceText({ name, backend, software, cpu }, bytes) {
  const what = software ? `${backend}, ${t("start.software")}` : backend;
  return t("fact.device.used", { device: cpu ? t("fact.device.cpu") : `${name} (${what})`, n: Math.ceil(bytes / 1e6) });
}

/** @param {Column} column @param {Meter} meter */
export function testState({ test, score, phase, waits }, meter) {
  const { running, done, of, final } = test;
  const percent = of > 0 ? Math.floor((100 * done) / of) : 0;
  const left = meter.left(test);
  const active = phase === "playing" || phase === "testing";
  const text = !running
    ? score
      ? t("test.last", { step: score.step, loss: short(score.loss) })
      : t("test.none")
    : !active
      ? t("test.paused", { percent })
      : left === undefined
        ? t("test.soon", { percent })
        : t("test.running", { percent, left: duration(left) });
  const name = t(final ? "test.final" : "group.test");
  return html`<progress id="test-progress" max=${Math.max(1, of)} .value=${done} ?hidden=${!running} aria-label=${name}></progress>
    <p id="test-text">${text} ${waits ? t("test.waits") : nothing}</p>`;
}

/** @param {Column} column @param {() => void} onCsv */
export const finalState = ({ final }, onCsv) =>
  final
    ? html`<p id="final-text">${finalText(final)}</p><button type="button" id="save-losses" @click=${onCsv}>${t("csv")}</button>`
    : nothing;
