/**
 * `?bench=gan16&norm=weight&order=alternating&seconds=10` (also `batch_size=`, `variant=` and `device=`): measures training
 * steps instead of showing a run, on the device that a run would use. What was found is text in `#bench-result`, for
 * programs, and below the heading, for people; the title says when it is there.
 */
import { openDevice } from "./device.js";
import { make } from "./dom.js";
import { t } from "./i18n.js";
import { StageError } from "./probe.js";
import { load } from "./program.js";
import { cause } from "./startup.js";
import { readDevice } from "./url.js";

/**
 * The device that was asked for, with the kernel variant that was.
 * @param {import("./device.js").Core} core
 * @param {URLSearchParams} query
 */
async function open(core, query) {
  const { device, problems } = readDevice(query);
  if (problems.length > 0) {
    const asked = query.get("device");
    throw new Error(`There is no device "${asked}". Write device=gpu or device=cpu, or leave it out.`);
  }
  const variant = query.get("variant") ?? undefined;
  const { gpu, name } = await openDevice(device, async (_, work) => work(), async () => core, () => variant);
  if (variant === undefined || variant === gpu.variant) return gpu;
  // The core passes over what the device cannot run.
  const has = `the device "${name}" took "${gpu.variant}" in its place`;
  throw new Error(`The kernel variant was to be "${variant}", but ${has}. Name that one, or leave variant= out.`);
}

/** @param {unknown} error */
function sentence(error) {
  if (error instanceof StageError) return `${cause(error.stage)} ${t(`fix.${error.stage}`)}`;
  return error instanceof Error ? error.message : String(error);
}

/** @param {URLSearchParams} query @param {HTMLElement} place */
export async function bench(query, place) {
  const view = make("pre", { id: "bench", tabindex: "0" });
  place.prepend(view);
  /** @param {string} state @param {string} text */
  const say = (state, text) => {
    view.textContent = text;
    document.title = `bench: ${state}`;
  };
  say("running", "…");
  try {
    const core = await load();
    const gpu = await open(core, query);
    const workload = query.get("bench") || "gan16";
    const settings = { norm: query.get("norm") ?? "weight", order: query.get("order") ?? "alternating" };
    const batch = query.get("batch_size");
    const text = JSON.stringify(batch ? { ...settings, batch_size: Number(batch) } : settings);
    const seconds = Number(query.get("seconds") ?? 10);
    const tell = (/** @type {number} */ share) => say("running", `${Math.round(100 * share)} %`);
    const found = await core.bench(gpu, workload, text, seconds, tell);
    document.body.append(make("script", { type: "application/json", id: "bench-result" }, [found]));
    const rows = Object.entries(JSON.parse(found)).map(([name, value]) => `${name.padEnd(24)} ${value}`);
    say("done", rows.join("\n"));
  } catch (error) {
    say("failed", sentence(error));
  }
}
