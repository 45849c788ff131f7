/**
 * What is kept of a run, in a real browser: over reloads, between tabs, when something is deleted or replaced, when storage
 * is missing or full, and when program, worker or device break down.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { BUILD_MILLIS, browser, exposeDevice, host, lossRows, pause, playUntil, ready, rewrite, said, stepOf, visit } from "./harness.js";

/** Hundreds of steps a second on a CPU, and tests that are soon over. */
const TINY = "#preset=tiny&nfeature=8&batch_size=8&vis_size=4&running=8&final=8&test_steps=5&test_interval=40";

/** @typedef {import("playwright-core").Page} Page */

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

/** @param {Page} page @param {string} [address] */
async function open(page, address = TINY) {
  await page.goto(`${site.url}${address}`);
  await ready(page);
}

/** Runs that the list shows. @param {Page} page */
async function listed(page) {
  await page.$eval("#kept-runs", (details) => details.setAttribute("open", ""));
  const rows = await page.locator(".kept li").all();
  return Promise.all(rows.map(async (row) => ({
    id: await row.getAttribute("data-run"),
    name: await row.locator("input").inputValue(),
    facts: await row.locator(".hint").innerText(),
  })));
}

/** Calls a function of the page's newest worker. @template T @param {Page} page @param {() => T} work @returns {Promise<T>} */
const inWorker = (page, work) => {
  const worker = page.workers().at(-1);
  if (!worker) throw new Error("there is no worker");
  return worker.evaluate(work);
};

/** The losses of the first steps of a run that nothing interrupts. @param {number} steps @param {string} [address] */
async function uninterrupted(steps, address) {
  const { page, close } = await visit(chromium);
  await open(page, address);
  await playUntil(page, steps);
  await pause(page);
  const { rows } = await lossRows(page);
  await close();
  return rows.slice(0, steps);
}

test("after a reload the run goes on at the exact step, bit-equal, with curves, scores and best networks", { timeout: 3 * BUILD_MILLIS }, async () => {
  const { page, errors, close } = await visit(chromium);
  await open(page);
  assert.ok(await page.locator("#resume-offer").isHidden(), "nothing has been kept yet");
  await playUntil(page, 60);
  await pause(page);
  const [step, { rows }] = [await stepOf(page), await lossRows(page)];
  const best = await page.locator("#save-best").innerText();
  assert.match(best, /step \d+/);
  await page.reload();
  await ready(page);
  assert.match(await page.locator("#resume-offer").innerText(), new RegExp(`at step ${step}\\?`));
  await page.click("#resume");
  await said(page, new RegExp(`goes on from step ${step}, as it was`));
  assert.equal(await stepOf(page), step);
  assert.ok(await page.locator("#resume-offer").isHidden());
  assert.equal(await page.locator("#save-best").innerText(), best);
  assert.ok(await page.locator("#inside figure").first().isVisible());
  assert.deepEqual((await lossRows(page)).rows, rows);
  await playUntil(page, step + 40);
  await pause(page);
  const steps = step + 40;
  assert.deepEqual((await lossRows(page)).rows.slice(0, steps), await uninterrupted(steps));
  assert.deepEqual(errors, []);
  await close();
});

test("while it trains it is kept every five seconds, so that a killed page loses no more", { timeout: BUILD_MILLIS }, async () => {
  const { page, close } = await visit(chromium);
  await open(page);
  await page.click("#play");
  await page.waitForFunction(() => /Kept at step \d/.test(document.querySelector("#keeping")?.textContent ?? ""), undefined, { timeout: 60_000 });
  const kept = Number((await page.locator("#keeping").innerText()).match(/step ([\d,]+)/)?.[1].replace(",", ""));
  // No farewell: the page is gone at once.
  const other = await page.context().newPage();
  await page.close({ runBeforeUnload: false });
  await open(other);
  const offered = Number((await other.locator("#resume-offer").innerText()).match(/at step ([\d,]+)/)?.[1].replace(",", ""));
  assert.ok(offered >= kept, `${offered} offered, ${kept} had been kept`);
  await close();
});

