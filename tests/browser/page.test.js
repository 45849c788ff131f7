/**
 * The built page in a real Chromium: what a visitor sees and does. The browser's adapter is a software one, so that the
 * CPU trains, but for one test that insists on the adapter.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { BUILD_MILLIS, browser, drop, extremes, fromRoot, host, openSpoilt, visit } from "./harness.js";
import { lossRows, pause, playUntil, ready, said, stepOf } from "./harness.js";

/** A network that a CPU trains at hundreds of steps a second, and a test of a moment. */
const TINY = "#preset=tiny&nfeature=8&batch_size=8&vis_size=4&running=8&final=8&test_steps=5&test_interval=40";
const CIFAR = fromRoot("../shared/data/cifar10/test_batch.bin");

/** @type {Awaited<ReturnType<typeof host>>} */
let site;
/** @type {import("playwright-core").Browser} */
let chromium;
/** @type {Awaited<ReturnType<typeof visit>>} */
let visitor;
/** @type {import("playwright-core").Page} */
let page;

before(async () => {
  site = await host();
  chromium = await browser();
  visitor = await visit(chromium);
  ({ page } = visitor);
});

after(async () => {
  await chromium?.close();
  site?.stop();
});

test("the shell is on screen within a second, and the card shows the stages", async () => {
  await page.goto(`${site.url}vendor/LICENSE`); // So that the browser itself is up.
  await page.goto(`${site.url}${TINY}`, { waitUntil: "commit" });
  // The page's own clock, which starts with the load, at the first frame that has title, stages and buttons.
  const shell = await page.waitForFunction(
    () => {
      const there = ["h1", "#card li[data-stage=pipelines]", "#play", "#settings fieldset:disabled .hint"];
      return there.every((part) => document.querySelector(part)?.getClientRects().length) && performance.now();
    },
    undefined,
    { polling: "raf" },
  );
  const millis = Number(await shell.jsonValue());
  console.log(`shell on screen after ${millis.toFixed(0)} ms`);
  assert.ok(millis < 1000, `${millis} ms`);
});

test("the card tells the time of every stage, and what was passed over", { timeout: BUILD_MILLIS }, async () => {
  await ready(page);
  await page.locator("#card").waitFor({ state: "hidden" });
  const notes = (await page.locator("#card .note").allTextContents()).join("; ");
  assert.match(notes.replace(/[\d,]+ ms/g, "time"), /^time; time; only imitated: .*; not needed; time; not needed; time; time$/);
  assert.match(await page.locator("#fact-device").innerText(), /CPU.*MB/);
});

test("it plays: steps, samples, finite losses and a reconstruction score", { timeout: BUILD_MILLIS }, async () => {
  await playUntil(page, 21);
  await page.waitForFunction(() => /\d/.test(document.querySelector("#fact-score")?.textContent ?? ""), undefined, {
    timeout: 120_000,
  });
  await page.locator("#pairs").waitFor();
  assert.match(await page.locator("#fact-rate").innerText(), /\d/);
  await pause(page);
  const samples = await extremes(page, "#samples");
  assert.deepEqual([samples.width, samples.height], [64, 64]);
  assert.ok(samples.high - samples.low > 5, `samples from ${samples.low} to ${samples.high}`);
  const { head, rows } = await lossRows(page);
  assert.equal(head, "step,d_loss_real,d_loss_fake,g_loss,d_loss");
  assert.ok(rows.length > 20);
  for (const row of rows) assert.ok(row.split(",").every((value) => value !== "" && Number.isFinite(Number(value))), row);
  assert.equal(await stepOf(page), rows.length);
});

test("pause stops, a single step is one step", async () => {
  const paused = await stepOf(page);
  await page.waitForTimeout(1500);
  assert.equal(await stepOf(page), paused);
  await page.click("#step");
  await page.waitForFunction((n) => document.querySelector("#fact-step")?.textContent?.replace(/\D/g, "") === String(n), paused + 1);
  await page.waitForTimeout(1000);
  assert.equal(await stepOf(page), paused + 1);
});

test("a test can be asked for while paused, and does not train", { timeout: BUILD_MILLIS }, async () => {
  const paused = await stepOf(page);
  await page.click("#test");
  await said(page, new RegExp(`Reconstruction error at step ${paused}: [\\d.]+`), 120_000);
  assert.equal(await stepOf(page), paused);
});

