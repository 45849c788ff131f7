/** The training step in the browser against the same ten steps of the f64 twin that the native tests follow. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { browser, BUILD_MILLIS, fromRoot, host, visit } from "./harness.js";

/** The bounds of tests/training.rs: rounding, then RMSprop's answer to rounding. @param {number} step */
const lossBound = (step) => (step === 0 ? 1e-5 : step < 3 ? 5e-4 : 5e-3);
const GRADIENTS = 1e-3;

/** @typedef {{ config: Record<string, unknown>, losses: number[][], grad_norms: Record<string, number> }} Trajectory */

/** @type {Awaited<ReturnType<typeof host>>} */
let server;
/** @type {Awaited<ReturnType<typeof browser>>} */
let chrome;

before(async () => {
  server = await host();
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  server?.stop();
});

/** @type {Trajectory[]} */
const golden = JSON.parse(await readFile(fromRoot("tests/golden/trajectory.json"), "utf8"));

for (const { config, losses, grad_norms } of golden) {
  test(`ten steps of gan16, ${config.norm}, ${config.order}`, { timeout: BUILD_MILLIS }, async () => {
    const { page, close } = await visit(chrome);
    // Any document of the host will do: the program is loaded beside it, without the page's own worker.
    await page.goto(new URL("www/base.css", server.url).href);
    const found = await page.evaluate(
      async ({ root, config }) => {
        const core = await import(`${root}wn_gan.js`);
        await core.default();
        const gpu = await core.openGpu();
        const data = core.Dataset.faces(600, config.seed);
        const session = await core.startSession(gpu, data, JSON.stringify(config), () => {});
        const losses = [];
        /** @type {Record<string, number>} */
        let norms = {};
        for (let t = 0; t < 10; t++) {
          const report = await session.advance(1);
          losses.push([...report.metrics()].slice(1));
          if (t === 0) norms = JSON.parse(await session.gradientNorms());
        }
        return { losses, norms };
      },
      { root: server.url, config },
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
      const bounds = [lossBound(t), lossBound(t), first ? 5e-4 : lossBound(t)];
      ["d_loss_real", "d_loss_fake", "g_loss"].forEach((name, i) => {
        compare(`step ${t} ${name}`, found.losses[t][i], expected[i], bounds[i]);
      });
    });
    assert.deepEqual(Object.keys(found.norms).sort(), Object.keys(grad_norms).sort());
    for (const [name, norm] of Object.entries(grad_norms)) compare(`gradient of ${name}`, found.norms[name], norm, GRADIENTS);
    assert.deepEqual(deviations, []);
    await close();
  });
}
