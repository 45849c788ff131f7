/** Chromium by its own protocol and Firefox by WebDriver BiDi, through one library. */
import puppeteer from "puppeteer-core";
import { chromiumLaunch, ENVIRONMENT } from "../harness.js";

/** @typedef {import("./tab.js").Open} Open */

/** @type {Open} */
export const chromium = ({ webgpu, profile }) => open({ browser: "chrome", ...chromiumLaunch({ webgpu }), userDataDir: profile });

/** @type {Open} */
export const firefox = ({ webgpu, profile }) =>
  open({
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    env: ENVIRONMENT,
    userDataDir: profile,
    extraPrefsFirefox: {
      "browser.download.alwaysOpenPanel": false, // It would take the focus away from the page.
      "dom.webgpu.enabled": webgpu,
      "dom.webgpu.workers.enabled": webgpu,
      "gfx.webgpu.ignore-blocklist": webgpu, // Mesa's software adapter is on it.
    },
  });

/** @param {import("puppeteer-core").LaunchOptions} launch @returns {Promise<import("./tab.js").Tab>} */
async function open(launch) {
  const browser = await puppeteer.launch({ defaultViewport: { width: 1280, height: 900 }, protocolTimeout: 300_000, ...launch });
  const page = await browser.newPage(); // Not the first one, to which Firefox gives no focus: its fields tell of no change.
  return {
    goto: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    evaluate: (work, ...args) => /** @type {any} */ (page.evaluate(/** @type {any} */ (work), ...args)),
    click: (selector) => page.click(selector),
    fill: async (selector, text) => {
      await page.focus(selector);
      await page.$eval(selector, (field) => /** @type {HTMLInputElement} */ (field).select());
      await page.keyboard.type(text);
      await page.keyboard.press("Tab");
    },
    select: async (selector, value) => void (await page.select(selector, value)),
    setFiles: async (selector, paths) => {
      const input = /** @type {import("puppeteer-core").ElementHandle<HTMLInputElement>} */ (await page.waitForSelector(selector));
      await input.uploadFile(...paths);
    },
    close: () => browser.close(),
    kill: async () => {
      const { pid } = /** @type {import("node:child_process").ChildProcess} */ (browser.process());
      const gone = new Promise((resolve) => browser.once("disconnected", resolve));
      process.kill(-Number(pid), "SIGKILL"); // The library gives the browser a process group of its own.
      await gone;
    },
  };
}
