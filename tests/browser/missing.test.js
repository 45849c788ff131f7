/**
 * Where something is missing the CPU takes over if it can. Otherwise the card says what is missing, why and what
 * to do; the rest of the page stays readable.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, BUILD_MILLIS, extremes, host, picture, playUntil, ready, rewrite, said, visit } from "./harness.js";

/** Finds each name of "plain.test" on this machine: a page from there is not secure. */
const PLAIN = { switches: ["--host-resolver-rules=MAP plain.test 127.0.0.1"] };

/** @type {Awaited<ReturnType<typeof host>>} */
let site;

before(async () => {
  site = await host();
});

after(() => site?.stop());

/** @param {import("playwright-core").Page} page @param {string} stage */
async function failedAt(page, stage) {
  await page.locator("#card.failed").waitFor({ timeout: 30_000 });
  const card = await page.locator("#card").innerText();
  assert.equal(await page.locator("#card li[data-state=failed]").getAttribute("data-stage"), stage, card);
  assert.match(card, /Copy diagnostics/);
  assert.equal(await page.locator("#play").getAttribute("aria-disabled"), "true");
  assert.match(await page.locator("#about").innerText(), /weight-normalised layer/);
  return card;
}

/**
 * The run trains on the CPU: steps, and samples that are a picture.
 * @param {import("playwright-core").Page} page
 * @param {Record<string, string>} stages the states in which the stages of WebGPU were left
 */
async function trains(page, stages) {
  await ready(page);
  for (const [stage, state] of Object.entries(stages)) {
    const row = page.locator(`#card li[data-stage=${stage}]`);
    assert.equal(await row.getAttribute("data-state"), state, `${stage}: ${await row.innerText()}`);
  }
  await playUntil(page, 20);
  assert.match(await page.locator("#fact-device").innerText(), /CPU \(WebAssembly\), \d+ MB/);
  await page.waitForFunction(() => /** @type {HTMLCanvasElement} */ (document.querySelector("#samples")).width > 1);
  const { low, high } = await extremes(page, "#samples");
  assert.ok(high - low > 5, `samples from ${low} to ${high}`);
}

