/** The comparison as a table for people. */

/**
 * @typedef {object} Row
 * @property {string} program
 * @property {string} version
 * @property {string} workload
 * @property {string} [backend]
 * @property {number} [first_step_ms]
 * @property {number} [step_ms_median]
 * @property {string} [failed] why there are no figures
 */

/** @param {number[]} values */
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
/** @param {number} value */
const brief = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** @param {Row[]} rows of all rounds; the page comes before every peer @returns {string} */
export function table(rows) {
  const heads = ["workload", "program", "version", "backend", "first step, ms", "step, ms", "steps/s", "page / peer"];
  const lines = [heads];
  for (const workload of new Set(rows.map((row) => row.workload))) {
    const here = rows.filter((row) => row.workload === workload);
    for (const program of new Set(here.map((row) => row.program))) {
      const own = here.filter((row) => row.program === program);
      const { version, backend = "" } = own[0];
      const failed = own.find((row) => row.failed !== undefined)?.failed;
      if (failed !== undefined) {
        lines.push([workload, program, version, backend, `failed: ${failed}`]);
        continue;
      }
      const times = own.map((row) => Number(row.step_ms_median));
      // Each against the page's measurement right before it, so that what else the machine does weighs on both.
      const pageBefore = (/** @type {Row} */ row) =>
        here.slice(0, here.indexOf(row)).findLast((other) => other.program === "page")?.step_ms_median;
      const ratios = own.map((row) => Number(row.step_ms_median) / Number(pageBefore(row)));
      lines.push([
        workload, program, version, backend, own.map((row) => brief(Number(row.first_step_ms))).join(" "),
        times.map(brief).join(" "), brief(1000 / mean(times)), program === "page" ? "" : ratios.map(brief).join(" "),
      ]);
    }
  }
  return lines.map((cells) => `| ${cells.join(" | ")} |`).toSpliced(1, 0, `|${"--|".repeat(heads.length)}`).join("\n");
}
