/** The page's arithmetic, and the program's tables as the page reads them, without a browser. */
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { posix } from "node:path";
import { test } from "node:test";
import { Best } from "../../www/worker/best.js";
import { keepVariant, keptVariants } from "../../www/variants.js";
import { Curve } from "../../www/curve.js";
import { ema } from "../../www/ema.js";
import { History } from "../../www/worker/history.js";
import { pick } from "../../www/i18n.js";
import { values } from "../../www/views/inside.js";
import { interval } from "../../www/worker/interval.js";
import { eachRow, lossLines, WIDTH } from "../../www/losses.js";
import { keysOf, means, parse } from "../../www/settings.js";
import { strings } from "../../www/strings.js";
import { ends, scale } from "../../www/views/svg.js";
import { presetOf, readDevice, readHash, writeHash } from "../../www/url.js";
import { fromRoot, program } from "./harness.js";

/** @typedef {import("../../wn_gan.js").Config} Config */

const core = await program();
const [settings, presets] = [core.settings(), core.presets()];

/** @param {keyof Config} name */
function key(name) {
  const found = settings.find((key) => key.name === name);
  return found ?? assert.fail(`there is no setting ${name}`);
}

/** @param {string} name */
const preset = (name) => presetOf(presets, name).config;

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
  const modules = (await readdir(fromRoot("www"), { recursive: true })).filter((name) => name.endsWith(".js") && !name.startsWith("strings"));
  const files = ["index.html", ...modules.map((name) => `www/${name}`)];
  const source = (await Promise.all(files.map((file) => readFile(fromRoot(file), "utf8")))).join("\n");
  const named = [...source.matchAll(/data-(?:t|label|hint)="([^"]+)"/g)].map((match) => match[1]);
  for (const key of named) assert.ok(Object.hasOwn(strings.en, key), `index.html names "${key}"`);
  // The others are put together at run time: of a stage, a preset, a complaint about the address, a quantity or a layer's
  // kind.
  const built = /^((stage|absent|cause|fix|field|group|preset|channels)\.|say\.(unknown|whole|real|choice|preset|device)$|inside\.\w+(\.hint)?$|theorem\.\w+$)/;
  for (const key of Object.keys(strings.en)) {
    assert.ok(built.test(key) || source.includes(`"${key}"`), `"${key}" is used nowhere`);
  }
  for (const { name } of presets) assert.ok(Object.hasOwn(strings.en, `preset.${name}`), `the preset "${name}" has no name`);
});

