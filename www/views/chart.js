import { html, nothing, render } from "lit-html";
import uPlot from "uplot";
import { make } from "../dom.js";
import { ema } from "../ema.js";
import { number, short, t } from "../i18n.js";
import { table } from "./table.js";

/**
 * @typedef {import("../i18n.js").Key} Key
 * @typedef {{ label: Key, column: number, color: string, dash?: number[] }} Line `column` of the curve; `color` names a
 *   custom property of the style sheet
 */

const HEIGHT = 216;
const TABLE_ROWS = 12;

/** One panel: title, curve with read-out, and a table of the latest values for those who cannot see it. */
export class Chart {
  /**
   * @param {HTMLElement} root
   * @param {import("../curve.js").Curve} curve
   * @param {{ title: Key, hint: Key, alt: Key, lines: (curve: import("../curve.js").Curve) => Line[], smoothing?: number,
   *   log?: boolean }} options `lines`: what to draw of the curve; `smoothing`: offer it and begin so; `log`: offer a
   *   logarithmic axis
   * @param {() => void} onCsv
   */
  constructor(root, curve, options, onCsv) {
    this.root = root;
    this.curve = curve;
    this.options = options;
    this.onCsv = onCsv;
    this.lines = options.lines(curve);
    this.weight = options.smoothing ?? 0;
    this.log = false;
    this.zoomed = false;
    /** @type {uPlot | undefined} */
    this.plot = undefined;
    /** @type {{ step: number, values: string } | undefined} what the arrow keys read out */
    this.reading = undefined;
    this.open = false;
    // uPlot draws here; all around it is a template.
    this.canvas = make("div", { class: "plot", role: "group", tabindex: "0" });
    this.canvas.onkeydown = (event) => this.walk(event);
    this.render();
    this.draw();
    new ResizeObserver(() => this.plot?.setSize({ width: this.canvas.clientWidth, height: HEIGHT })).observe(root);
  }

  /** In another language or other colours: both are fixed when a plot is made. */
  redraw() {
    this.render();
    this.draw();
  }

  /** What stands around the plot. */
  render() {
    const { title, hint, alt, smoothing, log } = this.options;
    this.canvas.setAttribute("aria-label", `${t(alt)} ${t("chart.keys")}`);
    /** @param {Event} event */
    const toggled = (event) => {
      this.open = /** @type {HTMLDetailsElement} */ (event.target).open;
      this.render();
    };
    const view = html`<div class="panel-head">
        <h2>${t(title)}</h2>
        <div class="tools">
          ${smoothing === undefined ? nothing : this.slider()} ${log ? this.logToggle() : nothing}
          <button type="button" @click=${this.onCsv}>${t("csv")}</button>
        </div>
      </div>
      ${this.canvas}
      <p class="unseen" role="status">${this.reading ? t("chart.reading", this.reading) : nothing}</p>
      <p class="hint">${t(hint)}</p>
      <details ?open=${this.open} @toggle=${toggled}><summary>${t("table")}</summary>${this.open ? this.latest() : nothing}</details>`;
    render(view, this.root);
  }

  slider() {
    /** @param {Event} event */
    const moved = (event) => {
      this.weight = Number(/** @type {HTMLInputElement} */ (event.target).value);
      this.update();
      this.render();
    };
    return html`<label class="slider">${t("smoothing")}
      <input type="range" min="0" max="0.99" step="0.01" .value=${String(this.weight)} @input=${moved} />
      <output>${number(this.weight)}</output></label>`;
  }

  logToggle() {
    /** @param {Event} event */
    const toggled = (event) => {
      this.log = /** @type {HTMLInputElement} */ (event.target).checked;
      this.draw();
    };
    return html`<label class="check"><input type="checkbox" .checked=${this.log} @change=${toggled} />${t("log")}</label>`;
  }

