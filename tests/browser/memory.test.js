/** Memory in a browser: a run that is given up leaves nothing behind. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BUILD_MILLIS, browser, host, visit } from "./harness.js";

/** @type {Awaited<ReturnType<typeof host>>} */
let site;
/** @type {import("playwright-core").Browser} */
let chromium;

before(async () => {
  site = await host();
  chromium = await browser();
});

after(async () => {
  await chromium?.close();
  site?.stop();
});

/** Begins a run and gives it up, again and again. @param {{ device: "openCpu" | "openGpu", times: number }} how */
async function restarts({ device, times }) {
  const { page, close } = await visit(chromium);
  await page.goto(`${site.url}vendor/LICENSE`);
  const found = await page.evaluate(async ([root, device, times]) => {
    const core = await import(`${root}wn_gan.js`);
    const { memory } = await core.default();
    const opened = await core[device]();
    const config = core.presets().find((/** @type {{ name: string }} */ { name }) => name === "tiny").config;
    Object.assign(config, { nfeature: 4, batch_size: 4, running: 4, final: 4, vis_size: 2 });
    const data = core.Dataset.faces(100, 1);
    const bytes = [];
    for (let i = 0; i < times; i++) {
      const session = await core.startSession(opened, data, config, () => {});
      (await session.advance(1)).free();
      const held = opened.bufferBytes;
      session.free();
      bytes.push({ held, after: opened.bufferBytes, memory: memory.buffer.byteLength });
    }
    return bytes;
  }, /** @type {const} */ ([site.url, device, times]));
  await close();
  return found;
}

for (const how of /** @type {const} */ ([{ device: "openCpu", times: 100 }, { device: "openGpu", times: 5 }])) {
  test(`${how.times} restarts leave buffer bytes where they were: ${how.device}`, { timeout: 2 * BUILD_MILLIS }, async () => {
    const found = await restarts(how);
    assert.equal(found.length, how.times);
    assert.ok(found[0].held > found[0].after, "a run has buffers");
    for (const { held, after } of found) assert.deepEqual([held, after], [found[0].held, found[0].after]);
    // The first ones find out how much memory is needed; then it is used again.
    assert.equal(found.at(-1)?.memory, found[Math.floor(how.times / 2)].memory);
  });
}
