/**
 * Steps per second of the page and of its peers, in the same Chromium and in turn: page, peer, page, peer ... in two
 * rounds. Prints a JSON object per measurement and then a table.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { serve } from "../../../tests/browser/server.js";
import { ADAPTERS, visit } from "./browser.js";
import { faults } from "./check.js";
import { table } from "./table.js";
import { WORKLOADS } from "./workloads.js";

/** @typedef {import("./table.js").Row} Row */
/** @typedef {{ program: string, opened: string, library: string, isolated?: boolean }} Peer */

const ROUNDS = 2;
/** For one visit: a software adapter takes up to minutes for pipelines, and up to half a minute for a step of gan32. */
const PATIENCE_MS = 600_000;
const SETTINGS = { norm: "weight", order: "alternating" };

/** `opened` is the name in programs.js. @type {Peer[]} */
const PEERS = [
  { program: "tfjs webgpu", opened: "tfjs-webgpu", library: "@tensorflow/tfjs-backend-webgpu" },
  { program: "tfjs webgpu, composed", opened: "tfjs-webgpu-composed", library: "@tensorflow/tfjs-backend-webgpu" },
  { program: "tfjs wasm", opened: "tfjs-wasm", library: "@tensorflow/tfjs-backend-wasm" },
  { program: "tfjs wasm threads", opened: "tfjs-wasm", library: "@tensorflow/tfjs-backend-wasm", isolated: true },
  { program: "jax-js webgpu", opened: "jax-webgpu", library: "@jax-js/jax" },
  { program: "jax-js wasm", opened: "jax-wasm", library: "@jax-js/jax" },
];

const { values: options } = parseArgs({
  options: {
    workloads: { type: "string", default: "gan16,gan32" },
    seconds: { type: "string", default: "10" },
    adapter: { type: "string", default: "swiftshader" },
    device: { type: "string", default: "auto" },
    peers: { type: "string", default: PEERS.map(({ program }) => program).join(";") },
  },
});
const { adapter, device } = options;
const seconds = Number(options.seconds);
const workloads = options.workloads.split(",");
const wanted = options.peers.split(";");
const peers = PEERS.filter(({ program }) => wanted.includes(program));

/** @param {boolean} holds @param {string} sentence */
function need(holds, sentence) {
  if (holds) return;
  console.error(sentence);
  process.exit(1);
}

const dist = fileURLToPath(new URL("../../../dist", import.meta.url));
const bundles = fileURLToPath(new URL("build", import.meta.url));
need(existsSync(`${dist}/index.html`), "There is no built page in dist/. Run `trunk build --release` first.");
need(adapter in ADAPTERS, `--adapter is one of ${Object.keys(ADAPTERS).join(", ")}; it is ${adapter}.`);
need(seconds > 0, `--seconds is a number above 0; it is ${options.seconds}.`);
const known = Object.keys(WORKLOADS);
const isKnown = workloads.every((name) => known.includes(name));
need(isKnown, `--workloads are some of ${known.join(",")}; they are ${options.workloads}.`);
const programs = PEERS.map(({ program }) => program).join(";");
need(wanted.length === peers.length, `--peers are some of ${programs}; they are ${options.peers}.`);

/** @param {string} file below this folder */
const version = async (file) => JSON.parse(await readFile(new URL(file, import.meta.url), "utf8")).version;

/** What the page measures of itself. @param {string} url @param {string} workload */
async function measurePage(url, workload) {
  const query = new URLSearchParams({ bench: workload, ...SETTINGS, seconds: String(seconds), device });
  return visit({ url: `${url}?${query}`, adapter, patience: PATIENCE_MS }, async (page) => {
    await page.waitForFunction(() => /^bench: (done|failed)$/.test(document.title));
    if ((await page.title()) !== "bench: done") throw new Error(await page.locator("#bench").innerText());
    return JSON.parse((await page.locator("script#bench-result").textContent()) ?? "");
  });
}

/**
 * Calls a function of page.js in a browser of its own.
 * @param {string} url @param {Peer} peer @param {"check" | "measure"} what @param {string} workload
 */
async function ask(url, { opened, isolated }, what, workload) {
  return visit({ url, adapter, isolated, patience: PATIENCE_MS }, async (page) => {
    await page.waitForFunction(() => document.title === "peer: ready");
    const call = { what, opened, workload, seconds };
    return page.evaluate(
      // @ts-expect-error The page defines `peer`.
      ({ what, opened, workload, seconds }) => globalThis.peer[what](opened, workload, seconds),
      call,
    );
  });
}

/** @type {Row[]} */
const rows = [];
/** @param {Row} row */
function note(row) {
  rows.push(row);
  console.log(JSON.stringify(row));
}

/**
 * One row, whatever comes of it.
 * @param {{ program: string, version: string, workload: string, round: number }} about
 * @param {() => Promise<object>} measurement
 */
async function attempt(about, measurement) {
  const load = Number(loadavg()[0].toFixed(2));
  const head = { ...about, ...SETTINGS, adapter_asked: adapter, load_before: load };
  try {
    note(/** @type {Row} */ ({ ...head, ...(await measurement()) }));
    return true;
  } catch (error) {
    note({ ...head, failed: error instanceof Error ? error.message : String(error) });
    return false;
  }
}

const [page, others] = [await serve(dist, "/page/"), await serve(bundles, "/peers/")];
try {
  for (const workload of workloads) {
    // What failed once is not waited for again.
    const able = new Set(peers);
    let pageIsAble = true;
    for (let round = 1; round <= ROUNDS; round++) {
      for (const peer of able) {
        const own = { program: "page", version: "this tree", workload, round };
        pageIsAble &&= await attempt(own, () => measurePage(page.url, workload));
        const { program, library } = peer;
        const about = { program, version: await version(`node_modules/${library}/package.json`), workload, round };
        const measured = await attempt(about, async () => {
          const wrong = round === 1 ? await faults(workload, await ask(others.url, peer, "check", workload)) : [];
          if (wrong.length > 0) throw new Error(`does not follow PyTorch: ${wrong.join("; ")}`);
          return ask(others.url, peer, "measure", workload);
        });
        if (!measured) able.delete(peer);
      }
    }
  }
} finally {
  page.stop();
  others.stop();
}
console.log(`\n${cpus().length} x ${cpus()[0].model}; adapter ${adapter}; at least ${seconds} s each\n\n${table(rows)}`);
