/**
 * A run that is broken off again and again at random moments, in Chromium, and goes on each time:
 * `node tests/browser/soak/faults.js reload|renderer|worker|device COUNT`. Prints a row of CSV: what was done, how often,
 * the most training that was lost (in milliseconds), how often more was lost than the page had said, and whether the losses
 * in the end are those of a run that nothing broke off.
 */
import assert from "node:assert/strict";
import { browser, BUILD_MILLIS, exposeDevice, host, lossRows, pause, playUntil, ready, said, stepOf, visit } from "../harness.js";

/** @typedef {import("playwright-core").Page} Page */

const TINY = "#preset=tiny&nfeature=8&batch_size=8&vis_size=4&running=8&final=8&test_steps=5&test_interval=0";
const [kind = "reload", times = "50"] = process.argv.slice(2);
const address = `${kind === "device" ? "?device=gpu" : ""}${TINY}`;
const site = await host();
const chromium = await browser();

/** Random moments that are the same in every soak. */
let seed = 1;
function random() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}

/** @param {Page} page */
async function open(page) {
  await page.goto(`${site.url}${address}`);
  await ready(page);
}

/** The step that the page says it keeps. @param {Page} page */
async function keptStep(page) {
  return Number((await page.locator("#keeping").innerText()).match(/step ([\d,]+)/)?.[1].replaceAll(",", "") ?? 0);
}

/** Trains for a random time, noting when which step was shown. @param {Page} page */
async function train(page) {
  await page.click("#play");
  const until = performance.now() + 300 + random() * 7000;
  /** @type {{ at: number, step: number }[]} */
  const marks = [];
  while (performance.now() < until) {
    marks.push({ at: performance.now(), step: await stepOf(page) });
    await page.waitForTimeout(50);
  }
  return { marks, kept: await keptStep(page) };
}

/** Breaks the run off and waits until it goes on. @type {Record<string, (page: Page) => Promise<Page>>} */
const faults = {
  async reload(page) {
    await page.reload();
    await ready(page);
    await page.click("#resume");
    await said(page, /goes on from step/);
    return page;
  },
  async renderer(page) {
    const context = page.context();
    const crashed = page.waitForEvent("crash");
    // The address never loads: its renderer is killed.
    page.goto("chrome://crash").catch(() => undefined);
    await crashed;
    const next = await context.newPage();
    await page.close();
    await open(next);
    await next.click("#resume");
    await said(next, /goes on from step/);
    return next;
  },
  async worker(page) {
    // The page is not told; it finds out by the silence.
    await page.workers()[0].evaluate(() => self.close());
    await page.click("#restart-program", { timeout: 60_000 });
    await said(page, /Back at step/);
    return page;
  },
  async device(page) {
    await page.workers()[0].evaluate(() => /** @type {any} */ (self).device.destroy());
    await page.waitForFunction(
      () => /goes on from step/.test(document.querySelector("#say")?.textContent ?? "") || document.querySelector("#go-back"),
      undefined,
      { timeout: BUILD_MILLIS },
    );
    if (await page.locator("#go-back").isVisible()) {
      await page.click("#go-back");
      await said(page, /Back at step/, BUILD_MILLIS);
    }
    return page;
  },
};

const visitor = await visit(chromium);
let { page } = visitor;
if (kind === "device") await exposeDevice(page);
await open(page);
await playUntil(page, 5);
await pause(page);
let mostLost = 0;
let broken = 0;
for (let i = 0; i < Number(times); i++) {
  const { marks, kept } = await train(page);
  const now = performance.now();
  page = await faults[kind](page);
  const step = await stepOf(page);
  if ((await page.locator("#play").innerText()) === "Pause") await pause(page);
  if (step < kept) broken += 1;
  // Until when the training that is still there had gone.
  const last = marks.filter((mark) => mark.step <= step).at(-1);
  mostLost = Math.max(mostLost, last ? now - last.at : now - marks[0].at);
  process.stderr.write(`${i + 1} of ${times}: step ${step}, kept ${kept}, at most ${mostLost.toFixed(0)} ms lost\n`);
}
const steps = await stepOf(page);
const { rows } = await lossRows(page);
await visitor.close();
const whole = await visit(chromium);
await open(whole.page);
await playUntil(whole.page, steps, 3_600_000);
await pause(whole.page);
const expected = (await lossRows(whole.page)).rows.slice(0, steps);
assert.equal(rows.length, steps);
const equal = JSON.stringify(rows.slice(0, steps)) === JSON.stringify(expected);
console.log(`${kind},${times},${mostLost.toFixed(0)},${broken},${equal ? "bit-equal" : "DIFFERENT"},${steps}`);
await chromium.close();
site.stop();
process.exitCode = equal && broken === 0 ? 0 : 1;
