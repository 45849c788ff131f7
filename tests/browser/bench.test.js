/** `?bench=`: the same measurement as `wngan bench`, in the page. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, BUILD_MILLIS, host, visit } from "./harness.js";

/** @type {Awaited<ReturnType<typeof host>>} */
let site;
/** @type {Awaited<ReturnType<typeof browser>>} */
let chrome;

before(async () => {
  site = await host();
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  site?.stop();
});

test("a measurement of gan16 is text in the page, and the title says so", { timeout: BUILD_MILLIS }, async () => {
  const { page, errors, close } = await visit(chrome);
  await page.goto(`${site.url}?bench=gan16&norm=weight&order=simultaneous&seconds=2`);
  await page.waitForFunction(() => /^bench: (done|failed)$/.test(document.title), null, { timeout: BUILD_MILLIS });
  assert.equal(await page.title(), "bench: done", await page.locator("#bench").innerText());
  const found = JSON.parse((await page.locator("script#bench-result").textContent()) ?? "");
  assert.deepEqual([found.workload, found.norm, found.order, found.backend], ["gan16", "weight", "simultaneous", "webgpu"]);
  assert.equal(found.readback_bytes_per_step, 16);
  assert.equal(found.losses_finite, true);
  for (const key of ["step_ms_median", "gflops", "peak_gflops", "record_ms_per_step", "gpu_bytes"]) {
    assert.ok(found[key] > 0, key);
  }
  assert.match(await page.locator("#bench").innerText(), /step_ms_median/);
  assert.deepEqual(errors, []);
  await close();
});

test("nonsense is answered with a sentence", { timeout: BUILD_MILLIS }, async () => {
  const { page, close } = await visit(chrome);
  await page.goto(`${site.url}?bench=gan17`);
  await page.waitForFunction(() => document.title === "bench: failed", null, { timeout: 60_000 });
  assert.match(await page.locator("#bench").innerText(), /There is no preset "gan17"/);
  await close();
});
