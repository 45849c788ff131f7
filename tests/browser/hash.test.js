/**
 * The part of the address behind `#`, which anybody may write: random and mutated ones, the same in every run.
 * HASH_SECONDS makes it go on for longer, with others.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { strings } from "../../www/strings.js";
import { readHash, writeHash } from "../../www/url.js";
import { program } from "./harness.js";

/** @typedef {import("../../wn_gan.js").Config} Config */

const core = await program();
const [settings, presets] = [core.settings(), core.presets()];
const COUNT = 20_000;
const SECONDS = Number(process.env.HASH_SECONDS ?? 0);

let state = 12;
/** Mulberry32. @param {number} below */
function draw(below) {
  state = (state + 0x6d2b79f5) | 0;
  let word = Math.imul(state ^ (state >>> 15), state | 1);
  word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
  return Math.floor((((word ^ (word >>> 14)) >>> 0) / 2 ** 32) * below);
}

/** @template T @param {readonly T[]} from */
const pick = (from) => /** @type {T} */ (from[draw(from.length)]);

const NAMES = [...settings.map(({ name }) => name), "preset", "__proto__", "constructor", "toString", "device", ""];
const WORDS = settings.flatMap(({ kind }) => {
  if (kind.type === "choice") return kind.choices.map(({ name }) => name);
  return kind.type === "text" ? ["faces", "%00", "<b>"] : [kind.min, kind.max, kind.max + 1, kind.min - 1].map(String);
});
const NUMBERS = ["0", "-0", "1e-46", "1e400", "NaN", "Infinity", "4294967296", "0x10", "1_000", " 7 ", "٣", "1,5", "--1"];

/** A value of a kind that fits, or not. */
function word() {
  return pick([() => pick(WORDS), () => pick(NUMBERS), () => pick(presets).name, () => String(draw(600)), () => noise(9)])();
}

/** Characters of any kind, halves of a pair among them. @param {number} most */
function noise(most) {
  const ranges = [128, 128, 0x800, 0x10000];
  return Array.from({ length: draw(most + 1) }, () => String.fromCharCode(draw(pick(ranges)))).join("");
}

function hash() {
  const pairs = Array.from({ length: draw(9) }, () => `${pick(NAMES)}=${draw(4) ? word() : encodeURIComponent(draw(99))}`);
  let text = pick(["#", "", "##", "#&"]) + pairs.join(pick(["&", "&", "&&", ";", "#"]));
  for (let edits = draw(3) * draw(3); edits > 0; edits -= 1) {
    const at = draw(text.length + 1);
    text = text.slice(0, at) + noise(3) + text.slice(at + draw(3));
  }
  return text;
}

/** @param {Config} config @param {string} text */
function allFit(config, text) {
  assert.deepEqual(Object.keys(config), Object.keys(presets[0]?.config ?? {}), `no other keys: ${JSON.stringify(text)}`);
  for (const { name, kind } of settings) {
    const value = config[name];
    const shown = `${name} is ${JSON.stringify(value)} after ${JSON.stringify(text)}`;
    if (kind.type === "text") assert.equal(typeof value, "string", shown);
    else if (kind.type === "choice") assert.ok(kind.choices.some((choice) => choice.name === value), shown);
    else assert.ok(typeof value === "number" && value >= kind.min && value <= kind.max, shown);
  }
}

test("any address gives settings in their ranges, and what is wrong with it", () => {
  const end = Date.now() + 1000 * SECONDS;
  let [done, refused] = [0, 0];
  for (; done < COUNT || Date.now() < end; done += 1) {
    const text = hash();
    const { preset, config, problems } = readHash(text, presets, settings);
    allFit(config, text);
    for (const { kind, values } of problems) {
      assert.ok(["unknown", "whole", "real", "choice", "preset"].includes(kind), kind);
      assert.ok(Object.values(values).every((value) => value !== undefined), JSON.stringify(values));
    }
    refused += Math.sign(problems.length);
    const again = readHash(writeHash(config, preset, presets), presets, settings);
    // As JSON, in which -0 is 0.
    assert.equal(JSON.stringify(again), JSON.stringify({ preset, config, problems: [] }), JSON.stringify(text));
  }
  console.log(`${done} addresses, ${refused} with something wrong`);
  assert.ok(refused > done / 10 && refused < done, "not one-sided");
});

test("every problem has a sentence", () => {
  for (const kind of ["unknown", "whole", "real", "choice", "preset", "device"]) {
    assert.ok(`say.${kind}` in strings.en, kind);
  }
});
