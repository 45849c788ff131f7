/** The core of the page in three engines, on the CPU and, where an engine has it, on WebGPU with a software adapter. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, firefox } from "./engines/puppeteer.js";
import { has, losses, number, pause, ready, stepIn, text, train } from "./engines/page.js";
import { webkit } from "./engines/webkit.js";
import { BUILD_MILLIS, fromRoot, host } from "./harness.js";

/** A network that every one of them trains at tens of steps a second. */
const TINY = "#preset=tiny&nfeature=8&batch_size=8&vis_size=4&running=8&final=8&test_steps=5&test_interval=40";

const PLACES = [
  { engine: "Chromium", open: chromium, webgpu: false },
  { engine: "Chromium", open: chromium, webgpu: true },
  { engine: "Firefox", open: firefox, webgpu: false },
  { engine: "Firefox", open: firefox, webgpu: true },
  { engine: "WebKitGTK", open: webkit, webgpu: false },
];

/** @type {Awaited<ReturnType<typeof host>>} */
let site;
before(async () => {
  site = await host();
});
after(() => site?.stop());

for (const { engine, open, webgpu } of PLACES) {
  describe(`${engine} on ${webgpu ? "WebGPU" : "the CPU"}`, { timeout: 2 * BUILD_MILLIS }, () => {
    /** @type {import("./engines/tab.js").Tab} */
    let tab;
    before(async () => {
      tab = await open({ webgpu });
      await tab.goto(`${site.url}?lang=en&device=${webgpu ? "gpu" : "cpu"}${TINY}`);
    });
    after(() => tab?.close());

    test("it starts on what was asked for", async () => {
      await ready(tab);
      assert.match(String(await text(tab, "#fact-device")), webgpu ? /webgpu, software renderer/ : /CPU \(WebAssembly\)/);
    });

    test("it trains: steps, a reconstruction score, samples that are a picture, finite losses", async () => {
      await tab.click("#play");
      await has(tab, "#fact-score", "\\d", BUILD_MILLIS);
      const first = await number(tab, "#fact-step");
      await has(tab, "#fact-rate", "\\d");
      const [low, high] = await tab.evaluate(() => {
        const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#samples"));
        const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, canvas.width, canvas.height);
        const colours = data.filter((_, i) => i % 4 !== 3);
        return [colours.reduce((a, b) => Math.min(a, b)), colours.reduce((a, b) => Math.max(a, b))];
      });
      assert.ok(high - low > 5, `samples from ${low} to ${high}`);
      const { head, rows } = await losses(tab);
      assert.equal(head, "step,d_loss_real,d_loss_fake,g_loss,d_loss");
      assert.ok(rows.length >= first, `${rows.length} rows at step ${first}`);
      for (const row of rows) assert.ok(row.split(",").every((value) => value !== "" && Number.isFinite(Number(value))), row);
    });

    /** What was refused is told for as long as it takes to read, and the run goes on. @param {RegExp} sentence */
    async function refusedWhilePlaying(sentence) {
      await has(tab, "#say", sentence.source);
      const before = await number(tab, "#fact-step");
      await sleep(2000);
      assert.match(String(await text(tab, "#say")), sentence);
      assert.ok((await number(tab, "#fact-step")) > before, "the run stands still");
    }

    test("settings that are refused while it plays leave it playing", async () => {
      await tab.select("select[name=norm]", "batch");
      await tab.fill("input[name=batch_size]", "1");
      await tab.click("#apply");
      await refusedWhilePlaying(/batch_size must be at least 2 with norm batch/);
      await tab.click("#discard");
    });

    test("so does a file that is none of its own", async () => {
      await tab.setFiles("#checkpoint-file", [fromRoot("README.md")]);
      await refusedWhilePlaying(/README\.md.*untouched/);
    });

    test("after a reload it goes on at the exact step, bit for bit as if it had never stopped", async () => {
      await pause(tab);
      await tab.click("#reset");
      await has(tab, "#say", "new run is ready", BUILD_MILLIS);
      const kept = await train(tab, 21);
      const before = await losses(tab);
      await tab.reload();
      await ready(tab);
      await has(tab, "#resume", `step ${kept}`);
      await tab.click("#resume");
      await has(tab, "#say", `goes on from step ${kept}`, BUILD_MILLIS);
      assert.equal(await number(tab, "#fact-step"), kept);
      assert.deepEqual(await losses(tab), before);
      const end = await train(tab, kept + 10);
      const resumed = (await losses(tab)).rows;
      assert.equal(resumed.length, end);
      await tab.click("#reset");
      await has(tab, "#say", "new run is ready", BUILD_MILLIS);
      await train(tab, end);
      assert.deepEqual((await losses(tab)).rows.slice(0, end), resumed);
    });
  });
}

for (const { engine, open, webgpu } of PLACES.filter(({ open, webgpu }) => open !== webkit && !webgpu)) {
  test(`${engine}, killed while it trains, has kept the run of some seconds ago`, { timeout: BUILD_MILLIS }, async () => {
    const profile = await mkdtemp(join(tmpdir(), "wn-gan-profile-"));
    try {
      const url = `${site.url}?lang=en&device=cpu${TINY}`;
      const first = await open({ webgpu, profile });
      await first.goto(url);
      await ready(first);
      await first.click("#play");
      await has(first, "#keeping", "Kept at step \\d", 30_000);
      const kept = await stepIn(first, "#keeping");
      await first.kill();
      const second = await open({ webgpu, profile });
      try {
        await second.goto(url);
        await has(second, "#resume", "", BUILD_MILLIS);
        assert.ok((await stepIn(second, "#resume")) >= kept);
      } finally {
        await second.close();
      }
    } finally {
      await rm(profile, { recursive: true, force: true });
    }
  });
}