test("losses that are not finite stop the run with a sentence, and a reset mends it", { timeout: BUILD_MILLIS }, async () => {
  await openSpoilt(page);
  await page.click("#play");
  await page.locator("#fault").waitFor({ timeout: 60_000 });
  assert.match(await page.locator("#fault").innerText(), /Training stopped at step \d+: .* is (NaN|infinite)/);
  assert.equal(await page.locator("#play").innerText(), "Play");
  await page.click("#reset");
  await said(page, /new run is ready/);
  assert.ok(await page.locator("#fault").isHidden());
  await playUntil(page, 21);
  await pause(page);
});

test("the first stop of the keyboard leads to the samples and leaves the settings alone", async () => {
  const before = [await page.evaluate(() => location.hash), await page.locator("select[name=preset]").inputValue()];
  await page.locator("#skip").focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "hero");
  assert.deepEqual([await page.evaluate(() => location.hash), await page.locator("select[name=preset]").inputValue()], before);
  assert.ok(await page.locator(".pending").isHidden());
});

test("a checkpoint may be larger than a file of images", { timeout: BUILD_MILLIS }, async () => {
  /** Opens a file of zeros behind some bytes. @param {string} name @param {number[]} start */
  const opened = (name, start) => page.evaluate(([name, start]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(start), new Uint8Array(300e6)], name));
    dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
  }, /** @type {const} */ ([name, start]));
  await opened("images.safetensors", []);
  await said(page, /images\.safetensors has 300 MB; up to 256 MB can be opened/);
  // By its content it is a checkpoint: a header of two bytes, which says of nothing.
  await opened("large.bin", [2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]);
  await said(page, /safetensors file|no tensor/, 60_000);
});

test("reset repeats the run exactly, another seed does not", { timeout: 3 * BUILD_MILLIS }, async () => {
  const before = (await lossRows(page)).rows;
  /** @param {string} id */
  const again = async (id) => {
    await page.click(id);
    await said(page, /new run is ready/);
    await ready(page);
    assert.equal(await stepOf(page), 0);
    await playUntil(page, 12);
    await pause(page);
    return (await lossRows(page)).rows;
  };
  const same = await again("#reset");
  assert.deepEqual(same.slice(0, 12), before.slice(0, 12));
  const other = await again("#reseed");
  assert.notDeepEqual(other.slice(0, 12), before.slice(0, 12));
});

test("no task of the page's thread is longer than 50 ms while training", { timeout: BUILD_MILLIS }, async () => {
  await page.evaluate(() => {
    /** @type {number[]} */
    const tasks = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
  });
  /** Durations of the long tasks since the last call. @returns {Promise<number[]>} */
  const longTasks = () => page.evaluate(() => /** @type {any} */ (window).longTasks.splice(0));
  await playUntil(page, (await stepOf(page)) + 1);
  // The adapter computes on the same cores and may take them away from the page for a moment. What the page itself does
  // recurs four times a second, so one of three windows without a long task shows that it does nothing long.
  const windows = [];
  do {
    await longTasks();
    await page.waitForTimeout(10_000);
    windows.push(await longTasks());
  } while (windows.length < 3 && windows[windows.length - 1].length > 0);
  await page.evaluate(() => {
    setTimeout(() => {
      const end = performance.now() + 80;
      while (performance.now() < end);
    });
  });
  await page.waitForTimeout(500);
  const planted = await longTasks();
  await pause(page);
  console.log(`long tasks in windows of 10 s: ${JSON.stringify(windows)}`);
  assert.deepEqual(windows[windows.length - 1], []);
  assert.ok(planted.length > 0, "the observer did not see a planted task of 80 ms");
});

test("the learning rate acts at once, other settings wait for a new run", { timeout: BUILD_MILLIS }, async () => {
  await page.fill("input[name=lr]", "0.0002");
  await page.press("input[name=lr]", "Enter");
  await page.waitForFunction(() => location.hash.includes("lr=0.0002"));
  assert.ok(await page.locator(".pending").isHidden());
  await page.selectOption("select[name=norm]", "none");
  assert.match(await page.locator(".pending").innerText(), /Normalisation/);
  await page.waitForFunction(() => location.hash.includes("norm=none"));
  await page.fill("input[name=batch_size]", "100000");
  await page.press("input[name=batch_size]", "Tab");
  assert.match(await page.locator(".misfit").innerText(), /Batch size must be a whole number from 1 to 1024; "100000" was not taken/);
  assert.equal(await page.evaluate(() => location.hash.includes("batch_size=100000")), false);
  await page.click("#discard");
  await page.selectOption("select[name=norm]", "none");
  await page.click("#apply");
  await said(page, /new run is ready/);
  await playUntil(page, 3);
  await pause(page);
});

