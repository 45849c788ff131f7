/**
 * The page's own address: read at the start and when the visitor changes it, written as the settings change.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Sentence} Sentence
 */
import { readDevice, readHash, writeHash } from "./url.js";

/** Browsers refuse an address that changes too often; a slider would change it many times a second. */
const WRITE_MILLIS = 300;

/** @param {import("./url.js").Problem[]} problems @returns {Sentence[]} */
const complaints = (problems) => problems.map(({ kind, values }) => ({ key: /** @type {const} */ (`say.${kind}`), values }));

export class Address {
  /** @param {Location} location @param {History} history */
  constructor(location, history) {
    this.location = location;
    this.history = history;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.writing = undefined;
    this.next = "";
    /** What the visitor has chosen on this page, whatever the address says. @type {import("./protocol.js").DeviceChoice | undefined} */
    this.chosen = undefined;
  }

  get hash() {
    return this.location.hash;
  }

  get query() {
    return new URLSearchParams(this.location.search);
  }

  /** What to compute with. */
  device() {
    const { device, problems } = readDevice(this.query);
    return { choice: this.chosen ?? device, complaints: complaints(problems) };
  }

  /**
   * The settings that an address names.
   * @param {string} hash
   * @param {State["presets"]} presets
   * @param {State["settings"]} settings
   * @param {string | undefined} opened name of the images that are open
   */
  read(hash, presets, settings, opened) {
    const { preset, config, problems } = readHash(hash, presets, settings);
    const found = complaints(problems);
    if (config.dataset !== "faces" && config.dataset !== opened) {
      found.push({ key: "say.missing", values: { name: config.dataset } });
      config.dataset = "faces";
    }
    return { preset, config, complaints: found };
  }

  /** @param {State} state */
  write({ draft, preset, presets }) {
    if (!draft || presets.length === 0) return;
    this.next = `${this.location.pathname}${this.location.search}${writeHash(draft, preset, presets)}`;
    clearTimeout(this.writing);
    this.writing = setTimeout(() => this.replace(this.next), WRITE_MILLIS);
  }

  /** @param {string} address */
  replace(address) {
    try {
      this.history.replaceState(null, "", address);
    } catch {
      // The browser has had enough of it for now; the next change tries again.
    }
  }

  /** What is remembered by the browser from now on is no part of the address any more. @param {string} key */
  forget(key) {
    const query = this.query;
    if (!query.has(key)) return;
    query.delete(key);
    this.replace(`${this.location.pathname}${query.size > 0 ? `?${query}` : ""}${this.hash}`);
  }
}
