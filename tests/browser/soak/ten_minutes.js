/**
 * Ten minutes of training in Chromium: what the page's memory does, and whether its thread is ever busy for long.
 *   node tests/browser/soak/ten_minutes.js [MINUTES [QUERY [HASH]]]     10 '?device=cpu' '#preset=tiny'
 * Prints a line every ten seconds and, of the second half, the growth per minute (least squares). Fails where anything
 * grows by more than a megabyte a minute, and where a task of the page's thread took more than 50 ms: the machine needs a
 * core for the page beside the one that trains, and no other work.
 */
import { setTimeout as sleep } from "node:timers/promises";
import puppeteer from "puppeteer-core";
import { BUILD_MILLIS, chromiumLaunch, host } from "../harness.js";

/** @typedef {import("puppeteer-core").CDPSession} Session */

const [minutes = "10", query = "?device=cpu", hash = "#preset=tiny"] = process.argv.slice(2);
const SAMPLE_MILLIS = 10_000;
const MOST_MB_A_MINUTE = 1;
const MB = 1e6;
const site = await host();

/** After a collection: what scripts hold, and the memory behind their array buffers, WebAssembly's included. @param {Session} session */
async function heap(session) {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize, backingStorageSize } = await session.send("Runtime.getHeapUsage");
  return { heap: usedSize / MB, buffers: backingStorageSize / MB };
}

/** The program's memory: the module is the one that the worker has, and its start is over. @param {import("puppeteer-core").WebWorker} worker */
async function wasm(worker) {
  const bytes = await worker.evaluate(async (url) => (await (await import(url)).default()).memory.buffer.byteLength, `${site.url}wn_gan.js`);
  return bytes / MB;
}

/** Megabytes a minute. @param {{ minute: number, value: number }[]} points */
function slope(points) {
  const mean = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(points.map(({ minute }) => minute)), mean(points.map(({ value }) => value))];
  const over = points.reduce((sum, { minute, value }) => sum + (minute - x) * (value - y), 0);
  return over / points.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0);
}

/** @param {import("puppeteer-core").Page} page @param {string} selector */
const numberIn = (page, selector) => page.$eval(selector, (at) => Number(at.textContent?.match(/([\d.,]+)(?: MB.*)?$/)?.[1].replaceAll(",", "")));

const browser = await puppeteer.launch({ browser: "chrome", protocolTimeout: BUILD_MILLIS, ...chromiumLaunch() });
try {
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(() => {
    /** @type {number[]} */
    const tasks = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
  });
  await page.goto(`${site.url}${query}${hash}`);
  await page.waitForSelector("#play:not([aria-disabled=true])", { timeout: BUILD_MILLIS });
  await page.click("#play");
  const thread = await page.createCDPSession();
  const [worker] = page.workers();
  /** What the start and the measurements themselves take is not the page's. @returns {Promise<number[]>} */
  const longTasks = () => page.evaluate(() => /** @type {any} */ (window).longTasks.splice(0));

  const start = performance.now();
  /** @type {Record<string, { minute: number, value: number }[]>} */
  const series = {};
  /** @type {number[]} */
  const long = [];
  await longTasks();
  for (let minute = 0; minute < Number(minutes); ) {
    await sleep(SAMPLE_MILLIS);
    long.push(...(await longTasks()));
    minute = (performance.now() - start) / 60_000;
    const [ofPage, ofWorker] = [await heap(thread), await heap(worker.client)];
    const values = {
      "page heap": ofPage.heap,
      "page buffers": ofPage.buffers,
      "worker heap": ofWorker.heap,
      "worker buffers": ofWorker.buffers,
      "wasm memory": await wasm(worker),
      "device buffers": await numberIn(page, "#fact-device"),
    };
    await longTasks();
    for (const [name, value] of Object.entries(values)) (series[name] ??= []).push({ minute, value });
    const cells = Object.entries(values).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    console.log(`${minute.toFixed(1).padStart(5)} min, step ${await numberIn(page, "#fact-step")}, MB: ${cells.join(", ")}; ${long.length} long tasks`);
  }

  const growing = Object.entries(series).filter(([name, points]) => {
    const growth = slope(points.slice(points.length >> 1));
    console.log(`${name.padEnd(15)} ${growth >= 0 ? "+" : ""}${growth.toFixed(3)} MB a minute`);
    return !(growth <= MOST_MB_A_MINUTE);
  });
  console.log(`tasks over 50 ms: ${long.length}${long.length > 0 ? `, the longest ${Math.max(...long).toFixed(0)} ms` : ""}`);
  if (growing.length > 0 || long.length > 0) process.exitCode = 1;
} finally {
  await browser.close();
  site.stop();
}
