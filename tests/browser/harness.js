import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./server.js";

/** @typedef {import("playwright-core").Page} Page */

/** @param {string} path below the repository's root */
export const fromRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const DIST = process.env.DIST ?? fromRoot("dist");
const ARTIFACTS = fromRoot("artifacts");
const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu-watchdog",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
const WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
// What a browser keeps beside its profile goes with the tests, and not into the home of whoever runs them.
const HOME = mkdtempSync(join(tmpdir(), "wn-gan-"));
process.on("exit", () => rmSync(HOME, { recursive: true, force: true }));
export const ENVIRONMENT = { ...process.env, HOME, XDG_CACHE_HOME: HOME, XDG_CONFIG_HOME: HOME };

/** A software adapter takes up to seconds for a pipeline. */
export const BUILD_MILLIS = 240_000;

/** Serves the built page under a sub-path, as any static host would. */
export async function host() {
  if (!existsSync(`${DIST}/index.html`)) {
    throw new Error("There is no built page in dist/. Run `trunk build --release` first.");
  }
  return serve(DIST, "/some/sub/path/");
}

/**
 * The built program without a browser, for its tables.
 * @returns {Promise<typeof import("../../wn_gan.js")>}
 */
export async function program() {
  const core = await import(pathToFileURL(`${DIST}/wn_gan.js`).href);
  core.initSync({ module: await readFile(`${DIST}/wn_gan_bg.wasm`) });
  return core;
}

/** Which Chromium to start, and how. @param {{ webgpu?: boolean, switches?: string[] }} [options] */
export function chromiumLaunch({ webgpu = true, switches = [] } = {}) {
  const args = [...SWITCHES, ...(webgpu ? WEBGPU : ["--disable-features=WebGPU,WebGPUService"]), ...switches];
  return { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args, env: ENVIRONMENT };
}

/** @param {Parameters<typeof chromiumLaunch>[0]} [options] */
export const browser = (options) => chromium.launch(chromiumLaunch(options));

/**
 * A page that notes what must not happen: errors, and requests to anywhere but its host.
 * @param {import("playwright-core").Browser} from
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function visit(from, options = {}) {
  const context = await from.newContext({ viewport: { width: 1280, height: 900 }, locale: "en", ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  /** @type {string[]} */
  const requests = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  return { page, errors, requests, close: () => context.close() };
}

/** Waits for a run that can be played; a failed start is reported with the card's words. @param {Page} page */
export async function ready(page) {
  await page.waitForSelector("#play:not([aria-disabled=true]), #card.failed", { timeout: BUILD_MILLIS });
  const card = page.locator("#card.failed");
  if (await card.isVisible()) throw new Error(`The page did not start:\n${await card.innerText()}`);
}

/** @param {Page} page */
export async function stepOf(page) {
  return Number((await page.locator("#fact-step").innerText()).replace(/\D/g, ""));
}

/** @param {Page} page @param {number} least @param {number} [millis] patience */
export async function playUntil(page, least, millis = BUILD_MILLIS) {
  await page.click("#play");
  await page.waitForFunction(
    (n) => Number(document.querySelector("#fact-step")?.textContent?.replace(/\D/g, "")) >= n,
    least,
    { timeout: millis },
  );
}

/** Pauses, and waits until the page has said so. @param {Page} page */
export async function pause(page) {
  await page.click("#play");
  await page.waitForFunction(() => document.querySelector("#say")?.textContent?.startsWith("Paused"), undefined, {
    timeout: 60_000,
  });
  await page.waitForTimeout(400); // The figures follow four times a second.
}

/** The losses as the page saves them, one row a step. @param {Page} page */
export async function lossRows(page) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#losses .tools button")]);
  const [head, ...rows] = (await readFile(await file.path(), "utf8")).trim().split("\n");
  return { head, rows };
}

/** Opens the run's own checkpoint with every number made NaN. @param {Page} page */
export async function openSpoilt(page) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#save-checkpoint")]);
  const bytes = await readFile(await file.path());
  // A safetensors file: length of the header, header, numbers. Its checksums would tell.
  const numbers = 8 + Number(bytes.readBigUInt64LE(0));
  const header = bytes.toString("latin1", 0, numbers).replaceAll("crc32", "crc__").replaceAll("checksum", "checksu_");
  const buffer = Buffer.concat([Buffer.from(header, "latin1"), Buffer.alloc(bytes.length - numbers, 0xff)]);
  await page.setInputFiles("#checkpoint-file", { name: "spoilt.safetensors", mimeType: "", buffer });
  await said(page, /Opened with its settings/);
}

/** Least and greatest of all colour values on a canvas. @param {Page} page @param {string} selector */
export async function extremes(page, selector) {
  return page.$eval(selector, (element) => {
    const canvas = /** @type {HTMLCanvasElement} */ (element);
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray(1);
    const colours = pixels.filter((_, i) => i % 4 !== 3);
    const [low, high] = [colours.reduce((a, b) => Math.min(a, b)), colours.reduce((a, b) => Math.max(a, b))];
    return { width, height, low, high };
  });
}

/** Drops files on the page as a visitor would. @param {Page} page @param {Parameters<Page["setInputFiles"]>[1]} files */
export async function drop(page, files) {
  await page.evaluate(() => {
    const input = document.createElement("input");
    Object.assign(input, { type: "file", id: "to-drop", multiple: true, hidden: true });
    document.body.append(input);
  });
  await page.setInputFiles("#to-drop", files);
  await page.evaluate(() => {
    const input = /** @type {HTMLInputElement} */ (document.querySelector("#to-drop"));
    const dataTransfer = new DataTransfer();
    for (const file of input.files ?? []) dataTransfer.items.add(file);
    input.remove();
    for (const type of ["dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
  });
}

/** @param {Page} page @param {RegExp} pattern @param {number} [timeout] */
export async function said(page, pattern, timeout = 60_000) {
  const say = page.locator("#say", { hasText: pattern });
  await say.waitFor({ timeout });
  return say.innerText();
}

/** Keeps a picture for those who look at the results. @param {Page} page @param {string} name @param {boolean} [whole] */
export async function picture(page, name, whole = false) {
  await mkdir(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: `${ARTIFACTS}/${name}.png`, fullPage: whole });
}

/** Changes what a file of the page holds before it is loaded. @param {Page} page @param {string} file @param {(source: string) => string} change */
export const rewrite = (page, file, change) =>
  page.route(`**/${file}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: change(await response.text()) });
  });

/** What the worker's program runs on can then be destroyed, as a driver would: `self.device.destroy()`. @param {Page} page */
export const exposeDevice = (page) =>
  rewrite(page, "wn_gan.js", (source) => `${source}
    const tune = Device.prototype.tune;
    Device.prototype.tune = function (...args) {
      self.device = this;
      return tune.apply(this, args);
    };`);
