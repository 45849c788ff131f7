/** How runs are taken down and kept, without a browser: slots, files, histories, and what the page makes of late messages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 as zlibCrc } from "node:zlib";
import { initialState, reduce } from "../../www/reduce.js";
import { isSilent, pending } from "../../www/select.js";
import { Best } from "../../www/worker/best.js";
import { crc32 } from "../../www/worker/crc32.js";
import { History, MAX_INSPECTIONS } from "../../www/worker/history.js";
import { composed, decomposed, described, relabelled } from "../../www/worker/run_file.js";
import { headerLength, joined, parse, pieces } from "../../www/worker/safetensors.js";
import { HEADER_BYTES, load, save } from "../../www/worker/slots.js";

/** Storage in memory that can be cut off after so many bytes, and takes less than it is given. */
class Disk {
  /** @param {number} budget */
  constructor(budget = Infinity) {
    this.bytes = new Uint8Array();
    this.budget = { left: budget };
  }

  getSize = () => this.bytes.length;

  /** @param {number} size */
  truncate(size) {
    if (this.budget.left <= 0) return;
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }

  /** @param {Uint8Array} into @param {{ at: number }} options */
  read(into, { at }) {
    const part = this.bytes.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  }

  /** @param {Uint8Array} from @param {{ at: number }} options */
  write(from, { at }) {
    const taken = Math.min(from.length, 7);
    // Power fails: what is written from here on never arrives, though nobody is told.
    const arrives = Math.max(0, Math.min(taken, this.budget.left));
    this.budget.left -= taken;
    if (arrives === 0) return taken;
    if (at + arrives > this.bytes.length) {
      const bytes = new Uint8Array(at + arrives);
      bytes.set(this.bytes);
      this.bytes = bytes;
    }
    this.bytes.set(from.subarray(0, arrives), at);
    return taken;
  }

  flush() {}
}

const text = (/** @type {string} */ words) => [new TextEncoder().encode(words)];
const words = (/** @type {Uint8Array} */ bytes) => new TextDecoder().decode(bytes);

test("the checksum is that of gzip and PNG, over pieces too", () => {
  const bytes = Uint8Array.from({ length: 1003 }, (_, i) => (i * 37) % 251);
  for (const length of [0, 1, 7, 8, 9, 1003]) assert.equal(crc32(bytes.subarray(0, length)), zlibCrc(bytes.subarray(0, length)), `${length}`);
  assert.equal(crc32(bytes.subarray(100), crc32(bytes.subarray(0, 100))), zlibCrc(bytes));
});

test("cut off at any byte, a save leaves what was kept before, or is whole", () => {
  const [old, next] = ["the run as it was at step 100", "the run as it is now, at step 200, which is longer"];
  let whole = 0;
  let bytes = 0;
  for (let budget = 0; ; budget++) {
    const slots = [new Disk(), new Disk()];
    save(slots, text("the first"));
    save(slots, text(old));
    const left = { left: budget };
    for (const slot of slots) slot.budget = left;
    save(slots, text(next));
    const found = words(load(slots));
    assert.ok(found === old || found === next, `after ${budget} bytes: ${found}`);
    bytes += 1;
    if (found === next) whole += 1;
    if (left.left > 0) break;
  }
  assert.equal(bytes, 2 * HEADER_BYTES + next.length + 2, "header of nothing, content, header, one byte at a time");
  assert.ok(whole >= 1 && whole < 10, `${whole}: only with the last bytes of its header is a save one`);
});

test("a slot that was cut or changed at any byte gives way to the other", () => {
  const slots = [new Disk(), new Disk()];
  save(slots, text("older"));
  save(slots, text("newer"));
  const newer = slots.findIndex((slot) => words(slot.bytes.subarray(HEADER_BYTES)) === "newer");
  const kept = slots[newer].bytes;
  for (let at = 0; at < kept.length; at++) {
    slots[newer].bytes = kept.slice(0, at);
    assert.equal(words(load(slots)), "older", `cut at ${at}`);
    slots[newer].bytes = kept.map((byte, i) => (i === at ? byte ^ 0x10 : byte));
    // The four bytes that are no part of the header's checksum are written as nothing and read by nobody.
    if (at < 24 || at >= 28) assert.equal(words(load(slots)), "older", `changed at ${at}`);
  }
  slots[1 - newer].bytes = new Uint8Array();
  slots[newer].bytes = kept.slice(0, 20);
  assert.throws(() => load(slots), /nothing whole is left/);
  slots[newer].bytes = kept;
  assert.equal(words(load(slots)), "newer");
});