test("settings that are refused while it trains leave the run training, and the sentence can be read", { timeout: BUILD_MILLIS }, async () => {
  await playUntil(page, (await stepOf(page)) + 1);
  await page.selectOption("select[name=norm]", "batch");
  await page.fill("input[name=batch_size]", "1");
  await page.press("input[name=batch_size]", "Tab");
  await page.click("#apply");
  assert.match(await said(page, /previous settings stay/), /batch_size must be at least 2 with norm batch/);
  const before = await stepOf(page);
  await page.waitForFunction((n) => Number(document.querySelector("#fact-step")?.textContent?.replace(/\D/g, "")) > n, before);
  await page.waitForTimeout(2000);
  assert.match(await page.locator("#say").innerText(), /previous settings stay/);
  await page.click("#discard");
  await pause(page);
});

test("a broken, empty or cut file gets a sentence, and training goes on", { timeout: BUILD_MILLIS }, async () => {
  await playUntil(page, (await stepOf(page)) + 1);
  const broken = [
    { name: "empty.bin", mimeType: "", buffer: Buffer.alloc(0) },
    { name: "cut.bin", mimeType: "", buffer: Buffer.alloc(3073 * 2 + 100, 1) },
    { name: "words.bin", mimeType: "", buffer: Buffer.from("this is not a picture") },
  ];
  for (const file of broken) {
    await drop(page, file);
    await said(page, new RegExp(`${file.name}[^]*untouched`));
    const before = await stepOf(page);
    await page.waitForFunction((n) => Number(document.querySelector("#fact-step")?.textContent?.replace(/\D/g, "")) > n, before);
  }
  await page.setInputFiles("#checkpoint-file", { name: "not.safetensors", mimeType: "", buffer: Buffer.from("no") });
  await said(page, /untouched/);
  await pause(page);
  assert.ok(await page.locator("#fault").isHidden());
});

test("a checkpoint is saved and opened again", { timeout: BUILD_MILLIS }, async () => {
  const saved = await stepOf(page);
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#save-checkpoint")]);
  assert.match(file.suggestedFilename(), /\.safetensors$/);
  await playUntil(page, saved + 2);
  await pause(page);
  const buffer = await readFile(await file.path());
  await page.setInputFiles("#checkpoint-file", { name: "run.safetensors", mimeType: "", buffer });
  await said(page, /Opened with its settings/);
  await page.waitForFunction((n) => Number(document.querySelector("#fact-step")?.textContent?.replace(/\D/g, "")) === n, saved);
  await playUntil(page, saved + 2);
  await pause(page);
});

const cifar = existsSync(CIFAR) ? {} : { skip: "CIFAR-10 is not at ../shared/data/cifar10/test_batch.bin" };

test("the real CIFAR-10 file is opened by picker and by drop, and trained on", { ...cifar, timeout: 2 * BUILD_MILLIS }, async () => {
  await page.setInputFiles("#data-files", CIFAR);
  await said(page, /CIFAR-10 is open: 1,000 images/);
  await page.selectOption("select[name=dataset]", "faces");
  await drop(page, CIFAR);
  await said(page, /CIFAR-10 is open: 1,000 images/);
  await page.waitForFunction(() => /** @type {HTMLSelectElement} */ (document.querySelector("select[name=dataset]")).value === "CIFAR-10");
  await page.selectOption("select[name=size]", "16x16");
  await page.click("#apply");
  await said(page, /new run is ready/);
  await playUntil(page, 12);
  await pause(page);
  const { rows } = await lossRows(page);
  for (const row of rows) assert.ok(row.split(",").every((value) => Number.isFinite(Number(value))), row);
  const samples = await extremes(page, "#samples");
  assert.ok(samples.high > samples.low);
});

test("the language can be switched, and the document says which it is", async () => {
  await page.selectOption("#language", "zh-CN");
  assert.equal(await page.getAttribute("html", "lang"), "zh-CN");
  assert.match(await page.locator("h1").innerText(), /权重归一化/);
  assert.doesNotMatch(page.url(), /lang=/, "the choice is the browser's to remember, not a link's");
  assert.equal(await page.evaluate(() => localStorage.getItem("wngan.language")), "zh-CN");
  assert.equal(await page.locator("#play").innerText(), "开始");
  assert.match(await page.locator("#settings").innerText(), /学习率/);
  const english = /[A-Za-z]{4,} [a-z]{3,} [a-z]{2,}/;
  assert.doesNotMatch(await page.locator("main").innerText(), english);
  await page.selectOption("#language", "en");
});

