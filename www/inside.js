import { make } from "./dom.js";
import { short, t } from "./i18n.js";
import { histogram, lines } from "./svg.js";

/**
 * @typedef {import("../wn_gan.js").Inspection} Inspection
 * @typedef {import("../wn_gan.js").Range} Range
 * @typedef {"norms" | "cosines" | "ratio" | "share" | "slopes" | "thresholds"} Quantity
 * @typedef {{ log?: boolean, ends?: [number, number] }} Axis
 * @typedef {{ name: string, range: Range }} Value of one layer
 */

/** Inspections that are drawn; of more, every second is dropped from the picture, not from the table to save. */
const MAX_INSPECTIONS = 120;

/** @type {Record<Quantity, Axis>} */
const AXES = {
  norms: {},
  cosines: { log: true },
  ratio: { log: true },
  share: { ends: [0, 1] },
  slopes: { ends: [0, 1] },
  thresholds: {},
};
const WEIGHTS = /** @type {const} */ (["norms", "cosines", "ratio", "share"]);
const ACTIVATIONS = /** @type {const} */ (["slopes", "thresholds"]);

/** @param {number} value @returns {Range} */
const single = (value) => ({ min: value, mean: value, max: value });

/**
 * What a chart shows of an inspection, layer by layer. Of cosines only their size counts, and the largest.
 * @param {Inspection} inspection
 * @param {Quantity} quantity
 * @param {string} network `gen` or `dis`
 * @returns {Value[]}
 */
export function values({ weights, activations }, quantity, network) {
  /** @type {{ name: string, range: Range | null }[]} */
  const all = {
    norms: () => weights.map(({ name, norms }) => ({ name, range: norms })),
    cosines: () =>
      weights.map(({ name, cosines: c }) => ({ name, range: c && single(Math.max(Math.abs(c.min), Math.abs(c.max))) })),
    ratio: () => weights.map(({ name, update_ratio: r }) => ({ name, range: r === null ? null : single(r) })),
    share: () => weights.map(({ name, share }) => ({ name, range: share === null ? null : single(share) })),
    slopes: () => activations.map(({ name, slopes }) => ({ name, range: slopes })),
    thresholds: () => activations.map(({ name, thresholds }) => ({ name, range: thresholds })),
  }[quantity]();
  return all.flatMap(({ name, range }) => (range && name.startsWith(`${network}.`) ? [{ name, range }] : []));
}

/** Small multiples of what the inspections found: one picture for each quantity, one line for each layer. */
export class Inside {
  /** @param {HTMLElement} root @param {() => void} onCsv */
  constructor(root, onCsv) {
    this.root = root;
    this.onCsv = onCsv;
    this.network = "gen";
    /** @type {Inspection[]} */
    this.inspections = [];
    this.pictures = make("div", { class: "multiples" });
    this.table = make("div", { class: "scroll" });
    this.caption = make("p", { class: "hint" });
    this.render();
  }

  clear() {
    this.inspections = [];
    this.update();
  }

  /** @param {Inspection} inspection */
  push(inspection) {
    this.inspections.push(inspection);
    // The latest stays; of those before, every second.
    if (this.inspections.length > MAX_INSPECTIONS) this.inspections = this.inspections.filter((_, i) => i % 2 === 0);
    this.update();
  }

  /** Builds the panel anew, in the page's language. */
  render() {
    const csv = make("button", { type: "button", id: "save-inside" }, [t("csv")]);
    csv.onclick = this.onCsv;
    const select = make("select", { name: "inside-network" }, [
      make("option", { value: "gen" }, [t("inside.gen")]),
      make("option", { value: "dis" }, [t("inside.dis")]),
    ]);
    select.value = this.network;
    select.onchange = () => {
      this.network = select.value;
      this.update();
    };
    const choice = make("label", { class: "check" }, [make("span", { class: "unseen" }, [t("inside.network")]), select]);
    const title = make("h2", { id: "inside-title" }, [t("inside")]);
    const head = make("div", { class: "panel-head" }, [title, make("div", { class: "tools" }, [choice, csv])]);
    const details = make("details", {}, [make("summary", {}, [t("inside.table")]), this.table]);
    this.root.replaceChildren(head, this.caption, this.pictures, details);
    this.update();
  }

