/**
 * `?bench=gan16&norm=weight&order=alternating&seconds=10` (also any other setting, `variant=` and `device=`): measures
 * training steps instead of showing a run, on the device that a run would use. What was found is text in `#bench-result`, for
 * programs, and below the heading, for people; the title says when it is there.
 */
import { openDevice } from "./worker/device.js";
import { make } from "./dom.js";
import { t } from "./i18n.js";
import { StageError } from "./worker/probe.js";
import { load } from "./worker/program.js";
import { parse } from "./settings.js";
import { cause } from "./views/card.js";
import { readDevice } from "./url.js";

/**
 * The device that was asked for, with the kernel variant that was.
 * @param {import("./worker/device.js").Core} core
 * @param {URLSearchParams} query
 */
async function open(core, query) {
  const { device: choice, problems } = readDevice(query);
  if (problems.length > 0) {
    const asked = query.get("device");
    throw new Error(`There is no device "${asked}". Write device=gpu or device=cpu, or leave it out.`);
  }
  const variant = query.get("variant") ?? undefined;
  const { device, name } = await openDevice(choice, async (_, work) => work(), async () => core, () => variant);
  if (variant === undefined || variant === device.variant) return device;
  // The core passes over what the device cannot run.
  const has = `the device "${name}" took "${device.variant}" in its place`;
  throw new Error(`The kernel variant was to be "${variant}", but ${has}. Name that one, or leave variant= out.`);
}

/**
 * The settings of the address. What is no value goes to the program as it is, which has a sentence for it.
 * @param {import("../wn_gan.js").Key[]} keys
 * @param {URLSearchParams} query
 * @returns {Partial<import("../wn_gan.js").Config>}
 */
function changes(keys, query) {
  const given = keys.flatMap((key) => {
    const text = query.get(key.name);
    return text === null ? [] : [[key.name, parse(key, text) ?? text]];
  });
  return { norm: "weight", order: "alternating", ...Object.fromEntries(given) };
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
    const device = await open(core, query);
    const workload = query.get("bench") || "gan16";
    const seconds = Number(query.get("seconds") ?? 10);
    const tell = (/** @type {number} */ share) => say("running", `${Math.round(100 * share)} %`);
    const found = await core.bench(device, workload, changes(core.settings(), query), seconds, tell);
    document.body.append(make("script", { type: "application/json", id: "bench-result" }, [JSON.stringify(found)]));
    const rows = Object.entries(found).map(([name, value]) => `${name.padEnd(24)} ${value}`);
    say("done", rows.join("\n"));
  } catch (error) {
    say("failed", sentence(error));
  }
}