test("a run is open in one tab at a time", { timeout: BUILD_MILLIS }, async () => {
  const { page, close } = await visit(chromium);
  await open(page);
  await playUntil(page, 20);
  await pause(page);
  const other = await page.context().newPage();
  await open(other);
  assert.ok(await other.locator("#resume-offer").isHidden(), "it is not offered where another tab has it");
  const [run] = await listed(other);
  assert.match(run.facts, /open in another tab/);
  assert.equal(await other.locator(".kept li").first().getByText("Delete").count(), 0);
  const step = await stepOf(page);
  await page.close();
  await other.reload();
  await ready(other);
  assert.match(await other.locator("#resume-offer").innerText(), new RegExp(`at step ${step}\\?`));
  await close();
});

test("reset, another seed and other settings can be undone", { timeout: 2 * BUILD_MILLIS }, async () => {
  const { page, close } = await visit(chromium);
  await open(page);
  await playUntil(page, 30);
  await pause(page);
  const [step, { rows }] = [await stepOf(page), await lossRows(page)];
  for (const act of ["#reset", "#reseed", "apply"]) {
    if (act === "apply") {
      await page.selectOption("select[name=norm]", "none");
      await page.click("#apply");
    } else await page.click(act);
    await said(page, /new run is ready/);
    assert.equal(await stepOf(page), 0);
    await page.click("#undo");
    await said(page, new RegExp(`back, at step ${step}`));
    assert.equal(await stepOf(page), step, act);
    assert.deepEqual((await lossRows(page)).rows, rows, act);
    assert.equal(await page.inputValue("select[name=norm]"), "weight");
  }
  await close();
});

test("reset begins the run anew and leaves what is edited in the form", { timeout: BUILD_MILLIS }, async () => {
  const { page, close } = await visit(chromium);
  await open(page);
  await playUntil(page, 10);
  await pause(page);
  await page.selectOption("select[name=norm]", "none");
  await page.click("#reset");
  await said(page, /new run is ready/);
  assert.equal(await page.inputValue("select[name=norm]"), "none");
  assert.match(await page.locator(".pending").innerText(), /Changed: Normalisation/);
  await close();
});

test("kept runs are listed, named, copied, downloaded, opened, deleted, and had back", { timeout: 2 * BUILD_MILLIS }, async () => {
  const { page, errors, close } = await visit(chromium);
  await open(page);
  await playUntil(page, 20);
  await pause(page);
  const step = await stepOf(page);
  await page.waitForFunction(() => document.querySelectorAll(".kept li").length === 1);
  assert.match((await listed(page))[0].facts, new RegExp(`step ${step} .*MB.*\\(open here\\)`));
  const first = page.locator(".kept li").first();
  await first.locator("input").fill("my run");
  await first.locator("input").press("Tab");
  await page.click("#reset");
  await said(page, /new run is ready/);
  const named = page.locator(".kept li", { has: page.locator("input[placeholder='my run']") });
  await named.waitFor();
  await named.getByText("Duplicate").click();
  await page.locator(".kept li").nth(1).waitFor();
  assert.deepEqual((await listed(page)).map(({ name }) => name).sort(), ["my run", "my run (copy)"]);
  const [file] = await Promise.all([page.waitForEvent("download"), named.getByText("Download").click()]);
  assert.equal(file.suggestedFilename(), `my_run-step${step}.safetensors`);
  const buffer = await readFile(await file.path());
  await named.getByText("Delete").click();
  await page.waitForFunction(() => document.querySelectorAll(".kept li").length === 1);
  await page.click("#undo");
  await page.locator(".kept li").nth(1).waitFor();
  await named.getByText("Open").click();
  await said(page, new RegExp(`goes on from step ${step}`));
  await page.locator(".kept li", { hasText: "(open here)" }).waitFor();
  // What was downloaded brings everything with it.
  await page.click("#reset");
  await said(page, /new run is ready/);
  await page.setInputFiles("#checkpoint-file", { name: "x", mimeType: "", buffer });
  await said(page, /Opened with its settings/);
  assert.equal((await lossRows(page)).rows.length, step);
  assert.deepEqual(errors, []);
  await close();
});

