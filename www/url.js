/**
 * The address. A run's settings are behind the `#`: `#preset=tiny&norm=none&lr=0.0002`. The keys are those of the
 * program's table, and only what differs from the preset is written; the default preset itself is left out. What belongs
 * to the visitor's machine is in the query: `?device=cpu`.
 *
 * @typedef {import("../wn_gan.js").Config} Config
 * @typedef {import("../wn_gan.js").Key} Key
 * @typedef {import("../wn_gan.js").Preset} Preset
 * @typedef {import("./protocol.js").DeviceChoice} DeviceChoice
 * @typedef {{ kind: "unknown" | "whole" | "real" | "choice" | "preset" | "device", values: Record<string, string | number> }} Problem
 */
import { keysOf, parse } from "./settings.js";

export const DEFAULT_PRESET = "small";

/** @type {Map<string | null, DeviceChoice>} */
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
 * @returns {{ device: DeviceChoice, problems: Problem[] }}
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
 * @param {Key[]} settings
 * @returns {{ preset: string, config: Config, problems: Problem[] }}
 */
export function readHash(hash, presets, settings) {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  /** @type {Problem[]} */
  const problems = [];
  const asked = query.get("preset") ?? DEFAULT_PRESET;
  const found = presets.find(({ name }) => name === asked) ?? presetOf(presets, DEFAULT_PRESET);
  if (found.name !== asked) problems.push({ kind: "preset", values: { value: asked, fallback: found.name } });
  const config = { ...found.config };
  for (const [key, value] of query) {
    if (key === "preset") continue;
    const setting = settings.find(({ name }) => name === key);
    const parsed = setting && parse(setting, value);
    if (!setting) problems.push({ kind: "unknown", values: { key } });
    else if (parsed !== undefined) Object.assign(config, { [key]: parsed });
    else problems.push(...misfit(setting, value, config[setting.name]));
  }
  return { preset: found.name, config, problems };
}

/**
 * A word that is no value of its setting, and what would be.
 * @param {Key} setting
 * @param {string} value
 * @param {string | number} fallback
 * @returns {Problem[]}
 */
function misfit({ name: key, kind }, value, fallback) {
  if (kind.type === "text") return []; // Any text is one.
  if (kind.type === "choice") {
    const names = kind.choices.map(({ name }) => name).join(", ");
    return [{ kind: "choice", values: { key, value, fallback, names } }];
  }
  // As texts, because the numbers of the address are not written in the way of a language either.
  return [{ kind: kind.type, values: { key, value, fallback, min: String(kind.min), max: String(kind.max) } }];
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
  for (const key of keysOf(base)) {
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
