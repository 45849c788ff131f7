/** The page's arithmetic and tables, without a browser. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Curve } from "../../www/curve.js";
import { ema } from "../../www/ema.js";
import { History } from "../../www/history.js";
import { pick } from "../../www/i18n.js";
import { strings } from "../../www/strings.js";
import { readHash, writeHash } from "../../www/url.js";
import { fromRoot } from "./harness.js";

test("both languages have every string, with the same blanks", () => {
  const { en, "zh-CN": zh } = strings;
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    const other = zh[/** @type {keyof typeof zh} */ (key)];
    assert.notEqual(text.trim(), "", key);
    assert.notEqual(other.trim(), "", key);
    /** @param {string} of */
    const blanks = (of) => (of.match(/\{\w+\}/g) ?? []).sort();
    assert.deepEqual(blanks(other), blanks(text), key);
  }
});

test("every string that the page names exists, and no string is left over", async () => {
  const files = ["index.html", ...["charts", "controls", "fields", "main", "run", "samples", "startup", "status"].map((n) => `www/${n}.js`)];
  const source = (await Promise.all(files.map((file) => readFile(fromRoot(file), "utf8")))).join("\n");
  const named = [...source.matchAll(/data-(?:t|label|hint)="([^"]+)"/g)].map((match) => match[1]);
  for (const key of named) assert.ok(Object.hasOwn(strings.en, key), `index.html names "${key}"`);
  // The others are put together at run time: of a stage, a field, a choice, a preset, or a complaint about the address.
  const built = /^((stage|cause|fix|field|preset|norm|order)\.|say\.(unknown|bad|preset)$)/;
  for (const key of Object.keys(strings.en)) {
    assert.ok(built.test(key) || source.includes(`"${key}"`), `"${key}" is used nowhere`);
  }
});

test("the shell asks for all of its modules at once", async () => {
  const html = await readFile(fromRoot("index.html"), "utf8");
  const preloaded = [...html.matchAll(/rel="modulepreload" href="www\/(\w+)\.js"/g)].map((match) => match[1]);
  const imported = new Set(["main"]);
  for (const name of imported) {
    const source = await readFile(fromRoot(`www/${name}.js`), "utf8");
    for (const [, other] of source.matchAll(/ from "\.\/(\w+)\.js"/g)) imported.add(other);
  }
  assert.deepEqual(preloaded.sort(), [...imported].sort());
});

test("the language follows ?lang=, then the browser", () => {
  assert.equal(pick("zh-CN", ["en"]), "zh-CN");
  assert.equal(pick("zh", ["en"]), "zh-CN");
  assert.equal(pick(null, ["fr-FR", "zh-TW", "en"]), "zh-CN");
  assert.equal(pick("xx", ["de"]), "en");
  assert.equal(pick("en", ["zh-CN"]), "en");
});

test("the moving average is debiased: a constant stays itself from the first value on", () => {
  for (const weight of [0, 0.5, 0.9, 0.99]) {
    for (const value of ema([3, 3, 3, 3], weight)) assert.ok(value !== null && Math.abs(value - 3) < 1e-12, `${weight}: ${value}`);
  }
  // By hand for w = 1/2: m = 1/2, 5/4; y = m / (1 - w^n) = 1, 5/3; a hole keeps the height; then m = 21/8, y = 3.
  assert.deepEqual(ema([1, 2, NaN, 4], 0.5), [1, 5 / 3, 5 / 3, 3]);
  assert.deepEqual(ema([NaN, 1], 0.5), [null, 1]);
});

test("a long curve keeps means, extremes and end in a bounded number of buckets", () => {
  const limit = 8;
  const curve = new Curve(1, limit);
  const values = Array.from({ length: 1000 }, (_, i) => ((i * 37) % 101) - 50);
  values.forEach((value, i) => curve.push(i, [value]));
  assert.ok(curve.x.length <= limit && curve.x.length > limit / 2, `${curve.x.length} buckets`);
  assert.equal(curve.x.at(-1), 999);
  assert.equal(curve.rows.reduce((a, b) => a + b), 1000);
  let from = 0;
  curve.x.forEach((end, bucket) => {
    const part = values.slice(from, end + 1);
    assert.equal(part.length, curve.rows[bucket]);
    assert.ok(Math.abs(part.reduce((a, b) => a + b) / part.length - curve.mean[0][bucket]) < 1e-9, `mean of bucket ${bucket}`);
    assert.equal(Math.min(...part), curve.low[0][bucket]);
    assert.equal(Math.max(...part), curve.high[0][bucket]);
    from = end + 1;
  });
});

test("the saved table has one row a step, exactly as computed", async () => {
  const history = new History();
  history.losses.push(Float32Array.from([0, 0.1, 0.2, 0.3, 1, 0.4, 0.5, 0.6]));
  const [head, ...rows] = (await history.csv("losses").text()).trim().split("\n");
  assert.equal(head, "step,d_loss_real,d_loss_fake,g_loss");
  assert.deepEqual(rows.map((row) => row.split(",").map(Number)), [
    [0, Math.fround(0.1), Math.fround(0.2), Math.fround(0.3)],
    [1, Math.fround(0.4), Math.fround(0.5), Math.fround(0.6)],
  ]);
});

/** @type {any[]} */
const presets = [
  { name: "small", config: { dataset: "faces", norm: "weight", lr: 1e-4, seed: 1 } },
  { name: "tiny", config: { dataset: "faces", norm: "weight", lr: 1e-4, seed: 1, width: 16 } },
];

test("settings go into the address and come back", () => {
  assert.equal(writeHash(presets[0].config, "small", presets), "");
  const config = { ...presets[1].config, norm: "none", lr: 2e-4, dataset: "my file & co.bin" };
  const hash = writeHash(config, "tiny", presets);
  assert.deepEqual(readHash(hash, presets), { preset: "tiny", config, problems: [] });
});

test("what the address says wrongly is reported, and the rest is kept", () => {
  const { preset, config, problems } = readHash("#preset=huge&lr=fast&colour=1&seed=7&norm=none", presets);
  assert.equal(preset, "small");
  assert.deepEqual({ lr: config.lr, seed: config.seed, norm: config.norm }, { lr: 1e-4, seed: 7, norm: "none" });
  assert.deepEqual(problems.map(({ kind }) => kind).sort(), ["bad", "preset", "unknown"]);
});