test("without WebGPU the CPU trains the smallest preset, and the page says so", { timeout: BUILD_MILLIS }, async () => {
  const chromium = await browser({ webgpu: false });
  try {
    const { page, errors } = await visit(chromium);
    await page.goto(site.url);
    await said(page, /The CPU trains here.*smallest preset/);
    assert.match(page.url(), /#preset=tiny\b/);
    const offered = await page.evaluate(() => "gpu" in navigator);
    const missing = offered ? { webgpu: "done", adapter: "absent" } : { webgpu: "absent", adapter: "absent" };
    await trains(page, { secure: "done", ...missing, device: "absent", program: "done", kernel: "absent" });
    assert.deepEqual(errors, []);
  } finally {
    await chromium.close();
  }
});

test("where WebGPU is asked for and missing, the card names the stage and what to do", { timeout: BUILD_MILLIS }, async () => {
  const chromium = await browser({ webgpu: false });
  try {
    const { page, errors } = await visit(chromium);
    await page.goto(`${site.url}?device=gpu#preset=tiny&seed=5`);
    await page.locator("#card.failed").waitFor({ timeout: 30_000 });
    const offered = await page.evaluate(() => "gpu" in navigator);
    const card = await failedAt(page, offered ? "adapter" : "webgpu");
    assert.match(card, offered ? /no graphics adapter/ : /no WebGPU/);
    assert.match(card, offered ? /graphics driver/ : /Chrome/);
    await page.click("#copy-diagnostics");
    assert.match(await page.locator("#card pre").innerText(), /browser: .*Chrome/);
    await picture(page, "without-webgpu");
    await page.click("#use-cpu");
    await trains(page, { secure: "absent", webgpu: "absent" });
    await page.waitForURL(/\?device=gpu#preset=tiny\b.*seed=5\b/);
    assert.deepEqual(errors, []);
    await page.goto(`${site.url}?bench=gan16&device=webgpu`);
    await page.waitForFunction(() => document.title === "bench: failed", null, { timeout: 60_000 });
    assert.match(await page.locator("#bench").innerText(), offered ? /no graphics adapter/ : /no WebGPU/);
  } finally {
    await chromium.close();
  }
});

test("a page that is not secure trains, and says what WebGPU would need", { timeout: BUILD_MILLIS }, async () => {
  const chromium = await browser(PLAIN);
  try {
    const { page, errors } = await visit(chromium);
    const plain = site.url.replace("127.0.0.1", "plain.test");
    await page.goto(`${plain}#preset=tiny`);
    await trains(page, { secure: "absent", webgpu: "absent", adapter: "absent", device: "absent" });
    assert.deepEqual(errors, []);
    await page.goto(`${plain}?device=gpu#preset=tiny`);
    assert.match(await failedAt(page, "secure"), /https/);
    assert.ok(await page.locator("#use-cpu").isVisible());
  } finally {
    await chromium.close();
  }
});

/**
 * Makes the worker find a graphics card, as no machine of the tests has one.
 * @param {import("playwright-core").Page} page
 * @param {{ device: string, kernel: string }} does what opening its device and the core's own opening do, as statements
 */
async function pretendCard(page, { device, kernel }) {
  const info = `{ isFallbackAdapter: false, description: "A card" }`;
  const adapter = `{ info: ${info}, features: new Set(), requestDevice: async () => { ${device} } }`;
  const gpu = `Object.defineProperty(navigator, "gpu", { value: { requestAdapter: async () => (${adapter}) } });`;
  await rewrite(page, "www/worker/entry.js", (source) => `${source}\n${gpu}`);
  await rewrite(page, "wn_gan.js", (source) => source.replace("export function openGpu() {", `$&\n${kernel}`));
}

const DESTROY = "return { destroy() {} };";
const FAIL = `throw new Error("It is busy.");`;
for (const { stage, words, ...does } of [
  { stage: "device", words: /It is busy\.[\s\S]*Close other tabs/, device: FAIL, kernel: "" },
  { stage: "kernel", words: /It is busy\.[\s\S]*Update the browser/, device: DESTROY, kernel: FAIL },
]) {
  test(`where a graphics card fails at the ${stage}, the CPU is offered`, { timeout: BUILD_MILLIS }, async () => {
    const chromium = await browser();
    try {
      const { page } = await visit(chromium);
      await pretendCard(page, does);
      await page.goto(`${site.url}#preset=tiny`);
      assert.match(await failedAt(page, stage), words);
      await picture(page, `${stage}-failed`);
      await page.click("#use-cpu");
      await trains(page, { adapter: "absent", kernel: "absent" });
    } finally {
      await chromium.close();
    }
  });
}

test("where only the core can tell that an adapter is imitated, the CPU trains", { timeout: BUILD_MILLIS }, async () => {
  const chromium = await browser();
  try {
    const { page } = await visit(chromium);
    await pretendCard(page, { device: DESTROY, kernel: "return { software: true, free() {} };" });
    await page.goto(`${site.url}#preset=tiny`);
    await trains(page, { adapter: "done", device: "done", kernel: "absent" });
    assert.match(await page.locator("#card li[data-stage=kernel]").innerText(), /only imitated/);
  } finally {
    await chromium.close();
  }
});

test("an address that names no device is answered, and the page chooses", { timeout: BUILD_MILLIS }, async () => {
  const chromium = await browser();
  try {
    const { page } = await visit(chromium);
    await page.goto(`${site.url}?device=abacus#preset=tiny`);
    await said(page, /device "abacus", which does not exist/);
    await trains(page, { webgpu: "done", adapter: "absent" });
    assert.match(await page.locator("#card li[data-stage=adapter]").innerText(), /only imitated/);
  } finally {
    await chromium.close();
  }
});

test("when the program's file is missing the card says so, and another try can succeed", async () => {
  const chromium = await browser();
  try {
    const { page } = await visit(chromium);
    await page.route("**/wn_gan.js", (route) => route.fulfill({ status: 404, body: "" }));
    await page.goto(`${site.url}#preset=tiny`);
    assert.match(await failedAt(page, "program"), /Reload the page/);
    for (const [language, words] of /** @type {const} */ ([["zh-CN", /程序加载完成后.*设置/], ["en", /settings appear here when the program is loaded/]])) {
      await page.selectOption("#language", language);
      assert.match(await page.locator("#settings fieldset").innerText(), words);
    }
    await page.unroute("**/wn_gan.js");
    await page.locator("#card .primary").click();
    await ready(page);
  } finally {
    await chromium.close();
  }
});

test("settings of the address that cannot be trained are refused in the card, and can be mended", async () => {
  const chromium = await browser();
  try {
    const { page } = await visit(chromium);
    await page.goto(`${site.url}#preset=tiny&width=17`);
    assert.match(await failedAt(page, "pipelines"), /width must be even/);
    assert.ok(await page.locator("input[name=seed]").isEnabled());
  } finally {
    await chromium.close();
  }
});
