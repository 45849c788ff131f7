/** WebKitGTK's MiniBrowser by WebDriver, on a screen that nobody sees: the engine has no headless mode, and no WebGPU. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ENVIRONMENT } from "../harness.js";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf"; // WebDriver's name for a reference to an element.
const TAB_KEY = "\uE004";
const START_MILLIS = 30_000;

/** The browser lies beside the library, in a folder named after processor and version. */
function miniBrowser() {
  if (process.env.MINIBROWSER) return process.env.MINIBROWSER;
  for (const machine of readdirSync("/usr/lib", { withFileTypes: true })) {
    if (!machine.isDirectory()) continue;
    const folder = `/usr/lib/${machine.name}`;
    const found = readdirSync(folder).find((name) => name.startsWith("webkit2gtk-4.") && readdirSync(`${folder}/${name}`).includes("MiniBrowser"));
    if (found) return `${folder}/${found}/MiniBrowser`;
  }
  throw new Error("There is no MiniBrowser of WebKitGTK below /usr/lib. Name it in MINIBROWSER, or run scripts/setup.sh.");
}

/** A port that was free a moment ago. @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/** A screen, named by the number that Xvfb chose. */
async function screen() {
  const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x1000x24", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const [number] = await once(/** @type {import("node:stream").Readable} */ (server.stdio[3]), "data");
  return { server, name: `:${String(number).trim()}` };
}

/**
 * One command of WebDriver.
 * @param {string} url @param {string} method @param {unknown} [body]
 */
async function command(url, method, body) {
  const response = await fetch(url, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  const { value } = await response.json();
  if (value?.error) throw new Error(`${method} ${url}: ${value.error}: ${value.message}`);
  return value;
}

/** @param {string} origin of the driver, which takes a moment to listen */
async function listening(origin) {
  for (const end = Date.now() + START_MILLIS; ; await sleep(50)) {
    try {
      return await command(`${origin}/status`, "GET");
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** @type {import("./tab.js").Open} */
export async function webkit({ webgpu, profile }) {
  if (webgpu) throw new Error("WebKitGTK has no WebGPU.");
  if (profile) throw new Error("WebKitGTK keeps nothing of a session that is automated.");
  const { server, name } = await screen();
  const port = await freePort();
  // The page's language is the environment's, and "C" is none.
  const env = { ...ENVIRONMENT, DISPLAY: name, LC_ALL: "en_US.UTF-8" };
  // Detached, so that it leads a process group, which its browser belongs to.
  const driver = spawn("WebKitWebDriver", [`--port=${port}`], { detached: true, stdio: "ignore", env });
  const kill = async () => {
    process.off("exit", stop);
    const gone = once(driver, "exit");
    stop();
    await gone;
  };
  const stop = () => {
    process.kill(-Number(driver.pid), "SIGKILL");
    server.kill();
  };
  process.on("exit", stop);

  const origin = `http://127.0.0.1:${port}`;
  await listening(origin);
  const browser = { binary: miniBrowser(), args: ["--automation"] };
  const { sessionId } = await command(`${origin}/session`, "POST", { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": browser } } });
  /** @param {string} path @param {unknown} [body] */
  const post = (path, body = {}) => command(`${origin}/session/${sessionId}/${path}`, "POST", body);
  await post("window/rect", { x: 0, y: 0, width: 1280, height: 980 });
  await post("timeouts", { script: 60_000 });
  /** @param {string} selector */
  const find = async (selector) => `element/${(await post("element", { using: "css selector", value: selector }))[ELEMENT]}`;
  /** @param {string} selector @param {string} text */
  const type = async (selector, text) => post(`${await find(selector)}/value`, { text });
  return {
    goto: (url) => post("url", { url }),
    reload: () => post("refresh"),
    evaluate: (work, ...args) => post("execute/sync", { script: `return (${work})(...arguments)`, args }),
    click: async (selector) => post(`${await find(selector)}/click`),
    fill: async (selector, text) => {
      await post(`${await find(selector)}/clear`);
      await type(selector, text + TAB_KEY);
    },
    select: async (selector, value) => post(`${await find(`${selector} option[value="${value}"]`)}/click`),
    setFiles: (selector, paths) => type(selector, paths.join("\n")),
    close: async () => {
      await command(`${origin}/session/${sessionId}`, "DELETE");
      await kill();
    },
    kill,
  };
}