test("language and colours change in place: focus, open folds and what was said stay", async () => {
  await page.locator("#settings details").first().evaluate((fold) => fold.setAttribute("open", ""));
  await page.locator("#losses details").evaluate((fold) => /** @type {HTMLDetailsElement} */ (fold).open = true);
  await page.locator("input[name=seed]").focus();
  await page.evaluate(() => Object.assign(window, { before: document.activeElement }));
  const said = await page.locator("#say").innerText();
  for (const [select, value] of [["#language", "zh-CN"], ["#theme", "dark"], ["#language", "en"], ["#theme", "auto"]]) {
    await page.evaluate(([select, value]) => {
      const element = /** @type {HTMLSelectElement} */ (document.querySelector(select));
      element.value = value;
      element.dispatchEvent(new Event("change"));
    }, [select, value]);
    assert.ok(await page.evaluate(() => document.activeElement === /** @type {any} */ (window).before), `${select} ${value}: focus`);
    for (const fold of ["#settings details", "#losses details"]) {
      assert.ok(await page.locator(fold).first().evaluate((element) => /** @type {HTMLDetailsElement} */ (element).open), `${select} ${value}: ${fold}`);
    }
    if (value === "zh-CN" && said) assert.doesNotMatch(await page.locator("#say").innerText(), /[A-Za-z]{4,} [a-z]{3,}/);
  }
  assert.equal(await page.locator("#say").innerText(), said);
});

test("the space bar plays and pauses, but not while a setting is edited", { timeout: BUILD_MILLIS }, async () => {
  await page.locator("#hero").focus();
  await page.keyboard.press("Space");
  await page.locator("#play", { hasText: "Pause" }).waitFor();
  await page.keyboard.press("Space");
  await page.locator("#play", { hasText: "Play" }).waitFor();
  await page.locator("input[name=seed]").focus();
  await page.keyboard.press("Space");
  await page.waitForTimeout(300);
  assert.equal(await page.locator("#play").innerText(), "Play");
});

test("on the adapter pipelines build with progress, and it plays, draws and pauses", { timeout: 2 * BUILD_MILLIS }, async () => {
  const other = await visit(chromium);
  const start = performance.now();
  await other.page.goto(`${site.url}?device=gpu${TINY}`);
  await other.page.locator("#card progress").waitFor({ timeout: BUILD_MILLIS });
  assert.match(await other.page.locator("#card").innerText(), /First kernel\s+[\d,]+ ms/);
  await ready(other.page);
  console.log(`ready on the adapter after ${((performance.now() - start) / 1000).toFixed(1)} s`);
  assert.match(await other.page.locator("#fact-device").innerText(), /swiftshader \(webgpu, software renderer\), \d+ MB/);
  await playUntil(other.page, 21);
  await other.page.waitForFunction(() => /\d/.test(document.querySelector("#fact-score")?.textContent ?? ""), undefined, {
    timeout: 120_000,
  });
  await pause(other.page);
  const paused = await stepOf(other.page);
  await other.page.waitForTimeout(1500);
  assert.equal(await stepOf(other.page), paused);
  const samples = await extremes(other.page, "#samples");
  assert.ok(samples.high - samples.low > 5, `samples from ${samples.low} to ${samples.high}`);
  const { rows } = await lossRows(other.page);
  assert.equal(rows.length, paused);
  for (const row of rows) assert.ok(row.split(",").every((value) => Number.isFinite(Number(value))), row);
  await other.close();
  assert.deepEqual(other.errors, []);
});

test("a loss that looks at pairs of images: D's in all on the chart, empty cells in the table", { timeout: BUILD_MILLIS }, async () => {
  const other = await visit(chromium);
  await other.page.goto(`${site.url}${TINY}&loss=rpgan`);
  await ready(other.page);
  await playUntil(other.page, 12);
  await pause(other.page);
  const { rows } = await lossRows(other.page);
  const number = "\\d+(\\.\\d+)?(e-\\d+)?";
  for (const row of rows) assert.match(row, new RegExp(`^\\d+,,,${number},${number}$`));
  assert.match(await other.page.locator("#losses .u-legend").innerText(), /^Step:?\s*[\d,]+\s*D \(in all\):?\s*[\d.]+\s*G:?\s*[\d.]+$/);
  await other.page.locator("#losses summary").click();
  assert.doesNotMatch(await other.page.locator("body").innerText(), /NaN/);
  await other.close();
  assert.deepEqual(other.errors, []);
});

test("no error, and no request to another host", () => {
  assert.deepEqual(visitor.errors, []);
  const strangers = visitor.requests.filter((url) => !url.startsWith(site.origin) && !/^(data|blob):/.test(url));
  assert.deepEqual(strangers, []);
  const outside = visitor.requests.filter((url) => url.startsWith(site.origin) && !url.startsWith(site.url));
  assert.deepEqual(outside, [], "everything lies below the sub-path");
});
