import { html } from "lit-html";
import { short, t } from "../i18n.js";
import { MAX_INSPECTIONS, thinned } from "../worker/history.js";
import { histogram, lines } from "./svg.js";
import { table } from "./table.js";

/**
 * @typedef {import("../../wn_gan.js").Inspection} Inspection
 * @typedef {import("../../wn_gan.js").Range} Range
 * @typedef {"norms" | "cosines" | "ratio" | "share" | "slopes" | "thresholds"} Quantity
 * @typedef {{ log?: boolean, ends?: [number, number] }} Axis
 * @typedef {{ name: string, range: Range }} Value of one layer
 */

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
  /** @param {() => void} onCsv @param {() => void} changed draw again */
  constructor(onCsv, changed) {
    this.onCsv = onCsv;
    this.changed = changed;
    this.network = "gen";
    /** @type {Inspection[]} */
    this.inspections = [];
  }

  /** @param {Inspection[]} [inspections] */
  begin(inspections = []) {
    this.inspections = inspections;
  }

  /** @param {Inspection} inspection */
  push(inspection) {
    this.inspections = thinned([...this.inspections, inspection], MAX_INSPECTIONS);
  }

  render() {
    const last = this.inspections.at(-1);
    /** @param {Event} event */
    const choose = (event) => {
      this.network = /** @type {HTMLSelectElement} */ (event.target).value;
      this.changed();
    };
    return html`<div class="panel-head">
        <h2 id="inside-title">${t("inside")}</h2>
        <div class="tools" ?hidden=${!last}>
          <label class="check"><span class="unseen">${t("inside.network")}</span>
            <select name="inside-network" @change=${choose}>
              <option value="gen" .selected=${this.network === "gen"}>${t("inside.gen")}</option>
              <option value="dis" .selected=${this.network === "dis"}>${t("inside.dis")}</option>
            </select></label>
          <button type="button" id="save-inside" @click=${this.onCsv}>${t("csv")}</button>
        </div>
      </div>
      <p class="hint">${last ? `${t("inside.hint")} ${t("inside.at", { step: last.step })}` : t("inside.empty")}</p>
      <div class="multiples">${last ? [...[...WEIGHTS, ...ACTIVATIONS].flatMap((quantity) => this.chart(quantity)), this.histogram(last)] : ""}</div>
      <details ?hidden=${!last}>
        <summary>${t("inside.table")}</summary>
        <div class="scroll" tabindex="0" role="region" aria-label=${t("inside.table")}>${last ? [this.tableOf(last, WEIGHTS), this.tableOf(last, ACTIVATIONS)] : ""}</div>
      </details>`;
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
    const legend = html`<span class="legend"><span class="of-real">■ ${t("inside.real")}</span><span class="of-fake">■ ${t("inside.fake")}</span></span>`;
    return figure(t("inside.histogram"), histogram(series, label), t("inside.histogram.hint"), legend);
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
    return table(head, rows, names.length === 0);
  }
}

/** @param {string} title @param {Element} drawn @param {string} hint @param {unknown} [legend] */
const figure = (title, drawn, hint, legend = "") =>
  html`<figure><h3>${title}</h3>${drawn}<figcaption class="hint">${hint}</figcaption>${legend}</figure>`;

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
