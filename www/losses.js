/**
 * The losses of a run, as rows that the program hands over, one a step. D's loss has a part on real images and one on
 * fakes, or none where it looks at pairs of the two: the parts are then NaN.
 */
export const COLUMNS = ["d_loss_real", "d_loss_fake", "g_loss", "d_loss"];

/** Values of a row. */
export const WIDTH = COLUMNS.length;

/** @typedef {import("./views/chart.js").Line} Line */

/** @type {Line} */
const G = { label: "losses.g", column: 2, color: "--g", dash: [2, 3] };
/** @type {Line[]} */
const PARTS = [
  { label: "losses.real", column: 0, color: "--d-real" },
  { label: "losses.fake", column: 1, color: "--d-fake", dash: [6, 3] },
  G,
];
/** @type {Line[]} */
const IN_ALL = [{ label: "losses.d", column: 3, color: "--d-real" }, G];

/** What to draw of a curve: D's parts and G, as long as nothing is known, too. @param {import("./curve.js").Curve} curve */
export const lossLines = ({ mean: [real] }) => (Number.isNaN(real[0]) ? IN_ALL : PARTS);

/** Calls `see` with each row. @param {Float32Array} rows @param {(row: Float32Array, i: number) => void} see */
export function eachRow(rows, see) {
  for (let i = 0; i * WIDTH < rows.length; i++) see(rows.subarray(i * WIDTH, (i + 1) * WIDTH), i);
}
