import { number, short } from "../i18n.js";

/**
 * Small pictures of numbers, drawn as SVG: they follow the page's colours by themselves.
 *
 * @typedef {{ x: number, min: number, mean: number, max: number }} Point
 * @typedef {{ color: string, points: Point[] }} Series
 */

const WIDTH = 260;
const HEIGHT = 132;
/** Room for the labels of the axes. */
const FRAME = { left: 44, right: 6, top: 8, bottom: 18 };

/**
 * @param {string} name
 * @param {Record<string, string | number>} [attributes]
 * @param {(Node | string)[]} [children]
 */
export function svg(name, attributes = {}, children = []) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** A picture with its description. @param {string} label @param {Node[]} children */
export const picture = (label, children, width = WIDTH, height = HEIGHT) =>
  svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, children);

/** Where a value stands between two ends, on either scale. @param {[number, number]} ends @param {boolean} log */
export function scale([low, high], log) {
  const place = log ? Math.log10 : (/** @type {number} */ v) => v;
  const [from, to] = [place(low), place(high)];
  return (/** @type {number} */ value) => (to === from ? 0.5 : (place(value) - from) / (to - from));
}

/**
 * Ends of an axis that shows all values: the given ones, whole decades of a logarithmic axis, or the values' own.
 * @param {number[]} values
 * @param {{ log?: boolean, ends?: [number, number] }} axis
 * @returns {[number, number]}
 */
export function ends(values, { log = false, ends: given }) {
  if (given) return given;
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (log) return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high * 1.000001))];
  const room = 0.05 * (high - low) || 0.1 * Math.abs(high) || 0.1;
  return [low - room, high + room];
}

/**
 * Lines over a common x axis, each with its band.
 * @param {Series[]} series
 * @param {string} label
 * @param {{ log?: boolean, ends?: [number, number] }} axis
 */
export function lines(series, label, axis) {
  const { left, right, top, bottom } = FRAME;
  /** A logarithm has no place for what is not above 0. @param {Point} point */
  const shown = ({ min, mean, max }) => [min, mean, max].every((v) => Number.isFinite(v) && (!axis.log || v > 0));
  const kept = series.map(({ color, points }) => ({ color, points: points.filter(shown) }));
  const all = kept.flatMap(({ points }) => points);
  if (all.length === 0) return picture(label, []);
  const y = ends(all.flatMap(({ min, max }) => [min, max]), axis);
  /** @type {[number, number]} */
  const x = [Math.min(...all.map((p) => p.x)), Math.max(...all.map((p) => p.x))];
  const [alongX, alongY] = [scale(x, false), scale(y, axis.log ?? false)];
  const at = (/** @type {number} */ px, /** @type {number} */ py) =>
    `${(left + alongX(px) * (WIDTH - left - right)).toFixed(1)},${(HEIGHT - bottom - alongY(py) * (HEIGHT - top - bottom)).toFixed(1)}`;
  const marks = kept.flatMap(({ color, points }) => {
    const middle = points.map((p) => at(p.x, p.mean)).join(" ");
    const band = [...points.map((p) => at(p.x, p.max)), ...points.map((p) => at(p.x, p.min)).reverse()].join(" ");
    const line = svg("polyline", { points: middle, fill: "none", stroke: color, "stroke-width": 1.5 });
    if (points.length === 1) {
      const [cx, cy] = middle.split(",");
      return [svg("circle", { cx, cy, r: 2.5, fill: color })];
    }
    return [svg("polygon", { points: band, fill: color, opacity: 0.12 }), line];
  });
  const text = (/** @type {number} */ tx, /** @type {number} */ ty, /** @type {string} */ words, anchor = "end") =>
    svg("text", { x: tx, y: ty, "text-anchor": anchor }, [words]);
  const floor = HEIGHT - bottom;
  return picture(label, [
    svg("path", { class: "axis", d: `M${left} ${top}H${WIDTH - right}M${left} ${floor}H${WIDTH - right}` }),
    ...marks,
    text(left - 4, top + 4, short(y[1])),
    text(left - 4, floor + 3, short(y[0])),
    text(WIDTH - right, HEIGHT - 5, number(x[1])),
    text(left, HEIGHT - 5, number(x[0]), "start"),
  ]);
}

/**
 * Two histograms of equal bins from 0 to 1 over each other, each as shares of its own count.
 * @param {{ color: string, counts: number[] }[]} series
 * @param {string} label
 */
export function histogram(series, label) {
  const { left, right, top, bottom } = FRAME;
  const shares = series.map(({ counts }) => {
    const sum = counts.reduce((a, b) => a + b, 0);
    return counts.map((count) => (sum > 0 ? count / sum : 0));
  });
  const most = Math.max(...shares.flat()) || 1;
  const floor = HEIGHT - bottom;
  const marks = shares.flatMap((bins, i) => {
    const width = (WIDTH - left - right) / bins.length;
    const steps = bins.map((share) => `V${(floor - (share / most) * (floor - top)).toFixed(1)}h${width.toFixed(3)}`);
    const d = `M${left} ${floor}${steps.join("")}V${floor}`;
    const { color } = series[i];
    return [svg("path", { d, fill: color, opacity: 0.25 }), svg("path", { d, fill: "none", stroke: color, "stroke-width": 1.5 })];
  });
  const text = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ words, anchor = "end") =>
    svg("text", { x, y, "text-anchor": anchor }, [words]);
  return picture(label, [
    svg("path", { class: "axis", d: `M${left} ${top}H${WIDTH - right}M${left} ${floor}H${WIDTH - right}` }),
    ...marks,
    text(left - 4, top + 4, number(most, { style: "percent" })),
    text(left, HEIGHT - 5, "0", "start"),
    text(WIDTH - right, HEIGHT - 5, "1"),
  ]);
}