test("storage that takes nothing more is full", () => {
  const slots = [new Disk(), new Disk()];
  save(slots, text("kept"));
  for (const slot of slots) slot.write = () => 0;
  assert.throws(() => save(slots, text("more")), { name: "QuotaExceededError" });
  for (const slot of slots) Reflect.deleteProperty(slot, "write");
  assert.equal(words(load(slots)), "kept");
});

/** A checkpoint of one tensor. @param {number[]} values @param {string} step */
function checkpoint(values, step) {
  const data = new Uint8Array(Float32Array.from(values).buffer);
  const tensors = { "gen.w": { dtype: "F32", shape: [values.length], data_offsets: /** @type {[number, number]} */ ([0, data.length]) } };
  return joined(pieces({ metadata: { config: '{"norm":"weight"}', step, crc32: "0123abcd" }, tensors, data: [data] }));
}

/** @type {import("../../www/protocol.js").RunInfo} */
const info = { name: "a name", preset: "tiny", created: 1, saved: 2, picture: "" };

/** A run's history and best networks. */
function known() {
  const history = new History();
  history.pushLosses(0, Float32Array.of(0.1, 0.2, 0.4, 0.3, NaN, NaN, 0.6, 0.9));
  history.pushScore({ step: 0, loss: 0.25 });
  history.pushFinal({ step: 1, loss: 0.5, half: NaN, losses: Float32Array.of(0.5) });
  const best = new Best();
  best.starts(0, checkpoint([9, 8], "0"));
  best.ends({ step: 0, loss: 0.25 });
  return { history, best };
}

test("a run's file gives back all that was known of it, and the program's checkpoint as it was", () => {
  const { history, best } = known();
  const before = checkpoint([1, 2, 3], "7");
  const bytes = joined(composed(before, history, best, info));
  const found = decomposed(bytes);
  assert.deepEqual(parse(found.checkpoint), parse(before));
  assert.deepEqual(found.info, info);
  assert.deepEqual(found.history.losses, history.losses);
  assert.deepEqual([found.history.scores, found.history.finals], [history.scores, history.finals]);
  assert.deepEqual(found.best.best, best.best);
  const { metadata } = parse(bytes);
  assert.equal(metadata.crc32, undefined, "the program would refuse the file for a checksum of something else");
  const run = described({ id: "x", metadata, bytes: bytes.length });
  assert.deepEqual([run?.step, run?.name, run?.best?.loss], [7, "a name", 0.25]);
  assert.equal(decomposed(joined(relabelled(bytes, { name: "another" }))).info?.name, "another");
  assert.deepEqual(parse(decomposed(joined(relabelled(bytes, { name: "another" }))).checkpoint), parse(before));
  const plain = decomposed(before);
  assert.deepEqual([plain.info, plain.history.count, plain.checkpoint], [undefined, 0, before]);
});

test("what is no safetensors file, or is cut anywhere in its header, is refused with a sentence", () => {
  const { history, best } = known();
  const bytes = joined(composed(checkpoint([1, 2, 3], "7"), history, best, info));
  const header = 8 + (headerLength(bytes) ?? 0);
  for (let at = 0; at < bytes.length; at += at < header ? 13 : 5) {
    assert.throws(() => parse(bytes.slice(0, at)), /not a safetensors file, or it is cut off/, `cut at ${at}`);
  }
  for (const nonsense of [[], [0], Array(100).fill(0), Array(100).fill(0x7b), [...Array(8).fill(255), 0x7b]]) {
    assert.throws(() => parse(Uint8Array.from(nonsense)), /not a safetensors file/);
  }
  assert.equal(described({ id: "x", metadata: { step: "1" }, bytes: 0 }), undefined);
  for (const page of ["", "{", "null", "7", "{}", '{"info":null,"scores":[],"inside":[],"finals":[]}', '{"info":{},"scores":7}']) {
    const foreign = joined(pieces({ metadata: { page }, tensors: {}, data: [] }));
    assert.throws(() => decomposed(foreign), /not a safetensors file/, page);
  }
  for (const header of ["[]", "7", "null", '{"a":7}', '{"a":{"data_offsets":"x"}}', '{"__metadata__":null}', '{"a":{"data_offsets":[0,9]}}']) {
    const json = new TextEncoder().encode(header);
    const foreign = Uint8Array.of(json.length, 0, 0, 0, 0, 0, 0, 0, ...json);
    assert.throws(() => parse(foreign), /not a safetensors file/, header);
  }
});

