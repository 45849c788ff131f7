/**
 * The training step in the browser against the same ten steps of the reference implementation in f64 that the native
 * tests follow.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { COLUMNS } from "../../www/losses.js";
import { browser, BUILD_MILLIS, fromRoot, host, visit } from "./harness.js";

/** A bound of the native tests. @param {string} name */
const bound = async (name) => {
  const text = await readFile(fromRoot("tests/support/bounds.rs"), "utf8");
  const found = text.match(new RegExp(`const ${name}: f64 = ([^;]+);`));
  assert.ok(found, `there is no bound ${name}`);
  return Number(found[1]);
};
const [FORWARD, AFTER_UPDATES, GRADIENTS] = await Promise.all(["FORWARD", "AFTER_UPDATES", "GRADIENTS"].map(bound));

/** @typedef {{ core: typeof import("../../wn_gan.js"), device: import("../../wn_gan.js").Device }} Opened */
/** @typedef {{ config: import("../../wn_gan.js").Config, losses: number[][], grad_norms: Record<string, number> }} Trajectory */

/** @type {Awaited<ReturnType<typeof host>>} */
let server;
/** @type {Awaited<ReturnType<typeof browser>>} */
let chrome;
/** @type {Awaited<ReturnType<typeof visit>>["page"]} */
let page;

// One page and one device of each kind for all runs, so that a pipeline is built once.
before(async () => {
  server = await host();
  chrome = await browser();
  ({ page } = await visit(chrome));
  // Any document of the host will do: the program is loaded beside it, without the page's own worker.
  await page.goto(new URL("www/base.css", server.url).href);
  await page.evaluate(async (root) => {
    const { load } = await import(`${root}www/worker/program.js`);
    const core = await load();
    // A second copy of the program, for browsers that do not multiply and add in one instruction.
    const unfused = await import(`${root}wn_gan.js?unfused`);
    await unfused.default();
    // With the kernel variant for graphics cards, whose pipelines a software adapter builds as well.
    const tiles = await core.openGpu();
    await tiles.tune("medium");
    const devices = {
      gpu: { core, device: await core.openGpu() },
      tiles: { core, device: tiles },
      cpu: { core, device: core.openCpu() },
      unfused: { core: unfused, device: unfused.openCpu() },
    };
    Object.assign(globalThis, { devices });
  }, server.url);
});
after(async () => {
  await chrome?.close();
  server?.stop();
});

/** @type {Trajectory[]} */
const golden = JSON.parse(await readFile(fromRoot("tests/golden/reference_trajectory.json"), "utf8"));
// Every norm, and both orders of the paper's: the native test has all.
const chosen = golden.filter(({ config }) => config.norm === "weight" || config.order === "alternating");

test("this browser multiplies and adds in one instruction", async () => {
  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  for (const file of ["wn_gan_fused.wasm", "wn_gan_bg.wasm"]) assert.ok(loaded.some((name) => name.endsWith(file)), file);
});

/** Runs on one of the devices. @param {string} device @param {Trajectory[]} runs */
const on = (device, runs) => runs.map((run) => ({ ...run, device }));
const runs = [...on("gpu", chosen), ...on("cpu", chosen), ...["tiles", "unfused"].flatMap((device) => on(device, chosen.slice(0, 1)))];
for (const { config, losses, grad_norms, device } of runs) {
  test(`ten steps of gan16, ${config.norm}, ${config.order}, ${device}`, { timeout: BUILD_MILLIS }, async () => {
    const found = await page.evaluate(
      async ({ config, on }) => {
        const { devices } = /** @type {{ devices: Record<string, Opened> }} */ (/** @type {unknown} */ (globalThis));
        const { core, device } = devices[on];
        const data = core.Dataset.faces(600, config.seed);
        const session = await core.startSession(device, data, config, () => {});
        const losses = [];
        /** @type {Record<string, number>} */
        let norms = {};
        for (let t = 0; t < 10; t++) {
          const report = await session.advance(1);
          losses.push([...report.metrics()]);
          if (t === 0) norms = Object.fromEntries(await session.gradientNorms());
        }
        session.free();
        data.free();
        return { losses, norms };
      },
      { config, on: device },
    );
    /** @type {string[]} */
    const deviations = [];
    /** @param {string} what @param {number} value @param {number} expected @param {number} bound */
    const compare = (what, value, expected, bound) => {
      const near = Math.abs(value - expected) <= bound * Math.abs(expected);
      if (!near) deviations.push(`${what}: ${value} instead of ${expected}`);
    };
    losses.forEach((expected, t) => {
      // G's loss of the first alternating step already follows an update of D.
      const first = t === 0 && config.order === "alternating";
      const early = t === 0 ? FORWARD : AFTER_UPDATES;
      const bounds = [early, early, first ? AFTER_UPDATES : early, early];
      const [real, fake, ofG] = expected;
      [real, fake, ofG, real + fake].forEach((value, i) => {
        compare(`step ${t} ${COLUMNS[i]}`, found.losses[t][i], value, bounds[i]);
      });
    });
    // A convolution's bias in front of a batch norm has no gradient but rounding; the golden leaves it out.
    const rounding = (/** @type {string} */ name) => config.norm === "batch" && name.endsWith("1.conv.bias");
    assert.deepEqual(Object.keys(found.norms).filter((name) => !rounding(name)).sort(), Object.keys(grad_norms).sort());
    for (const [name, norm] of Object.entries(grad_norms)) compare(`gradient of ${name}`, found.norms[name], norm, GRADIENTS);
    assert.deepEqual(deviations, []);
  });
}
