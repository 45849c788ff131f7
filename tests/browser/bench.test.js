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

// The browser's adapter is a software one, so that the page's own choice is the CPU.
for (const [device, backend, variant] of [
  ["gpu", "webgpu", "plain"],
  ["cpu", "wasm", "panel"],
  ["auto", "wasm", "panel"],
]) {
  test(`a measurement of gan16 is text in the page, and the title says so: ${device}`, { timeout: BUILD_MILLIS }, async () => {
    const { page, errors, close } = await visit(chrome);
    await page.goto(`${site.url}?bench=gan16&norm=weight&order=simultaneous&seconds=2&device=${device}`);
    await page.waitForFunction(() => /^bench: (done|failed)$/.test(document.title), null, { timeout: BUILD_MILLIS });
    assert.equal(await page.title(), "bench: done", await page.locator("#bench").innerText());
    const found = JSON.parse((await page.locator("script#bench-result").textContent()) ?? "");
    assert.deepEqual([found.workload, found.norm, found.order], ["gan16", "weight", "simultaneous"]);
    assert.deepEqual([found.backend, found.variant], [backend, variant]);
    assert.equal(found.readback_bytes_per_step, 16);
    assert.equal(found.losses_finite, true);
    const keys = ["step_ms_median", "gflops", "peak_gflops", "gpu_bytes"];
    // The CPU has no commands to record.
    for (const key of [...keys, ...(device === "gpu" ? ["record_ms_per_step"] : [])]) assert.ok(found[key] > 0, key);
    assert.match(await page.locator("#bench").innerText(), /step_ms_median/);
    assert.deepEqual(errors, []);
    await close();
  });
}

for (const [query, answer] of /** @type {const} */ ([
  ["bench=gan17", /There is no preset "gan17"/],
  ["bench=gan16&device=abacus", /There is no device "abacus"\. Write device=gpu or device=cpu/],
  ["bench=gan16&variant=huge", /variant was to be "huge", but the device "CPU" took "panel"/],
  ["bench=gan16&variant=panel&device=gpu", /variant was to be "panel", but the device ".*swiftshader" took "plain"/],
])) {
  test(`nonsense is answered with a sentence: ${query}`, { timeout: BUILD_MILLIS }, async () => {
    const { page, close } = await visit(chrome);
    await page.goto(`${site.url}?${query}`);
    await page.waitForFunction(() => document.title === "bench: failed", null, { timeout: 60_000 });
    assert.match(await page.locator("#bench").innerText(), answer);
    await close();
  });
}