test("a long history holds a bounded number of evenly spaced rows, and its end", () => {
  const history = new History();
  const rows = new Float32Array(4 * 1024);
  const chunks = 1024;
  for (let chunk = 0; chunk < chunks; chunk++) {
    rows.fill(chunk);
    history.pushLosses(chunk * 1024, rows);
  }
  const { steps, values } = history.losses;
  assert.equal(history.stride, 4);
  assert.ok(steps.length <= 1 << 18 && steps.length > 1 << 17, `${steps.length} rows`);
  for (let i = 0; i < steps.length; i += 997) {
    assert.equal(steps[i], 4 * i);
    assert.equal(values[4 * i], Math.floor(steps[i] / 1024));
  }
  for (let step = 0; step < 5 * MAX_INSPECTIONS; step++) {
    history.pushInspection({ step, weights: [], activations: [], real: [], fake: [] });
  }
  assert.ok(history.inside.length <= MAX_INSPECTIONS);
  assert.equal(history.inside.at(-1)?.step, 5 * MAX_INSPECTIONS - 1);
});

/** @param {Partial<import("../../www/protocol.js").Started>} [changes] @returns {import("../../www/protocol.js").Started} */
const startedRun = (changes = {}) => ({
  run: 1, id: "a", name: "", preset: "tiny", config: /** @type {any} */ ({ norm: "weight", lr: 1 }), step: 0, gpuBytes: 0, compileMillis: 0,
  data: /** @type {any} */ ({ name: "faces" }), best: undefined, exact: true, undo: false, playing: false,
  history: { losses: { steps: new Uint32Array(), values: new Float32Array() }, stride: 1, scores: [], inside: [], finals: [] }, ...changes,
});

test("messages of a run that was replaced are not taken for the present one's", () => {
  let state = reduce(initialState(), { do: "started", column: 0, started: startedRun({ run: 2 }), how: "new" });
  const test = { running: false, final: false, done: 0, of: 0 };
  /** @param {number} run @param {number} step */
  const chunk = (run, step) =>
    reduce(state, { do: "event", at: 0, event: { event: "chunk", column: 0, run, step, first: 0, rows: new Float32Array(4), test, score: undefined } });
  assert.equal(chunk(1, 50).columns[0].step, 0);
  state = chunk(2, 50);
  assert.equal(state.columns[0].step, 50);
  const late = reduce(state, { do: "event", at: 0, event: { event: "fault", column: 0, run: 1, error: { message: "x" }, back: 3 } });
  assert.equal(late.columns[0].phase, "ready");
});

test("phases follow what happens, and a refusal gives back the one before", () => {
  let state = reduce(initialState(), { do: "started", column: 0, started: startedRun(), how: "new" });
  const phase = () => state.columns[0].phase;
  assert.equal(phase(), "ready");
  state = reduce(state, { do: "play", column: 0 });
  state = reduce(state, { do: "build", column: 0 });
  assert.equal(phase(), "building");
  state = reduce(state, { do: "refused", column: 0, phase: "playing" });
  assert.equal(phase(), "playing");
  state = reduce(state, { do: "event", at: 0, event: { event: "fault", column: 0, run: 1, error: { message: "x" }, back: 3 } });
  assert.deepEqual([phase(), state.columns[0].fault?.back], ["faulted", 3]);
  state = reduce(state, { do: "event", at: 0, event: { event: "lost", column: 0, run: 1, error: { message: "x" }, back: 3, again: false } });
  assert.deepEqual([phase(), state.columns[0].recovering], ["lost", true]);
  state = reduce(state, { do: "event", at: 0, event: { event: "recovered", column: 0, run: 1, started: startedRun({ step: 3 }), playing: true } });
  assert.deepEqual([phase(), state.columns[0].step, state.columns[0].fault], ["playing", 3, undefined]);
  state = reduce(state, { do: "edit", changes: { norm: "none" } });
  assert.deepEqual(pending(state, state.columns[0]), ["norm"]);
});

test("a worker that does not answer is silent, and one that answers and gets nowhere; a slow one is not", () => {
  const client = { heardAt: 0, progressAt: 0, longestGap: 0 };
  assert.equal(isSilent(client, "playing", 19_000), false);
  assert.equal(isSilent(client, "playing", 21_000), true);
  assert.equal(isSilent(client, "ready", 1e9), false, "who has nothing to do may say nothing");
  const answers = { ...client, heardAt: 119_000 };
  assert.equal(isSilent(answers, "building", 119_500), false);
  assert.equal(isSilent(answers, "building", 121_000), true);
  assert.equal(isSilent({ ...answers, longestGap: 30_000 }, "playing", 121_000), false, "its steps take half a minute");
});
