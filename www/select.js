/**
 * What follows from the state: what may be done, and what it is called. Nothing here is remembered.
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Column} Column
 * @typedef {import("../wn_gan.js").Config} Config
 */
import { keysOf } from "./settings.js";

/**
 * Settings that neither networks nor training depend on: with others of these a run goes on where it is.
 * @type {(keyof Config)[]}
 */
const HOT_SETTINGS = ["statistics", "test_interval", "test_steps", "test_lr", "niter", "vis_size"];

/** The stages of the start, in order. */
export const STAGES = /** @type {const} */ (["secure", "webgpu", "adapter", "device", "program", "kernel", "images", "pipelines"]);

/** There is a run that can be asked for something. @param {Column} column */
export const isReady = ({ phase }) => phase === "ready" || phase === "playing" || phase === "testing";

/** Something is being built or opened. @param {State} state */
export const isBusy = (state) => state.columns.some(({ phase }) => phase === "building") || state.opening !== undefined;

/** A run could be begun or opened now. @param {State} state */
export const canBegin = (state) => state.device !== undefined && !isBusy(state);

/** Settings in which a run differs from the form. @param {State} state @param {Column} column @returns {(keyof Config)[]} */
export function pending({ draft, opened, fresh }, { started }) {
  if (!draft || !started) return [];
  const images = fresh && draft.dataset === opened?.name;
  return keysOf(draft).filter((key) => draft[key] !== started.config[key] || (images && key === "dataset"));
}

/** The run can take over the settings as edited. @param {State} state @param {Column} column */
export function canApplyHot(state, column) {
  const changed = pending(state, column);
  return changed.length > 0 && changed.every((key) => HOT_SETTINGS.includes(key));
}

/** The stage of the start that failed. @param {State} state */
export const failedStage = ({ stages }) => STAGES.find((stage) => stages.get(stage)?.state === "failed");

/** The card stands in place of the samples: there is no run, or the next one is being built. @param {State} state @param {Column} column */
export const showsCard = (state, column) =>
  column.phase === "building" || column.phase === "absent" || (column.started === undefined && failedStage(state) !== undefined);

/** The images that the draft names. @param {State} state @param {Column} column */
export const dataOf = ({ draft, opened }, { started }) =>
  draft && draft.dataset === opened?.name ? opened : draft?.dataset === started?.data.name || draft?.dataset === "faces" ? started?.data : undefined;

/** What a file of the run is called. @param {Column} column @param {string} extension @param {string} [what] @param {number} [step] */
export function fileName({ started, step: now }, extension, what = "", step = now) {
  const config = started?.config;
  const parts = ["wn-gan", config?.dataset, config?.norm, `seed${config?.seed}`, `step${step}`, what];
  return `${parts.filter(Boolean).join("-").replace(/[^\w.-]+/g, "_")}.${extension}`;
}

/** A worker answers between two pieces of work, of which one takes less. */
const ANSWER_MILLIS = 20_000;
/** A graphics card that tells nothing for so long may hang; a pipeline takes up to a minute on a software adapter. */
const PROGRESS_MILLIS = 120_000;
/** What has taken long before may take long again. */
const GAPS = 10;

/**
 * Whether too little is heard of a worker that has something to do.
 * @param {Pick<import("./client.js").Transport, "heardAt" | "progressAt" | "longestGap">} client
 * @param {import("./state.js").Phase} phase @param {number} now in milliseconds
 */
export const isSilent = ({ heardAt, progressAt, longestGap }, phase, now) =>
  ["playing", "testing", "building"].includes(phase) &&
  (now - heardAt > ANSWER_MILLIS || now - progressAt > Math.max(PROGRESS_MILLIS, GAPS * longestGap));