  draw() {
    this.plot?.destroy();
    /** A colour of the style sheet as a canvas understands it. @param {string} name */
    const color = (name) => {
      this.canvas.style.color = `var(${name})`;
      return getComputedStyle(this.canvas).color;
    };
    const axis = { stroke: color("--ink-2"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
    const font = `11px ${getComputedStyle(this.root).fontFamily}`;
    /** @param {number} value */
    const step = (value) => number(value, { notation: "compact", maximumFractionDigits: 2 });
    /** As many decimals as tell neighbouring ticks apart. @param {number | null} value @param {number} apart */
    const level = (value, apart) => {
      if (value === null || this.log) return value === null ? "" : short(value);
      const digits = Math.max(0, Math.ceil(-Math.log10(apart)));
      return number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    };
    const { lines } = this;
    const width = this.canvas.clientWidth;
    this.plot = new uPlot(
      {
        width,
        height: HEIGHT,
        scales: {
          x: { time: false, range: (_, min, max) => this.span(min, max) },
          y: { distr: this.log ? 3 : 1, range: (_, min, max) => this.range(min, max) },
        },
        cursor: { drag: { x: true, y: false } },
        hooks: { setSelect: [(plot) => (this.zoomed = plot.select.width > 0)] },
        axes: [
          { ...axis, font, values: (_, ticks) => ticks.map(step) },
          { ...axis, font, size: 58, values: (_, ticks, _axis, _space, apart) => ticks.map((v) => level(v, apart)) },
        ],
        series: [
          { label: t("fact.step"), value: (_, v) => (Number.isFinite(v) ? number(v) : "–") },
          ...(this.options.smoothing === undefined ? [] : lines.flatMap((line) => this.envelope(color(line.color)))),
          ...lines.map((line) => ({
            label: t(line.label),
            stroke: color(line.color),
            width: 2,
            dash: line.dash,
            points: { show: this.weight === 0 && lines.length === 1, size: 6 },
            value: (/** @type {uPlot} */ _, /** @type {number} */ v) => (Number.isFinite(v) ? short(v) : "–"),
          })),
        ],
      },
      this.data(),
      this.canvas,
    );
    this.zoomed = false;
    this.plot.over.addEventListener("dblclick", () => (this.zoomed = false));
    this.canvas.style.color = "";
    queueMicrotask(() => this.readLast()); // A new plot clears its legend once more in a microtask.
  }

  /**
   * Ends of the x axis.
   * @param {number | null} min
   * @param {number} max
   * @returns {uPlot.Range.MinMax}
   */
  span(min, max) {
    return min === null ? [0, 100] : [min, Math.max(max, min + 1)];
  }

  /**
   * Ends of the y axis. Without values, something to look at.
   * @param {number | null} min
   * @param {number | null} max
   * @returns {uPlot.Range.MinMax}
   */
  range(min, max) {
    if (min === null || max === null) return this.log ? [0.01, 1] : [0, 1];
    return this.log ? uPlot.rangeLog(min, max, 10, false) : uPlot.rangeNum(min, max, 0.1, true);
  }

  /** The least and greatest value of each bucket, faint behind the smoothed line. @param {string} stroke */
  envelope(stroke) {
    const faint = { stroke, width: 1, alpha: 0.15, points: { show: false }, legend: false, class: "raw" };
    return [faint, { ...faint }];
  }

  /** @returns {uPlot.AlignedData} */
  data() {
    const { x, mean, low, high, stride } = this.curve;
    const columns = this.lines.map(({ column }) => column);
    // The slider speaks of steps; a bucket of `stride` steps forgets as much as that many steps.
    const smooth = columns.map((c) => ema(mean[c], this.weight ** stride));
    if (this.options.smoothing === undefined) return [x, ...smooth];
    return [x, ...columns.flatMap((c) => [low[c], high[c]]), ...smooth];
  }

  /** Shows what the curve holds now. */
  update() {
    const lines = this.options.lines(this.curve);
    if (lines !== this.lines) {
      this.lines = lines;
      this.draw();
    } else {
      this.plot?.setData(this.data(), !this.zoomed);
      if (this.zoomed) this.plot?.redraw();
      this.readLast();
    }
    if (this.open) this.render();
  }

  /** While nobody points at the curve, the legend reads out its end. */
  readLast() {
    const { plot } = this;
    const last = this.curve.x.length - 1;
    if (plot && last >= 0 && (plot.cursor.left ?? -1) < 0) plot.setLegend({ idx: last }, false);
  }

  /** The latest values as a table. */
  latest() {
    const { x, mean } = this.curve;
    const from = Math.max(0, x.length - TABLE_ROWS);
    const head = [t("fact.step"), ...this.lines.map(({ label }) => t(label))];
    const rows = x.slice(from).map((step, i) => [number(step), ...this.lines.map(({ column }) => short(mean[column][from + i]))]);
    return table(head, rows.reverse());
  }

  /** Arrow keys move the read-out, Home and End go to the ends. @param {KeyboardEvent} event */
  walk(event) {
    const { plot } = this;
    const { x, mean } = this.curve;
    const last = x.length - 1;
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -Infinity, End: Infinity }[event.key];
    if (by === undefined || !plot || last < 0) return;
    event.preventDefault();
    const at = Math.min(last, Math.max(0, (plot.cursor.idx ?? last) + by));
    plot.setCursor({ left: plot.valToPos(x[at], "x"), top: plot.over.clientHeight / 2 });
    const values = this.lines.map(({ label, column }) => `${t(label)} ${short(mean[column][at])}`).join(", ");
    this.reading = { step: x[at], values };
    this.render();
  }
}
