/**
 * The address. A run's settings are behind the `#`: `#preset=tiny&norm=none&lr=0.0002`. The keys are those of the core's
 * Config, and only what differs from the preset is written; the default preset itself is left out. What belongs to the
 * visitor's machine is in the query: `?device=cpu`.
 *
 * @typedef {import("./types.js").Config} Config
 * @typedef {import("./types.js").Preset} Preset
 * @typedef {import("./types.js").Wish} Wish
 * @typedef {{ kind: "unknown" | "bad" | "preset" | "device", values: Record<string, string | number> }} Problem
 */

export const DEFAULT_PRESET = "small";

/** @type {Map<string | null, Wish>} */
const DEVICES = new Map([
  [null, "auto"],
  ["auto", "auto"],
  ["gpu", "gpu"],
  ["webgpu", "gpu"],
  ["cpu", "cpu"],
  ["processor", "cpu"], // as it was called in older links
]);

/**
 * What to compute with.
 * @param {URLSearchParams} query
 * @returns {{ device: Wish, problems: Problem[] }}
 */
export function readDevice(query) {
  const value = query.get("device");
  const device = DEVICES.get(value);
  if (device) return { device, problems: [] };
  return { device: "auto", problems: [{ kind: "device", values: { value: String(value) } }] };
}

/**
 * @param {string} hash with or without its `#`
 * @param {Preset[]} presets
 * @returns {{ preset: string, config: Config, problems: Problem[] }}
 */
export function readHash(hash, presets) {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  /** @type {Problem[]} */
  const problems = [];
  const asked = query.get("preset") ?? DEFAULT_PRESET;
  const found = presets.find(({ name }) => name === asked) ?? presetOf(presets, DEFAULT_PRESET);
  if (found.name !== asked) problems.push({ kind: "preset", values: { value: asked, fallback: found.name } });
  const config = { ...found.config };
  for (const [key, value] of query) {
    if (key === "preset") continue;
    if (!Object.hasOwn(config, key)) {
      problems.push({ kind: "unknown", values: { key } });
    } else if (typeof config[key] === "string") {
      config[key] = value;
    } else if (value.trim() !== "" && Number.isFinite(Number(value))) {
      config[key] = Number(value);
    } else {
      problems.push({ kind: "bad", values: { key, value, fallback: config[key] } });
    }
  }
  return { preset: found.name, config, problems };
}

/**
 * @param {Config} config
 * @param {string} preset
 * @param {Preset[]} presets
 * @returns {string} empty for the default run, otherwise `#…`
 */
export function writeHash(config, preset, presets) {
  const query = new URLSearchParams();
  if (preset !== DEFAULT_PRESET) query.set("preset", preset);
  const base = presetOf(presets, preset).config;
  for (const key of Object.keys(base)) {
    if (config[key] !== base[key]) query.set(key, String(config[key]));
  }
  return query.size > 0 ? `#${query}` : "";
}

/** @param {Preset[]} presets @param {string} name */
export function presetOf(presets, name) {
  const found = presets.find((preset) => preset.name === name);
  if (!found) throw new Error(`The program has no preset "${name}".`);
  return found;
}