  /** Shows what is known now. */
  update() {
    const last = this.inspections.at(-1);
    this.root.classList.toggle("empty", last === undefined);
    this.caption.textContent = last ? `${t("inside.hint")} ${t("inside.at", { step: last.step })}` : t("inside.empty");
    if (!last) {
      for (const part of [this.pictures, this.table]) part.replaceChildren();
      return;
    }
    const charts = [...WEIGHTS, ...ACTIVATIONS].flatMap((quantity) => this.chart(quantity));
    this.pictures.replaceChildren(...charts, this.histogram(last));
    this.table.replaceChildren(this.tableOf(last, WEIGHTS), this.tableOf(last, ACTIVATIONS));
  }

  /** One picture, unless no layer has that quantity. @param {Quantity} quantity */
  chart(quantity) {
    /** @type {Map<string, import("./svg.js").Point[]>} */
    const layers = new Map();
    for (const inspection of this.inspections) {
      for (const { name, range } of values(inspection, quantity, this.network)) {
        const points = layers.get(name) ?? [];
        layers.set(name, points);
        points.push({ x: inspection.step, ...range });
      }
    }
    if (layers.size === 0) return [];
    const series = [...layers.values()].map((points, i) => ({ color: layerColor(i, layers.size), points }));
    const title = t(`inside.${quantity}`);
    return [figure(title, lines(series, t("inside.alt", { title }), AXES[quantity]), t(`inside.${quantity}.hint`))];
  }

  /** @param {Inspection} inspection */
  histogram({ step, real, fake }) {
    const label = t("inside.histogram.alt", { step, real: short(mean(real)), fake: short(mean(fake)) });
    const series = [
      { color: "var(--d-real)", counts: real },
      { color: "var(--d-fake)", counts: fake },
    ];
    const legend = make("span", { class: "legend" }, [
      make("span", { style: "color: var(--d-real)" }, [`■ ${t("inside.real")}`]),
      make("span", { style: "color: var(--d-fake)" }, [`■ ${t("inside.fake")}`]),
    ]);
    const shown = figure(t("inside.histogram"), histogram(series, label), t("inside.histogram.hint"));
    shown.append(legend);
    return shown;
  }

  /** @param {Inspection} inspection @param {readonly Quantity[]} quantities */
  tableOf(inspection, quantities) {
    const columns = quantities.map((quantity) => new Map(values(inspection, quantity, this.network).map((v) => [v.name, v.range])));
    const names = [...new Set(columns.flatMap((column) => [...column.keys()]))];
    const head = [t("inside.layer"), ...quantities.map((quantity) => t(`inside.${quantity}`))];
    /** @param {Range | undefined} range */
    const cell = (range) => {
      if (!range) return "–";
      const { min, mean, max } = range;
      return min === max ? short(mean) : t("inside.value", { mean: short(mean), min: short(min), max: short(max) });
    };
    const rows = names.map((name) => [name, ...columns.map((column) => cell(column.get(name)))]);
    return make("table", names.length === 0 ? { hidden: "" } : {}, [
      make("thead", {}, [make("tr", {}, head.map((text) => make("th", { scope: "col" }, [text])))]),
      make("tbody", {}, rows.map((row) => make("tr", {}, row.map((text) => make("td", {}, [text]))))),
    ]);
  }
}

/** @param {string} title @param {Element} drawn @param {string} hint */
function figure(title, drawn, hint) {
  return make("figure", {}, [make("h3", {}, [title]), drawn, make("figcaption", { class: "hint" }, [hint])]);
}

/** From the input's blue to the output's violet. @param {number} i @param {number} count */
function layerColor(i, count) {
  const share = count > 1 ? Math.round((100 * i) / (count - 1)) : 0;
  return `color-mix(in oklch, var(--d-real), var(--score) ${share}%)`;
}

/** Mean of a histogram from 0 to 1, each bin by its middle. @param {number[]} counts */
function mean(counts) {
  const sum = counts.reduce((a, b) => a + b, 0);
  return counts.reduce((a, count, bin) => a + (count * (bin + 0.5)) / counts.length, 0) / sum;
}
