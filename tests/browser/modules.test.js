/** The page's arithmetic and tables, without a browser. */
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { Best } from "../../www/best.js";
import { keepVariant, keptVariants } from "../../www/variants.js";
import { Curve } from "../../www/curve.js";
import { ema } from "../../www/ema.js";
import { GROUPS } from "../../www/fields.js";
import { History } from "../../www/history.js";
import { pick } from "../../www/i18n.js";
import { values } from "../../www/inside.js";
import { interval } from "../../www/interval.js";
import { strings } from "../../www/strings.js";
import { ends, scale } from "../../www/svg.js";
import { readDevice, readHash, writeHash } from "../../www/url.js";
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
  const modules = (await readdir(fromRoot("www"))).filter((name) => name.endsWith(".js") && !name.startsWith("strings"));
  const files = ["index.html", ...modules.map((name) => `www/${name}`)];
  const source = (await Promise.all(files.map((file) => readFile(fromRoot(file), "utf8")))).join("\n");
  const named = [...source.matchAll(/data-(?:t|label|hint)="([^"]+)"/g)].map((match) => match[1]);
  for (const key of named) assert.ok(Object.hasOwn(strings.en, key), `index.html names "${key}"`);
  // The others are put together at run time: of a stage, a field, a preset, a complaint about the address, a quantity or
  // a layer's kind; those of a choice are checked with the fields.
  const built = /^((stage|absent|cause|fix|field|preset|channels)\.|say\.(unknown|bad|preset|device)$|inside\.\w+(\.hint)?$|theorem\.\w+$)/;
  const choices = GROUPS.flatMap(({ fields }) => fields).flatMap(({ key, choices = [] }) => choices.map((c) => `${key}.${c}`));
  for (const choice of choices) assert.ok(Object.hasOwn(strings.en, choice), `"${choice}" has no name`);
  for (const key of Object.keys(strings.en)) {
    const chosen = choices.includes(key.replace(/\.hint$/, ""));
    assert.ok(chosen || built.test(key) || source.includes(`"${key}"`), `"${key}" is used nowhere`);
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

test("the kernel variant of each adapter is kept, and nothing breaks without storage", () => {
  /** @type {Map<string, string>} */
  const kept = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value),
  };
  const forbidden = new Proxy({}, { get: () => assert.fail("storage is forbidden") });
  const use = (/** @type {object} */ value) =>
    Object.defineProperty(globalThis, "localStorage", { value, configurable: true });
  use(forbidden);
  keepVariant("a GPU", "large");
  assert.deepEqual(keptVariants(), {});
  use(storage);
  assert.deepEqual(keptVariants(), {});
  keepVariant("a GPU", "large");
  keepVariant("another", "small");
  assert.deepEqual(keptVariants(), { "a GPU": "large", another: "small" });
  for (const nonsense of ["{", "null", "7"]) {
    for (const key of kept.keys()) kept.set(key, nonsense);
    assert.deepEqual(keptVariants(), {}, nonsense);
  }
  Reflect.deleteProperty(globalThis, "localStorage");
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

test("the address may name the device, and what is none is reported", () => {
  /** @param {string} query */
  const read = (query) => readDevice(new URLSearchParams(query));
  for (const [query, device] of [["lang=en", "auto"], ["device=gpu", "gpu"], ["device=webgpu", "gpu"], ["device=cpu", "cpu"]]) {
    assert.deepEqual(read(query), { device, problems: [] }, query);
  }
  for (const value of ["abacus", ""]) {
    assert.deepEqual(read(`device=${value}`), { device: "auto", problems: [{ kind: "device", values: { value } }] });
  }
});

test("the form has every setting of the core, and no other", async () => {
  const core = await readFile(fromRoot("src/config.rs"), "utf8");
  const config = core.slice(core.indexOf("pub struct Config"), core.indexOf("impl Default for Config"));
  const keys = [...config.matchAll(/^ {4}pub (\w+):/gm)].map(([, key]) => (key === "final_count" ? "final" : key));
  assert.ok(keys.length > 25, "the struct was not found");
  const own = ["dataset", "width", "height", "channels", "lr"]; // Controls of their own.
  const shown = GROUPS.flatMap(({ fields }) => fields.map(({ key }) => key));
  assert.deepEqual([...shown, ...own].sort(), keys.sort());
  // Each choice is a variant of the core's enum of that name, in kebab case.
  for (const { key, choices } of GROUPS.flatMap(({ fields }) => fields)) {
    if (!choices) continue;
    const name = key[0].toUpperCase() + key.slice(1);
    const body = core.slice(core.indexOf(`pub enum ${name} {`)).split("}")[0];
    const variants = [...body.matchAll(/^ {4}(\w+),/gm)].map(([, v]) => v.replace(/\B[A-Z]/g, "-$&").toLowerCase());
    assert.deepEqual([...choices].sort(), variants.sort(), key);
  }
});

test("settings are shown only where they mean something", () => {
  /** @param {Partial<import("../../www/types.js").Config>} config */
  const shown = (config) =>
    GROUPS.flatMap(({ fields }) => fields)
      .filter(({ when }) => when?.(/** @type {any} */ (config)) ?? true)
      .map(({ key }) => key);
  const conditional = ["statistics", "nblock", "beta1", "beta2"];
  /** @param {Partial<import("../../www/types.js").Config>} config */
  const extra = (config) => shown(config).filter((key) => conditional.includes(key));
  assert.deepEqual(extra({ norm: "weight", net: "dcgan", optimiser: "rmsprop" }), []);
  assert.deepEqual(extra({ norm: "batch", net: "dcgan", optimiser: "rmsprop" }), ["statistics"]);
  assert.deepEqual(extra({ norm: "weight", net: "resnet", optimiser: "adam" }), ["nblock", "beta1", "beta2"]);
});

test("the best networks are those that the test with the lowest error judged", () => {
  const best = new Best();
  const bytes = (/** @type {number} */ n) => Uint8Array.of(n);
  best.starts(0, bytes(0));
  assert.equal(best.ends({ step: 0, loss: 0.5 }), true);
  best.starts(100, bytes(1));
  assert.equal(best.ends({ step: 100, loss: 0.6 }), false);
  assert.deepEqual(best.best, { step: 0, loss: 0.5, bytes: bytes(0) });
  best.starts(200, bytes(2));
  assert.equal(best.ends({ step: 300, loss: 0.1 }), false, "nothing was kept of step 300");
  best.starts(400, bytes(4));
  assert.equal(best.ends({ step: 400, loss: NaN }), false);
  best.starts(500, bytes(5));
  assert.equal(best.ends({ step: 500, loss: 0.4 }), true);
  assert.deepEqual(best.best, { step: 500, loss: 0.4, bytes: bytes(5) });
  best.clear();
  assert.equal(best.best, undefined);
});

test("the interval of a mean, by hand", () => {
  // 1, 2, 3, 4: s^2 = 5/3, so half = 1.959964 sqrt(5/12).
  const { mean, half } = interval([1, 2, 3, 4]);
  assert.equal(mean, 2.5);
  assert.ok(Math.abs(half - 1.959964 * Math.sqrt(5 / 12)) < 1e-12);
  assert.equal(interval([7, 7]).half, 0);
  assert.ok(Number.isNaN(interval([7]).half));
});

/** @type {import("../../www/types.js").Inspection} */
const inspection = {
  step: 30,
  weights: [
    {
      name: "gen.initial.linear.weight",
      norms: { min: 1, mean: 2, max: 3 },
      cosines: { min: -0.5, mean: 0, max: 0.25 },
      update_ratio: 0.125,
      share: null,
    },
    { name: "dis.final.conv.weight", norms: { min: 4, mean: 4, max: 4 }, cosines: null, update_ratio: null, share: 1 },
  ],
  activations: [{ name: "gen.initial.tprelu", slopes: { min: 0, mean: 0.25, max: 0.5 }, thresholds: null }],
  real: [0, 2],
  fake: [3, 0],
};

test("an inspection is shown network by network, of cosines the largest", () => {
  assert.deepEqual(values(inspection, "norms", "gen"), [{ name: "gen.initial.linear.weight", range: { min: 1, mean: 2, max: 3 } }]);
  assert.deepEqual(values(inspection, "cosines", "gen")[0].range, { min: 0.5, mean: 0.5, max: 0.5 });
  assert.deepEqual(values(inspection, "cosines", "dis"), []);
  assert.deepEqual(values(inspection, "share", "gen"), []);
  assert.deepEqual(values(inspection, "share", "dis")[0].range.mean, 1);
  assert.deepEqual(values(inspection, "slopes", "gen").map(({ range }) => range.max), [0.5]);
  assert.deepEqual(values(inspection, "thresholds", "gen"), []);
});

test("inspections and final losses are saved as tables", async () => {
  const history = new History();
  history.inside.push(inspection);
  const [head, ...rows] = (await history.csv("inside").text()).trim().split("\n");
  assert.equal(head, "step,tensor,quantity,min,mean,max");
  assert.ok(rows.includes("30,gen.initial.linear.weight,norm,1,2,3"));
  assert.ok(rows.includes("30,gen.initial.linear.weight,update_ratio,,0.125,"));
  assert.ok(rows.includes("30,dis.fake,bin0,,3,"));
  assert.equal(rows.length, 3 + 2 + 1 + 4, "what is missing has no row");
  history.finals.push({ step: 40, loss: 0.5, half: 0, losses: Float32Array.of(0.25, 0.75) });
  assert.equal(await history.csv("final").text(), "step,image,reconstruction_mse\n40,0,0.25\n40,1,0.75\n");
});

test("axes end where their values do, or at whole decades", () => {
  assert.deepEqual(ends([0.2, 0.4], { ends: [0, 1] }), [0, 1]);
  assert.deepEqual(ends([2e-6, 3e-4], { log: true }), [10 ** -6, 10 ** -3]);
  const [low, high] = ends([1, 3], {});
  assert.ok(low < 1 && low > 0.8 && high > 3 && high < 3.2);
  const [under, over] = ends([2, 2], {});
  assert.ok(under < 2 && over > 2);
  assert.equal(scale([1, 100], true)(10), 0.5);
  assert.equal(scale([0, 4], false)(1), 0.25);
});