test("without files of its own the page keeps runs in the browser's database, and without that it says so before play", { timeout: 3 * BUILD_MILLIS }, async () => {
  const noFiles = "navigator.storage.getDirectory = () => Promise.reject(new DOMException('private', 'SecurityError'));";
  const { page, close } = await visit(chromium);
  await rewrite(page, "www/worker/entry.js", (source) => `${noFiles}\n${source}`);
  await open(page);
  await playUntil(page, 20);
  await pause(page);
  const step = await stepOf(page);
  await page.reload();
  await ready(page);
  await page.click("#resume");
  await said(page, new RegExp(`goes on from step ${step}`));
  await close();

  const other = await visit(chromium);
  const noBase = "indexedDB.open = () => { throw new DOMException('private', 'SecurityError'); };";
  await rewrite(other.page, "www/worker/entry.js", (source) => `${noFiles}\n${noBase}\n${source}`);
  await open(other.page);
  await said(other.page, /keeps nothing for the page/);
  assert.match(await other.page.locator("#keeping").innerText(), /closing or reloading it loses the run/);
  assert.ok(await other.page.locator("#kept-runs").isHidden());
  await playUntil(other.page, 20);
  await pause(other.page);
  // The run before is had back all the same: from memory.
  const before = await stepOf(other.page);
  await other.page.click("#reset");
  await said(other.page, /new run is ready/);
  await other.page.click("#undo");
  await said(other.page, new RegExp(`back, at step ${before}`));
  await other.close();
});

test("where storage is full the run goes on, the page says so, and what was kept is whole", { timeout: BUILD_MILLIS }, async () => {
  const { page, close } = await visit(chromium);
  await rewrite(page, "www/worker/entry.js", (source) => `
    const write = FileSystemSyncAccessHandle.prototype.write;
    FileSystemSyncAccessHandle.prototype.write = function (...args) {
      if (self.full) throw new DOMException("full", "QuotaExceededError");
      return write.apply(this, args);
    };
    ${source}`);
  await open(page);
  await playUntil(page, 20);
  await pause(page);
  const kept = await stepOf(page);
  await inWorker(page, () => Object.assign(self, { full: true }) && undefined);
  await playUntil(page, kept + 20);
  await pause(page);
  assert.match(await page.locator("#keeping").innerText(), /not kept: the browser gives this page .* MB/);
  assert.equal(await page.evaluate(() => dispatchEvent(new Event("beforeunload", { cancelable: true }))), false, "closing asks first");
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await ready(page);
  await page.click("#resume");
  await said(page, new RegExp(`goes on from step ${kept},`));
  await close();
});

/** The program breaks down when it is told to: the call throws, or, as after a panic, never ends. */
const TRAP = `
const advance = Session.prototype.advancePipelined;
Session.prototype.advancePipelined = function (...args) {
  if (self.trap === "call") throw new WebAssembly.RuntimeError("unreachable");
  if (self.trap === "panic") {
    Promise.reject(new WebAssembly.RuntimeError("unreachable"));
    return new Promise(() => {});
  }
  return advance.apply(this, args);
};`;

for (const how of /** @type {const} */ (["call", "panic"])) {
  test(`a program that breaks down in a ${how} is replaced once by itself, and the second time asks`, { timeout: 3 * BUILD_MILLIS }, async () => {
    const { page, close } = await visit(chromium);
    await rewrite(page, "wn_gan.js", (source) => `${source}\n${TRAP}`);
    await open(page);
    await playUntil(page, 20);
    await pause(page);
    const kept = await stepOf(page);
    await page.click("#play");
    const trap = how === "call" ? () => Object.assign(self, { trap: "call" }) && undefined : () => Object.assign(self, { trap: "panic" }) && undefined;
    await inWorker(page, trap);
    await said(page, /broke down .* A fresh program goes on from step/, BUILD_MILLIS);
    await page.waitForFunction((n) => Number(document.querySelector("#fact-step")?.textContent?.replace(/\D/g, "")) > n, kept);
    assert.equal(await page.locator("#play").innerText(), "Pause", "it goes on training");
    await inWorker(page, trap);
    await page.locator("#fault").waitFor({ timeout: 60_000 });
    assert.match(await page.locator("#fault").innerText(), /The program broke down/);
    await page.click("#go-back, #restart-program");
    await said(page, /Back at step/, BUILD_MILLIS);
    await playUntil(page, kept + 40);
    await pause(page);
    assert.deepEqual((await lossRows(page)).rows.slice(0, kept + 40), await uninterrupted(kept + 40));
    await close();
  });
}

