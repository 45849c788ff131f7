/** Every state of the page, in both languages, both themes, wide and narrow, as axe-core sees it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings } from "./axe.js";
import { BUILD_MILLIS, browser, host, openSpoilt, pause, playUntil, ready, said, visit } from "./harness.js";

const TINY = "#preset=tiny&nfeature=8&batch_size=8&vis_size=4&running=8&final=8&test_steps=5&test_interval=40";
/** Both languages, both themes, wide and narrow. */
const LOOKS = [
  { language: "en", theme: "light", width: 1280 },
  { language: "zh-CN", theme: "dark", width: 360 },
];

/** @type {Awaited<ReturnType<typeof host>>} */
let site;
/** @type {import("playwright-core").Browser} */
let chromium;
/** @type {import("playwright-core").Page} */
let page;

before(async () => {
  site = await host();
  chromium = await browser();
  ({ page } = await visit(chromium));
});

after(async () => {
  await chromium?.close();
  site?.stop();
});

/** @param {import("playwright-core").Page} [at] */
async function accessible(at = page) {
  /** @type {string[]} */
  const found = [];
  for (const { language, theme, width } of LOOKS) {
    await at.setViewportSize({ width, height: 900 });
    await at.selectOption("#language", language);
    await at.selectOption("#theme", theme);
    for (const finding of await findings(at)) found.push(`${language}, ${theme}, ${width} px: ${finding}`);
  }
  await at.selectOption("#language", "en");
  assert.deepEqual(found, []);
}

test("what axe-core is there for is found", async () => {
  await page.setContent(`<html lang="en"><title>t</title><main><p style="color: #999; background: #aaa">Pale</p><input /></main>`);
  assert.deepEqual((await findings(page)).map((finding) => finding.split(":")[0]), [
    "color-contrast (serious) at p",
    "label (critical) at input",
  ]);
});

test("starting", { timeout: BUILD_MILLIS }, async () => {
  /** @type {(route: import("playwright-core").Route) => void} */
  let asked = () => {};
  /** The program, on its way to the page. @type {Promise<import("playwright-core").Route>} */
  const program = new Promise((resolve) => (asked = resolve));
  await page.route("**/*.wasm", (route) => asked(route), { times: 1 });
  await page.goto(`${site.url}${TINY}`);
  const route = await program;
  await page.locator("#card li[data-stage=program]").waitFor();
  await accessible();
  await route.continue();
  await ready(page);
});

test("ready, with every fold open", { timeout: BUILD_MILLIS }, async () => {
  for (const fold of await page.locator("details").all()) await fold.evaluate((details) => details.setAttribute("open", ""));
  await accessible();
});

test("playing", { timeout: BUILD_MILLIS }, async () => {
  await playUntil(page, 41);
  await accessible();
});

test("paused", { timeout: BUILD_MILLIS }, async () => {
  await page.locator("#pairs").waitFor();
  await pause(page);
  await accessible();
});

test("testing, and afterwards", { timeout: BUILD_MILLIS }, async () => {
  await page.fill("input[name=test_steps]", "100000");
  await page.press("input[name=test_steps]", "Tab");
  await page.click("#apply");
  await page.locator("#apply").waitFor({ state: "hidden" });
  for (const kind of ["#test", "#final-test"]) {
    await page.click(kind);
    await page.locator("#test-progress").waitFor();
    await accessible();
  }
});

test("with changes that wait, with one that no setting takes, and with some that were refused", { timeout: BUILD_MILLIS }, async () => {
  /** @param {string} size */
  const setBatch = async (size) => {
    await page.fill("input[name=batch_size]", size);
    await page.press("input[name=batch_size]", "Tab");
  };
  await page.selectOption("select[name=norm]", "batch");
  await page.locator(".pending").waitFor();
  await setBatch("100000");
  await page.locator(".misfit").waitFor();
  await accessible();
  await setBatch("1");
  await page.click("#apply");
  await said(page, /batch_size must be at least 2/);
  await accessible();
  await page.click("#discard");
});

test("after a fault", { timeout: BUILD_MILLIS }, async () => {
  await openSpoilt(page);
  await page.click("#play");
  await page.locator("#fault").waitFor({ timeout: 60_000 });
  await accessible();
});

test("where WebGPU was asked for and is missing", { timeout: BUILD_MILLIS }, async () => {
  const without = await browser({ webgpu: false });
  try {
    const visitor = await visit(without);
    await visitor.page.goto(`${site.url}?device=gpu${TINY}`);
    await visitor.page.locator("#card.failed").waitFor({ timeout: 30_000 });
    await visitor.page.click("#card summary");
    await accessible(visitor.page);
  } finally {
    await without.close();
  }
});
