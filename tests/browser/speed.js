/**
 * Steps a second of the page in every engine, and natively on Mesa's software adapter, which Firefox uses too:
 *   node tests/browser/speed.js [PRESET [SECONDS]]
 * The page trains without tests and draws its samples; WNGAN names another program than target/release/wngan.
 */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { number, ready, text } from "./engines/page.js";
import { chromium, firefox } from "./engines/puppeteer.js";
import { webkit } from "./engines/webkit.js";
import { fromRoot, host } from "./harness.js";

const [preset = "tiny", length = "15"] = process.argv.slice(2);
const seconds = Number(length);
/** The first chunks grow to their length. */
const WARM_SECONDS = 8;
const PLACES = [
  { name: "Chromium, CPU", open: chromium, webgpu: false },
  { name: "Firefox, CPU", open: firefox, webgpu: false },
  { name: "WebKitGTK, CPU", open: webkit, webgpu: false },
  { name: "Chromium, WebGPU", open: chromium, webgpu: true },
  { name: "Firefox, WebGPU", open: firefox, webgpu: true },
];

/** @param {string} url @param {typeof PLACES[number]} place */
async function inPage(url, { open, webgpu }) {
  const tab = await open({ webgpu });
  try {
    await tab.goto(`${url}?lang=en&device=${webgpu ? "gpu" : "cpu"}#preset=${preset}&test_interval=0`);
    await ready(tab);
    await tab.click("#play");
    await sleep(1000 * WARM_SECONDS);
    const [start, first] = [performance.now(), await number(tab, "#fact-step")];
    await sleep(1000 * seconds);
    const rate = (1000 * ((await number(tab, "#fact-step")) - first)) / (performance.now() - start);
    return { rate, device: (await text(tab, "#fact-device"))?.trim() };
  } finally {
    await tab.close();
  }
}

/** @param {"gpu" | "cpu"} device */
function natively(device) {
  const program = process.env.WNGAN ?? fromRoot("target/release/wngan");
  const args = ["bench", "--workload", preset, "--seconds", String(seconds), "--json"];
  const env = { ...process.env, WNGAN_DEVICE: device };
  const { steps_per_s: rate, adapter, variant } = JSON.parse(execFileSync(program, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  return { rate, device: `${adapter}, ${variant}` };
}

/** @param {string} name @param {{ rate: number, device: string | undefined }} found */
const tell = (name, { rate, device }) => console.log(`${name.padEnd(18)} ${rate.toFixed(1).padStart(8)} steps/s  ${device}`);

const site = await host();
let rate = 0; // at last Firefox's on WebGPU
try {
  for (const place of PLACES) {
    const found = await inPage(site.url, place);
    tell(place.name, found);
    ({ rate } = found);
  }
} finally {
  site.stop();
}
const native = natively("gpu");
tell("native, llvmpipe", native);
console.log(`Firefox on WebGPU reaches ${((100 * rate) / native.rate).toFixed(0)} % of it.`);
tell("native, CPU", natively("cpu"));
