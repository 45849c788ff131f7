/** Holds the page's state, and tells who wants to know that it has changed: once for all changes of one task. */
import { initialState, reduce } from "./reduce.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Change} Change
 */
export class Store {
  constructor() {
    this.state = initialState();
    /** @type {Set<(state: State) => void>} */
    this.listeners = new Set();
    this.told = true;
  }

  /** @param {Change} change @param {boolean} [quiet] nobody is told: it will be seen with the next change that is, or by a clock */
  change(change, quiet = false) {
    const next = reduce(this.state, change);
    if (next === this.state) return;
    this.state = next;
    if (quiet || !this.told) return;
    this.told = false;
    queueMicrotask(() => {
      this.told = true;
      for (const listener of this.listeners) listener(this.state);
    });
  }

  /** @param {(state: State) => void} listener @returns {() => void} ends it */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