test("the shell asks for all of its modules at once", async () => {
  const html = await readFile(fromRoot("index.html"), "utf8");
  const preloaded = [...html.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map((match) => match[1]);
  const imported = new Set(["www/main.js"]);
  for (const name of imported) {
    const source = await readFile(fromRoot(name), "utf8");
    for (const [, other] of source.matchAll(/ from "(\.[^"]+)";/g)) imported.add(posix.join(posix.dirname(name), other));
  }
  assert.deepEqual(preloaded.sort(), [...imported].sort());
});

test("the shell's English is that of the table", async () => {
  const html = await readFile(fromRoot("index.html"), "utf8");
  const texts = [...html.matchAll(/data-t="([^"]+)"[^>]*>([^<]*)</g)];
  assert.ok(texts.length > 20);
  for (const [, key, text] of texts) assert.equal(text, strings.en[/** @type {keyof typeof strings.en} */ (key)].replace(/&/g, "&amp;"), key);
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
  history.pushLosses(0, Float32Array.of(0.1, 0.2, 0.4, 0.3, 0.4, 0.5, 0.6, 0.9));
  const [head, ...rows] = (await history.csv("losses").text()).trim().split("\n");
  assert.equal(head, "step,d_loss_real,d_loss_fake,g_loss,d_loss");
  assert.deepEqual(rows.map((row) => row.split(",").map(Number)), [
    [0, 0.1, 0.2, 0.4, 0.3].map(Math.fround),
    [1, 0.4, 0.5, 0.6, 0.9].map(Math.fround),
  ]);
});

test("a loss without parts on real images and on fakes leaves their cells empty and draws D's loss in all", async () => {
  /** The labels and last values of what is drawn. @param {number[]} row @param {number} rows */
  const drawn = (row, rows) => {
    const curve = new Curve(WIDTH, 2);
    eachRow(Float32Array.from(Array.from({ length: rows }, () => row).flat()), (values, i) => curve.push(i, values));
    return lossLines(curve).map(({ label, column }) => [label, curve.mean[column].at(-1)]);
  };
  const [whole, without] = [[0.25, 0.5, 2, 0.75], [NaN, NaN, 2, 0.75]];
  // Five rows are more than two buckets: what is not there stays so when buckets are joined.
  for (const rows of [1, 5]) {
    assert.deepEqual(drawn(whole, rows), [["losses.real", 0.25], ["losses.fake", 0.5], ["losses.g", 2]]);
    assert.deepEqual(drawn(without, rows), [["losses.d", 0.75], ["losses.g", 2]]);
  }
  assert.equal(drawn(whole, 0).length, 3, "before the first step");
  const history = new History();
  history.pushLosses(1, Float32Array.from(without));
  assert.equal(await history.csv("losses").text(), "step,d_loss_real,d_loss_fake,g_loss,d_loss\n1,,,2,0.75\n");
});

test("settings go into the address and come back", () => {
  assert.equal(writeHash(preset("small"), "small", presets), "");
  const config = { ...preset("tiny"), norm: /** @type {const} */ ("none"), lr: 2e-4, nlayer: -1, dataset: "my file & co.bin" };
  const hash = writeHash(config, "tiny", presets);
  assert.equal(hash, "#preset=tiny&dataset=my+file+%26+co.bin&norm=none&lr=0.0002");
  assert.deepEqual(readHash(hash, presets, settings), { preset: "tiny", config, problems: [] });
  for (const { name, config } of presets) {
    const all = new URLSearchParams(Object.entries(config).map(([key, value]) => [key, String(value)]));
    assert.deepEqual(readHash(`#preset=tiny&${all}`, presets, settings), { preset: "tiny", config, problems: [] }, name);
  }
});

test("what the address says wrongly is reported, and the rest is kept", () => {
  const hash = "#preset=huge&lr=fast&colour=1&seed=7&norm=none&batch_size=1.5&norm_d=magic&nlayer=&ema=2";
  const { preset: name, config, problems } = readHash(hash, presets, settings);
  assert.equal(name, "small");
  assert.deepEqual(config, { ...preset("small"), seed: 7, norm: "none" });
  const found = Object.fromEntries(problems.map(({ kind, values }) => [values.key ?? "preset", kind]));
  const kinds = { preset: "preset", lr: "real", colour: "unknown", batch_size: "whole", norm_d: "choice", nlayer: "whole", ema: "real" };
  assert.deepEqual(found, kinds);
  const values = { key: "batch_size", value: "1.5", fallback: 32, min: "1", max: "1024" };
  assert.deepEqual(problems.find(({ kind }) => kind === "whole")?.values, values);
  assert.match(String(problems.find(({ kind }) => kind === "choice")?.values.names), /^same, weight, .*spectral/);
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

test("the program's table has every setting, with words for it in both languages", () => {
  assert.deepEqual(settings.map(({ name }) => name), keysOf(preset("small")));
  assert.ok(settings.length > 40, `${settings.length} settings`);
  for (const { name, label, help, kind, when } of settings) {
    const texts = [label, help, ...(kind.type === "choice" ? kind.choices.flatMap(({ label, hint }) => [label, hint]) : [])];
    for (const { en, zh } of texts) {
      assert.match(en, /^[^\u4e00-\u9fff]+$/, `${name}: ${en}`);
      assert.notEqual(zh.trim(), "", name);
    }
    assert.match(help.zh, /[\u4e00-\u9fff]/, name);
    for (const [of, values] of when) {
      const other = settings.find((setting) => setting.name === of);
      for (const value of values) assert.equal(other && parse(other, value), value, `${name} with ${of} ${value}`);
    }
  }
});

test("a word is a value of its setting, or none", () => {
  /** @param {keyof Config} name @param {string} text */
  const read = (name, text) => parse(key(name), text);
  assert.deepEqual([read("lr", "1e-4"), read("nlayer", "-1"), read("seed", "4294967295")], [1e-4, -1, 4294967295]);
  assert.deepEqual([read("norm", "batch"), read("norm_g", "same"), read("dataset", "7")], ["batch", "same", "7"]);
  for (const text of ["", " ", "fast", "1.5", "0", "1025", "NaN", "Infinity"]) assert.equal(read("batch_size", text), undefined, text);
  for (const text of ["", "-1", "1.1", "Infinity"]) assert.equal(read("lr", text), undefined, text);
  for (const text of ["", "same", "Weight"]) assert.equal(read("norm", text), undefined, text);
});

test("settings are shown only where they mean something", () => {
  /** @param {Partial<Config>} changes */
  const extra = (changes) => {
    const config = { ...preset("small"), ...changes };
    return settings.filter((key) => key.when.length > 0 && means(key, config)).map(({ name }) => name);
  };
  const ofWeight = ["gain", "bias", "init_scale", "init_factor"];
  assert.deepEqual(extra({ norm: "none", order: "simultaneous" }), []);
  assert.deepEqual(extra({ norm: "batch", order: "simultaneous" }), ["statistics"]);
  assert.deepEqual(extra({ net: "resnet", optimiser: "adam" }), ["nblock", ...ofWeight, "n_dis", "beta1", "beta2"]);
  // One network may have a norm of its own.
  assert.deepEqual(extra({ norm: "none", norm_g: "batch", order: "simultaneous" }), ["statistics"]);
  assert.deepEqual(extra({ norm: "batch", norm_d: "weight", norm_g: "weight", order: "simultaneous" }), ofWeight);
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

/** @type {import("../../wn_gan.js").Inspection} */
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
  history.pushInspection(inspection);
  const [head, ...rows] = (await history.csv("inside").text()).trim().split("\n");
  assert.equal(head, "step,tensor,quantity,min,mean,max");
  assert.ok(rows.includes("30,gen.initial.linear.weight,norm,1,2,3"));
  assert.ok(rows.includes("30,gen.initial.linear.weight,update_ratio,,0.125,"));
  assert.ok(rows.includes("30,dis.fake,bin0,,3,"));
  assert.equal(rows.length, 3 + 2 + 1 + 4, "what is missing has no row");
  history.pushFinal({ step: 40, loss: 0.5, half: 0, losses: Float32Array.of(0.25, 0.75) });
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
