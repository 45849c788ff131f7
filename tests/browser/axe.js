/** What a screen reader or a keyboard would stumble over, looked for by axe-core in the page as it stands. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const GRAVE = ["serious", "critical"];

/**
 * Serious and critical findings: the rule, where, and what axe-core says about it.
 * @param {import("playwright-core").Page} page
 * @returns {Promise<string[]>}
 */
export async function findings(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run({ resultTypes: ["violations"] }));
  return /** @type {import("axe-core").Result[]} */ (violations)
    .filter(({ impact }) => GRAVE.includes(String(impact)))
    .flatMap(({ id, impact, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} (${impact}) at ${target.join(" ")}: ${failureSummary}`.replace(/\s+/g, " ")),
    );
}
