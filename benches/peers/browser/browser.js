/** Chromium and the pages in it. Every visit has a browser of its own: no compiled pipeline survives, no crash spreads. */
import { chromium } from "playwright-core";

const SWITCHES = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--disable-gpu-watchdog",
  "--disable-background-networking",
  "--no-first-run",
];
/** What `--adapter` may be. @type {Record<string, string[]>} */
export const ADAPTERS = { swiftshader: ["--use-webgpu-adapter=swiftshader"], default: [] };

/** What a page needs of its host before a browser gives it threads that share memory. */
const ISOLATION = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/**
 * Opens `url` and does `work` with the page; what the page threw is in the error when `work` fails.
 * @template T
 * @param {{ url: string, adapter: string, isolated?: boolean, patience: number }} visit `patience` in milliseconds
 * @param {(page: import("playwright-core").Page) => Promise<T>} work
 */
export async function visit({ url, adapter, isolated = false, patience }, work) {
  const executablePath = process.env.CHROMIUM;
  /** @type {string[]} */
  const said = [];
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {import("playwright-core").Browser | undefined} */
  let browser;
  try {
    browser = await chromium.launch({ executablePath, args: [...SWITCHES, ...ADAPTERS[adapter]] });
    const page = await browser.newPage();
    page.setDefaultTimeout(patience);
    page.on("pageerror", (error) => said.push(error.message));
    page.on("console", (message) => void (message.type() === "error" && said.push(message.text())));
    if (isolated) {
      await page.route("**/*", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { ...response.headers(), ...ISOLATION } });
      });
    }
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing after ${patience / 1000} s`)), patience);
    });
    await page.goto(url);
    return /** @type {T} */ (await Promise.race([work(page), late]));
  } catch (error) {
    const reasons = [error instanceof Error ? error.message : String(error), ...new Set(said)];
    throw new Error(reasons.map((reason) => reason.split("\n")[0]).join("; ").slice(0, 600), { cause: error });
  } finally {
    clearTimeout(timer);
    await browser?.close();
  }
}
