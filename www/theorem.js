import { make } from "./dom.js";
import { short, t } from "./i18n.js";
import { picture, svg } from "./svg.js";

/**
 * @typedef {import("../wn_gan.js").Demonstration} Demonstration
 * @typedef {import("./types.js").Requests["theorem"]["args"]} Question
 * @typedef {import("../wn_gan.js").ShownLayer} Layer
 */

const WIDTH = 176;
const HEIGHT = 120;
/** Bars stand on this line; thresholds are drawn below it. */
const FLOOR = 58;

/** A random network converted by the paper's theorem: how exact it is, and what becomes of its layers. */
export class Theorem {
  /** @param {HTMLElement} root @param {(question: Question) => Promise<Demonstration>} ask */
  constructor(root, ask) {
    this.root = root;
    this.ask = ask;
    /** @type {Question} */
    this.question = { depth: 4, maps: "mixed", activation: "relu", seed: 1 };
    /** @type {Demonstration | undefined} */
    this.answer = undefined;
    this.facts = make("dl", { class: "facts", "aria-live": "polite" });
    this.pictures = make("div", { class: "multiples" });
    this.note = make("p", { class: "hint", role: "status" });
    this.render();
    // Nothing is computed for those who never look.
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      this.compute();
    });
    watch.observe(root);
  }

  /** Builds the panel anew, in the page's language. */
  render() {
    const { depth, maps, activation, seed } = this.question;
    const title = make("h2", { id: "theorem-title" }, [t("theorem")]);
    const controls = make("div", { class: "asked" }, [
      this.numeric("depth", t("theorem.depth"), depth, { min: "2", max: "8" }),
      this.choice("maps", t("theorem.maps"), maps, {
        mixed: t("theorem.maps.mixed"),
        linear: t("theorem.maps.linear"),
        conv: t("theorem.maps.conv"),
        transposed: t("theorem.maps.transposed"),
      }),
      this.choice("activation", t("theorem.activation"), activation, {
        relu: t("theorem.activation.relu"),
        prelu: t("theorem.activation.prelu"),
      }),
      this.numeric("seed", t("theorem.seed"), seed, { min: "0", max: "4294967295" }),
    ]);
    const why = make("p", { class: "hint" }, [t("theorem.legend"), " ", t("theorem.why")]);
    this.root.replaceChildren(title, make("p", { class: "hint" }, [t("theorem.hint")]), controls, this.note, this.facts, this.pictures, why);
    this.show();
  }

  /**
   * @param {"depth" | "seed"} key
   * @param {string} text
   * @param {number} value
   * @param {Record<string, string>} ends
   */
  numeric(key, text, value, ends) {
    const input = make("input", { type: "number", name: `theorem-${key}`, value: String(value), step: "1", ...ends });
    input.onchange = () => {
      if (!Number.isInteger(input.valueAsNumber) || !input.checkValidity()) {
        input.value = String(this.question[key]);
        return;
      }
      this.question[key] = input.valueAsNumber;
      this.compute();
    };
    return make("label", {}, [text, input]);
  }

  /**
   * @param {"maps" | "activation"} key
   * @param {string} text
   * @param {string} value
   * @param {Record<string, string>} choices
   */
  choice(key, text, value, choices) {
    const options = Object.entries(choices).map(([choice, name]) => make("option", { value: choice }, [name]));
    const select = make("select", { name: `theorem-${key}` }, options);
    select.value = value;
    select.onchange = () => {
      Object.assign(this.question, { [key]: select.value });
      this.compute();
    };
    return make("label", {}, [text, select]);
  }

  async compute() {
    try {
      this.answer = await this.ask({ ...this.question });
      this.note.textContent = "";
    } catch (error) {
      this.answer = undefined;
      this.note.textContent = error instanceof Error ? error.message : String(error);
    }
    this.show();
  }

  /** Shows the answer. */
  show() {
    const { answer } = this;
    if (!answer) {
      this.facts.replaceChildren();
      this.pictures.replaceChildren();
      return;
    }
    const needsMaps = answer.layers.some((layer) => layer.per_position);
    /** @type {[string, string][]} */
    const facts = [
      [t("theorem.difference"), short(answer.difference)],
      [t("theorem.relative"), short(answer.relative)],
      [t("theorem.bound"), short(answer.bound)],
      [t("theorem.weights"), short(answer.weight_change)],
      [t("theorem.shift"), short(answer.without_shift)],
      [t("theorem.maps.needed"), needsMaps ? short(answer.without_maps) : t("theorem.maps.none")],
    ];
    this.facts.replaceChildren(
      ...facts.map(([name, value]) => make("div", {}, [make("dt", {}, [name]), make("dd", {}, [value])])),
    );
    const last = answer.layers.length - 1;
    this.pictures.replaceChildren(...answer.layers.map((layer, i) => layerFigure(layer, i + 1, i === last)));
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
  const caption = make("figcaption", { class: "hint" }, [says.join(" · ")]);
  const title = make("h3", {}, [t("theorem.layer", { n, kind })]);
  const figure = make("figure", {}, [title, picture(label, drawing(layer), WIDTH, HEIGHT), caption]);
  figure.classList.toggle("per-position", layer.per_position);
  return figure;
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
