/** What the program and the page say when something fails, in both languages, without a browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault, fromWire, toWire } from "../../www/fault.js";
import { fill } from "../../www/fill.js";
import { sentenceOf } from "../../www/i18n.js";
import { zh as coreZh } from "../../www/strings_core.js";
import { en as faultsEn, zh as faultsZh } from "../../www/strings_faults.js";
import { program } from "./harness.js";

const core = await program();
/** @type {Record<string, string>} */
const coreEn = Object.fromEntries(core.sentences().map(({ code, text }) => [code, text]));

/** Latin words that Chinese sentences keep: names of things, formats, settings, and their values. */
const NAMES = new Set(
  `activation alternating auto batch batch_size channels CIFAR CPU cpu crc32 data_batch_1.bin dcgan Debian DirectX epsilon final
  GPU gpu gzip IDX lr MB mesa-vulkan-drivers Metal MiB NaN n_dis net nlayer none norm NumPy order PDF pickle PReLU prelu Python
  ReLU relu resnet ResNet RGB running safetensors seconds sigmoid simultaneous TPReLU TReLU train-images-idx3-ubyte
  train-images-idx3-ubyte.gz Vulkan WebP weight WNGAN_DEVICE F32 CIFAR-10 CIFAR-100`.split(/\s+/),
);

/** @param {string} text */
const blanks = (text) => (text.match(/\{\w+\}/g) ?? []).sort();

/**
 * What is wrong with a table of translations.
 * @param {Readonly<Record<string, string>>} en @param {Readonly<Record<string, string>>} zh
 */
function problems(en, zh) {
  /** @type {string[]} */
  const found = [];
  for (const code of Object.keys(zh)) if (!Object.hasOwn(en, code)) found.push(`${code}: there is no such sentence`);
  for (const [code, text] of Object.entries(en)) {
    if (!Object.hasOwn(zh, code)) {
      found.push(`${code}: no Chinese`);
      continue;
    }
    const translated = zh[code];
    if (String(blanks(translated)) !== String(blanks(text))) found.push(`${code}: other blanks`);
    if (!/[。？！]$/.test(translated)) found.push(`${code}: no full stop`);
    if (!/\p{Script=Han}/u.test(translated)) found.push(`${code}: no Chinese word`);
    const words = translated.replace(/\{\w+\}/g, " ").match(/[A-Za-z][\w.-]*[A-Za-z0-9]/g) ?? [];
    for (const word of words) {
      if (!NAMES.has(word)) found.push(`${code}: the English word "${word}"`);
      else if (!text.includes(word) && word !== "GPU" && word !== "CPU") found.push(`${code}: the name "${word}", which the English lacks`);
    }
  }
  return found;
}

test("every sentence of the program and of the page has Chinese with the same blanks", () => {
  assert.ok(Object.keys(coreEn).length > 90);
  assert.deepEqual(problems(coreEn, coreZh), []);
  assert.deepEqual(problems(faultsEn, faultsZh), []);
});

test("a translation that is missing, left over, half done or has other blanks is found", () => {
  const code = "config.whole";
  /** @param {string} text */
  const with_ = (text) => problems(coreEn, { ...coreZh, [code]: text });
  const missing = Object.fromEntries(Object.entries(coreZh).filter(([name]) => name !== code));
  assert.deepEqual(problems(coreEn, missing), [`${code}: no Chinese`]);
  assert.deepEqual(problems(coreEn, { ...coreZh, "config.old": "旧句。" }), ["config.old: there is no such sentence"]);
  assert.deepEqual(with_(coreZh[code].replace("{max}", "{most}")), [`${code}: other blanks`]);
  assert.deepEqual(with_(coreZh[code].replace("整数", "whole 数")), [`${code}: the English word "whole"`]);
  assert.deepEqual(with_(coreZh[code].replace("整数", "IDX 数")), [`${code}: the name "IDX", which the English lacks`]);
  assert.deepEqual(with_(coreZh[code].replace("。", "")), [`${code}: no full stop`]);
});

/** @param {() => unknown} work @returns {unknown} */
function thrown(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  return assert.fail("nothing was thrown");
}

test("an error of the program has a code and values, which make its message", () => {
  const error = thrown(() => core.Dataset.open("empty.bin", new Uint8Array()));
  assert.ok(error instanceof Error);
  const { message, code, values } = toWire(error);
  assert.deepEqual({ code, values }, { code: "data.empty", values: { name: "empty.bin" } });
  assert.equal(message, fill(coreEn["data.empty"], { name: "empty.bin" }));
  const depth = toWire(thrown(() => core.theorem(99, "linear", "relu", 1)));
  assert.deepEqual([depth.code, depth.values?.found], ["theorem.depth", "99"]);
  // @ts-expect-error A word that is none.
  assert.equal(toWire(thrown(() => core.theorem(3, "round", "relu", 1))).code, "web.value");
});

test("a sentence is said in the page's language", () => {
  const error = thrown(() => core.Dataset.open("empty.bin", new Uint8Array()));
  const sent = toWire(error);
  assert.equal(sentenceOf(error), sent.message);
  assert.equal(sentenceOf(new Fault("page.no_run"), "en"), "No run has been started. Apply settings first.");
  /** @param {unknown} error */
  const inChinese = (error) => sentenceOf(error, "zh-CN");
  for (const form of [error, sent, fromWire(sent)]) assert.match(inChinese(form), /^“empty\.bin”是空文件/);
  assert.equal(inChinese(new Fault("page.no_images", { name: "{name}" })), "图像“{name}”尚未打开。请打开后再试，或选择内置人脸。");
  assert.equal(inChinese({ message: "Of a newer program.", code: "config.new", values: {} }), "Of a newer program.");
  assert.equal(inChinese({ message: "No.", code: "toString", values: {} }), "No.");
  assert.equal(inChinese(new TypeError("x is undefined")), "x is undefined");
  for (const odd of [null, undefined, 7, "words", {}]) assert.equal(typeof inChinese(odd), "string");
});

test("what was thrown crosses as a plain object and comes back as an error", () => {
  const fault = new Fault("page.no_images", { name: "mnist" });
  const sent = structuredClone(toWire(fault));
  assert.deepEqual(sent, {
    message: "The images \"mnist\" are not open. Open them, then try again, or choose the built-in faces.",
    code: "page.no_images",
    values: { name: "mnist" },
  });
  const back = fromWire(sent);
  assert.ok(back instanceof Error);
  assert.deepEqual(toWire(back), sent);
  assert.deepEqual(new Fault("page.no_worker", { file: 7 }).values, { file: "7" });
  // Nothing but a sentence with all of its values is passed on as one.
  assert.deepEqual(toWire(new DOMException("Full.", "QuotaExceededError")), { message: "Full." });
  assert.deepEqual(toWire({ message: "Odd.", code: "a.b", values: { n: 1 } }), { message: "Odd." });
  assert.deepEqual(toWire("words"), { message: "words" });
  assert.deepEqual(toWire(fromWire({ message: "Plain." })), { message: "Plain." });
});
