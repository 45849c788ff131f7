import { html, nothing } from "lit-html";
import { toWire } from "../fault.js";
import { sentenceOf, short, t } from "../i18n.js";
import { picture, svg } from "./svg.js";

/**
 * @typedef {import("../../wn_gan.js").Demonstration} Demonstration
 * @typedef {import("../protocol.js").Requests["theorem"]["args"]} Question
 * @typedef {import("../../wn_gan.js").ShownLayer} Layer
 */

const WIDTH = 176;
const HEIGHT = 120;
/** Bars stand on this line; thresholds are drawn below it. */
const FLOOR = 58;

/** A random network converted by the paper's theorem: how exact it is, and what becomes of its layers. */
export class Theorem {
  /** @param {HTMLElement} root @param {(question: Question) => Promise<Demonstration>} ask @param {() => void} changed draw again */
  constructor(root, ask, changed) {
    this.ask = ask;
    this.changed = changed;
    /** @type {Question} */
    this.question = { depth: 4, maps: "mixed", activation: "relu", seed: 1 };
    /** @type {Demonstration | undefined} */
    this.answer = undefined;
    /** @type {import("../fault.js").Wire | undefined} */
    this.error = undefined;
    this.waiting = false;
    // Nothing is computed for those who never look.
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      void this.compute();
    });
    watch.observe(root);
  }

  async compute() {
    this.waiting = true;
    this.changed();
    try {
      this.answer = await this.ask({ ...this.question });
      this.error = undefined;
    } catch (error) {
      this.answer = undefined;
      this.error = toWire(error);
    }
    this.waiting = false;
    this.changed();
  }

  render() {
    const { depth, maps, activation, seed } = this.question;
    return html`<h2 id="theorem-title">${t("theorem")}</h2>
      <p class="hint">${t("theorem.hint")}</p>
      <div class="asked">
        ${this.numeric("depth", t("theorem.depth"), depth, 2, 8)}
        ${this.choice("maps", t("theorem.maps"), maps, {
          mixed: t("theorem.maps.mixed"),
          linear: t("theorem.maps.linear"),
          conv: t("theorem.maps.conv"),
          transposed: t("theorem.maps.transposed"),
        })}
        ${this.choice("activation", t("theorem.activation"), activation, {
          relu: t("theorem.activation.relu"),
          prelu: t("theorem.activation.prelu"),
        })}
        ${this.numeric("seed", t("theorem.seed"), seed, 0, 4294967295)}
      </div>
      <p class="hint" role="status">${this.error ? sentenceOf(this.error) : this.waiting ? t("theorem.waiting") : nothing}</p>
      <dl class="facts" aria-live="polite">
        ${this.facts().map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
      </dl>
      <div class="multiples">${this.answer?.layers.map((layer, i, { length }) => layerFigure(layer, i + 1, i === length - 1))}</div>
      <p class="hint">${t("theorem.legend")} ${t("theorem.why")}</p>`;
  }

  /** @param {"depth" | "seed"} key @param {string} text @param {number} value @param {number} min @param {number} max */
  numeric(key, text, value, min, max) {
    /** @param {Event} event */
    const typed = (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (!Number.isInteger(input.valueAsNumber) || !input.checkValidity()) {
        input.value = String(this.question[key]);
        return;
      }
      this.question[key] = input.valueAsNumber;
      void this.compute();
    };
    return html`<label>${text} <input type="number" name="theorem-${key}" .value=${String(value)} step="1" min=${min} max=${max} @change=${typed} /></label>`;
  }

  /** @param {"maps" | "activation"} key @param {string} text @param {string} value @param {Record<string, string>} choices */
  choice(key, text, value, choices) {
    /** @param {Event} event */
    const chosen = (event) => {
      Object.assign(this.question, { [key]: /** @type {HTMLSelectElement} */ (event.target).value });
      void this.compute();
    };
    return html`<label>${text} <select name="theorem-${key}" @change=${chosen}>
      ${Object.entries(choices).map(([choice, name]) => html`<option value=${choice} .selected=${choice === value}>${name}</option>`)}
    </select></label>`;
  }

  /** @returns {[string, string][]} */
  facts() {
    const { answer } = this;
    if (!answer) return [];
    const needsMaps = answer.layers.some((layer) => layer.per_position);
    return [
      [t("theorem.difference"), short(answer.difference)],
      [t("theorem.relative"), short(answer.relative)],
      [t("theorem.bound"), short(answer.bound)],
      [t("theorem.weights"), short(answer.weight_change)],
      [t("theorem.shift"), short(answer.without_shift)],
      [t("theorem.maps.needed"), needsMaps ? short(answer.without_maps) : t("theorem.maps.none")],
    ];
  }
}

/** @param {Layer} layer @param {number} n @param {boolean} last */
function layerFigure(layer, n, last) {
  const [channels, height, width] = layer.output;
  const kind = t(`theorem.${layer.kind}`);
  const says = [
    t("theorem.shape", { channels, height, width }),
    ...(last ? [t("theorem.last")] : []),
    t(layer.per_position ? "theorem.position" : "theorem.channel"),
    ...(layer.zero_units > 0 ? [t("theorem.zero", { n: layer.zero_units })] : []),
  ];
  const thresholds = layer.thresholds.flat();
  const label = t("theorem.alt", {
    n,
    low: short(Math.min(...layer.norms)),
    high: short(Math.max(...layer.norms)),
    from: short(Math.min(...thresholds)),
    to: short(Math.max(...thresholds)),
  });
  const kindOf = t("theorem.layer", { n, kind });
  return html`<figure class=${layer.per_position ? "per-position" : ""}>
    <h3>${kindOf}</h3>${picture(label, drawing(layer), WIDTH, HEIGHT)}<figcaption class="hint">${says.join(" · ")}</figcaption>
  </figure>`;
}

/** Norms as bars above, thresholds around their zero below. @param {Layer} layer */
function drawing({ norms, thresholds }) {
  const longest = Math.max(...norms);
  const widest = Math.max(...thresholds.flat().map(Math.abs)) || 1;
  const zero = (FLOOR + HEIGHT) / 2 + 4;
  const half = HEIGHT - zero - 4;
  const pitch = (WIDTH - 40) / norms.length;
  const centre = (/** @type {number} */ i) => 38 + pitch * (i + 0.5);
  const bars = norms.map((norm, i) => {
    const height = Math.max(1, (norm / longest) * (FLOOR - 10));
    return svg("rect", { class: "norm", x: centre(i) - pitch * 0.3, y: FLOOR - height, width: pitch * 0.6, height });
  });
  const marks = thresholds.map(([low, high], i) => {
    const [top, bottom] = [high, low].map((value) => zero - (value / widest) * half);
    return svg("rect", { class: "threshold", x: centre(i) - pitch * 0.3, y: top - 1, width: pitch * 0.6, height: bottom - top + 2 });
  });
  const text = (/** @type {number} */ y, /** @type {string} */ words) => svg("text", { x: 34, y, "text-anchor": "end" }, [words]);
  return [
    svg("path", { class: "axis", d: `M38 ${FLOOR}H${WIDTH}M38 ${zero}H${WIDTH}` }),
    ...bars,
    ...marks,
    text(14, short(longest)),
    text(zero - half + 6, short(widest)),
    text(zero + 3, "0"),
    text(zero + half, short(-widest)),
  ];
}