test("a lost device is replaced by itself once, the run goes on bit-equal; the second time the page asks", { timeout: 4 * BUILD_MILLIS }, async () => {
  const adapter = `?device=gpu${TINY.replace("test_interval=40", "test_interval=0")}`;
  const { page, errors, close } = await visit(chromium);
  await exposeDevice(page);
  await open(page, adapter);
  await playUntil(page, 10);
  await inWorker(page, () => /** @type {any} */ (self).device.destroy());
  await said(page, /device was lost, and a new one opened: the run goes on from step/, BUILD_MILLIS);
  const back = await stepOf(page);
  assert.equal(await page.locator("#play").innerText(), "Pause", "it goes on training");
  await page.waitForFunction((n) => Number(document.querySelector("#fact-step")?.textContent?.replace(/\D/g, "")) > n + 5, back, { timeout: BUILD_MILLIS });
  await inWorker(page, () => /** @type {any} */ (self).device.destroy());
  await page.locator("#go-back").waitFor({ timeout: BUILD_MILLIS });
  assert.match(await page.locator("#fault").innerText(), /device was lost/);
  await page.click("#go-back");
  await said(page, /Back at step/, BUILD_MILLIS);
  const steps = (await stepOf(page)) + 10;
  await playUntil(page, steps);
  await pause(page);
  assert.deepEqual((await lossRows(page)).rows.slice(0, steps), await uninterrupted(steps, adapter));
  assert.deepEqual(errors, []);
  await close();
});

test("numbers that are none stop the run, and it can go back to where it was finite", { timeout: BUILD_MILLIS }, async () => {
  const { page, close } = await visit(chromium);
  await rewrite(page, "wn_gan.js", (source) => `${source}
    const advance = Session.prototype.advancePipelined;
    Session.prototype.advancePipelined = async function (...args) {
      if (!self.diverge) return advance.apply(this, args);
      throw Object.assign(new Error("Training stopped at step 7: g_loss is NaN."), { code: "training.non_finite", values: {} });
    };`);
  await open(page);
  await playUntil(page, 20);
  await pause(page);
  const step = await stepOf(page);
  await page.click("#play");
  await inWorker(page, () => Object.assign(self, { diverge: true }) && undefined);
  await page.locator("#fault").waitFor({ timeout: 60_000 });
  assert.match(await page.locator("#fault").innerText(), /g_loss is NaN/);
  await inWorker(page, () => Object.assign(self, { diverge: false }) && undefined);
  await page.click("#go-back");
  await said(page, /Back at step/);
  assert.ok((await stepOf(page)) >= step);
  assert.ok(await page.locator("#fault").isHidden());
  await playUntil(page, step + 20);
  await pause(page);
  await close();
});

test("a worker that is not heard of any more is noticed, and its run goes on in another", { timeout: 2 * BUILD_MILLIS }, async () => {
  const { page, close } = await visit(chromium);
  await open(page);
  await playUntil(page, 20);
  await pause(page);
  const step = await stepOf(page);
  await page.click("#play");
  await inWorker(page, () => self.close());
  await page.locator("#restart-program").waitFor({ timeout: 60_000 });
  assert.match(await page.locator("#fault").innerText(), /Nothing has been heard of the program/);
  assert.match(await page.locator("#fact-rate").innerText(), /^–$/, "what stands still has no rate");
  await page.click("#restart-program");
  await said(page, /Back at step/, BUILD_MILLIS);
  assert.ok((await stepOf(page)) >= step);
  await playUntil(page, step + 20);
  await close();
});
