/**
 * `?bench=gan16&norm=weight&order=alternating&seconds=10` (also `batch_size=`, `body=` and `device=processor`): measures training steps instead of showing a run. What was
 * found is text in `#bench-result`, for programs, and below the heading, for people; the title says when it is there.
 */
import { make } from "./dom.js";
import { addSubgroups } from "./subgroups.js";

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
    const core = await import("../wn_gan.js");
    await core.default();
    const onProcessor = query.get("device") === "processor";
    const gpu = onProcessor ? core.openProcessor() : await core.openGpu(await addSubgroups());
    await gpu.tune(query.get("body") ?? undefined);
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
    say("failed", error instanceof Error ? error.message : String(error));
  }
}
