/** The core of the page in three engines, on the CPU and, where an engine has it, on WebGPU with a software adapter. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chromium, firefox } from "./engines/puppeteer.js";
import { has, number, ready, saved, text } from "./engines/page.js";
import { webkit } from "./engines/webkit.js";
import { BUILD_MILLIS, host } from "./harness.js";

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
      await has(tab, "#losses .tools button");
      const [head, ...rows] = (await saved(tab, "#losses .tools button")).trim().split("\n");
      assert.equal(head, "step,d_loss_real,d_loss_fake,g_loss,d_loss");
      assert.ok(rows.length >= first, `${rows.length} rows at step ${first}`);
      for (const row of rows) assert.ok(row.split(",").every((value) => value !== "" && Number.isFinite(Number(value))), row);
    });

    test("a setting refused while it plays: the run goes on, and the sentence stays", async () => {
      await tab.fill("input[name=lr]", "-1");
      const sentence = /lr must be a number between 0 and 1; it is -1/;
      await has(tab, "#say", sentence.source);
      const before = await number(tab, "#fact-step");
      await tab.evaluate((millis) => new Promise((resolve) => setTimeout(resolve, millis)), 2500);
      assert.match(String(await text(tab, "#say")), sentence);
      assert.ok((await number(tab, "#fact-step")) > before, "the run stands still");
    });
  });
}
