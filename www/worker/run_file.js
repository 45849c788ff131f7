/**
 * A run as one safetensors file: the program's checkpoint, which PyTorch can read too, and behind it under `page.` the
 * curves, the final tests and the best networks. What is no tensor stands in the header under the same name.
 *
 * @typedef {import("../protocol.js").RunInfo} RunInfo
 * @typedef {import("./safetensors.js").File} File
 */
import { Fault } from "../fault.js";
import { WIDTH } from "../losses.js";
import { Best } from "./best.js";
import { History } from "./history.js";
import { appended, arrayOf, extracted, joined, ofArrays, parse, pieces } from "./safetensors.js";

const PAGE = "page.";
const BEST = "page.best.";
/** Where the header of a checkpoint has the checksum of all else in it. */
const CHECKSUM = "crc32";

/**
 * @param {Uint8Array<ArrayBuffer>} checkpoint
 * @param {History} history
 * @param {Best} best
 * @param {RunInfo} info
 * @returns {Uint8Array<ArrayBuffer>[]} the file in pieces
 */
export function composed(checkpoint, history, best, info) {
  const { steps, values } = history.losses;
  const finals = history.finals.map(({ losses }, i) => [`final.${i}`, { shape: [losses.length], values: losses }]);
  const arrays = ofArrays({
    "losses.step": { shape: [steps.length], values: steps },
    "losses": { shape: [steps.length, WIDTH], values },
    ...Object.fromEntries(finals),
  });
  const kept = best.best && parse(best.best.bytes);
  const whole = parse(checkpoint);
  // The checkpoint's own checksum is not one of the file that it becomes a part of.
  const { [CHECKSUM]: checksum, ...metadata } = whole.metadata;
  const file = appended(whole, [
    { prefix: PAGE, file: arrays },
    ...(kept ? [{ prefix: BEST, file: kept }] : []),
  ]);
  const page = {
    info,
    checksum,
    stride: history.stride,
    scores: history.scores,
    inside: history.inside,
    finals: history.finals.map(({ step, loss, half }) => ({ step, loss, half })),
    best: best.best && { step: best.best.step, loss: best.best.loss, metadata: kept?.metadata },
  };
  return pieces({ ...file, metadata: { ...metadata, page: JSON.stringify(page) } });
}

/**
 * What a file holds: a checkpoint for the program and, if this page wrote it, all that was known of the run.
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export function decomposed(bytes) {
  const file = parse(bytes);
  const { page: text, ...own } = file.metadata;
  if (text === undefined) return { checkpoint: bytes, metadata: own, history: new History(), best: new Best(), info: undefined };
  const page = read(text);
  /** @type {Record<string, string>} */
  const metadata = page.checksum === undefined ? own : { ...own, [CHECKSUM]: page.checksum };
  const checkpoint = joined(pieces({ ...extracted(file, (name) => (name.startsWith(PAGE) ? undefined : name)), metadata }));
  return { checkpoint, metadata, history: historyOf(file, page), best: bestOf(file, page), info: /** @type {RunInfo} */ (page.info) };
}

/** What the page wrote into a header. Somebody else may have written it. @param {string} text */
function read(text) {
  try {
    const page = JSON.parse(text);
    const lists = [page.scores, page.inside, page.finals].every(Array.isArray);
    if (lists && typeof page.info === "object" && page.info !== null) return page;
  } catch {
    // No JSON.
  }
  throw new Fault("page.no_safetensors");
}

/** @param {File} file @param {any} page */
function historyOf(file, page) {
  const history = new History();
  history.stride = Number.isInteger(page.stride) && page.stride > 0 ? page.stride : 1;
  const steps = arrayOf(file, `${PAGE}losses.step`, Uint32Array) ?? new Uint32Array();
  const values = arrayOf(file, `${PAGE}losses`, Float32Array) ?? new Float32Array();
  steps.forEach((step, i) => history.pushRow(step, values.subarray(i * WIDTH, (i + 1) * WIDTH)));
  history.scores = page.scores;
  history.inside = page.inside;
  history.finals = page.finals.map((/** @type {import("../protocol.js").Score & { half: number | null }} */ final, /** @type {number} */ i) => ({
    ...final,
    half: final.half ?? NaN, // JSON has no NaN.
    losses: arrayOf(file, `${PAGE}final.${i}`, Float32Array) ?? new Float32Array(),
  }));
  return history;
}

/** @param {File} file @param {any} page */
function bestOf(file, page) {
  const best = new Best();
  if (!page.best) return best;
  const networks = extracted(file, (name) => (name.startsWith(BEST) ? name.slice(BEST.length) : undefined));
  const bytes = joined(pieces({ ...networks, metadata: page.best.metadata ?? {} }));
  best.best = { step: page.best.step, loss: page.best.loss, bytes };
  return best;
}

/** The settings that a checkpoint names. @param {string} text @returns {import("../../wn_gan.js").Config} */
export function configOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Fault("page.no_safetensors");
  }
}

/**
 * What there is to know of a kept run from its header.
 * @param {import("./store.js").Head} head
 * @returns {import("../protocol.js").KeptRun | undefined} nothing if it is no run of this page
 */
export function described({ id, metadata, bytes }) {
  try {
    const page = JSON.parse(metadata.page);
    const config = JSON.parse(metadata.config);
    return { id, bytes, step: Number(metadata.step), config, best: page.best, ...page.info };
  } catch {
    return undefined;
  }
}

/** The file under other words of its own. @param {Uint8Array<ArrayBuffer>} bytes @param {Partial<RunInfo>} changes */
export function relabelled(bytes, changes) {
  const file = parse(bytes);
  const page = JSON.parse(file.metadata.page);
  Object.assign(page.info, changes);
  return pieces({ ...file, metadata: { ...file.metadata, page: JSON.stringify(page) } });
}
