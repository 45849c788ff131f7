/** What looks inside a run: inspection, final test, best networks, batch statistics, and the theorem. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { BUILD_MILLIS, browser, host, pause, program, playUntil, ready, said, stepOf, visit } from "./harness.js";

const TINY =
  "#preset=tiny&norm=batch&nfeature=4&batch_size=8&vis_size=2&running=8&final=20&test_steps=2&test_interval=10";

/** @type {Awaited<ReturnType<typeof host>>} */
let site;
/** @type {import("playwright-core").Browser} */
let chromium;
/** @type {Awaited<ReturnType<typeof visit>>} */
let visitor;
/** @type {import("playwright-core").Page} */
let page;
/** A checkpoint of the run with batch normalisation. @type {Buffer} */
let ofBatchNorm;

before(async () => {
  site = await host();
  chromium = await browser();
  visitor = await visit(chromium);
  ({ page } = visitor);
  await page.goto(`${site.url}${TINY}`);
});

after(async () => {
  await chromium?.close();
  site?.stop();
});

/** What a button gives to be saved. @param {string} selector */
async function saved(selector) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(selector)]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

/** Metadata of a safetensors file. @param {Buffer} bytes */
const metadata = (bytes) => JSON.parse(bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0))))["__metadata__"];

/** Cells of the table of layers, row by row. */
async function layers() {
  await page.$eval("#inside details", (details) => details.setAttribute("open", ""));
  const rows = await page.locator("#inside tbody tr").all();
  return Promise.all(rows.map((row) => row.locator("td").allInnerTexts()));
}

test("the theorem is computed for every choice", { timeout: BUILD_MILLIS }, async () => {
  await ready(page);
  await page.locator("#theorem").scrollIntoViewIfNeeded();
  /** The first figure: the largest difference. */
  const facts = () => page.locator("#theorem dd").allInnerTexts();
  await page.locator("#theorem dd").first().waitFor({ timeout: 50_000 });
  const difference = async () => Number((await facts())[0].replace(",", ""));
  for (const maps of ["linear", "conv", "transposed", "mixed"]) {
    for (const activation of ["prelu", "relu"]) {
      const before = await facts();
      await page.selectOption("select[name=theorem-maps]", maps);
      await page.selectOption("select[name=theorem-activation]", activation);
      await page.waitForFunction((text) => document.querySelector("#theorem dl")?.textContent !== text, before.join(""));
      await page.waitForTimeout(100);
      const shown = await facts();
      assert.ok((await difference()) < Number(shown[2]), `${maps}, ${activation}: ${shown}`);
      assert.ok(Number(shown[4]) > 1e-3, `${maps}, ${activation}: a forgotten shift must show, ${shown}`);
      assert.equal(/\d/.test(shown[5]), maps !== "linear", `${maps}: ${shown[5]}`);
      assert.equal(await page.locator("#theorem figure").count(), 4);
    }
  }
  await page.fill("input[name=theorem-depth]", "8");
  await page.press("input[name=theorem-depth]", "Enter");
  await page.locator("#theorem figure").nth(7).waitFor();
  assert.match(String(await page.locator("#theorem svg").first().getAttribute("aria-label")), /norms from .* thresholds/);
  await page.fill("input[name=theorem-depth]", "9");
  await page.press("input[name=theorem-depth]", "Tab");
  assert.equal(await page.inputValue("input[name=theorem-depth]"), "8", "what is out of range is not taken");
});

test("the form has every setting of the program's table, with its range or choices and what it means", async () => {
  const settings = (await program()).settings();
  const inputs = await page.locator("#settings").locator("input[type=number], select").all();
  const names = await Promise.all(inputs.map((input) => input.getAttribute("name")));
  const own = ["preset", "size"]; // A preset is many settings, a size two; colours follow from the images.
  const expected = settings.map(({ name }) => name).filter((name) => name !== "channels");
  assert.deepEqual(names.filter((name) => !own.includes(String(name))).sort(), [...expected].sort());
  for (const { name, label, help, kind, group } of settings) {
    if (group === "data") continue;
    const input = page.locator(`#settings [name=${name}]`);
    const hint = page.locator(`#${await input.getAttribute("aria-describedby")}`);
    assert.ok((await input.evaluate((element) => element.closest("label")?.textContent))?.startsWith(label.en), name);
    if (kind.type === "choice") {
      const options = await input.locator("option").evaluateAll((all) => all.map((option) => [option.getAttribute("value"), option.textContent]));
      assert.deepEqual(options, kind.choices.map(({ name, label }) => [name, label.en]), name);
      const chosen = await input.inputValue();
      assert.equal(await hint.textContent(), kind.choices.find(({ name }) => name === chosen)?.hint.en, name);
    } else if (kind.type !== "text") {
      const ends = [await input.getAttribute("min"), await input.getAttribute("max")].map(Number);
      assert.deepEqual(ends, [kind.min, kind.max], name);
      assert.equal(await hint.textContent(), help.en, name);
    }
  }
});

test("each normalisation says what it is, and which statistics are in use", { timeout: BUILD_MILLIS }, async () => {
  const norm = page.locator("select[name=norm]");
  const choices = await norm.locator("option").evaluateAll((options) => options.map((option) => option.getAttribute("value") ?? ""));
  assert.ok(["none", "weight", "batch"].every((choice) => choices.includes(choice)), String(choices));
  const told = new Set();
  for (const choice of [...choices.filter((choice) => choice !== "batch"), "batch"]) {
    await norm.selectOption(choice);
    told.add(await page.locator("#hint-norm").innerText());
    assert.equal(await page.locator("select[name=statistics]").isVisible(), choice === "batch");
  }
  assert.equal(told.size, choices.length, "every choice has a meaning of its own");
  assert.match(await page.locator("#hint-statistics").innerText(), /In use.*averages of training/);
  assert.ok(await page.locator("select[name=optimiser]").isHidden(), "what is seldom needed is behind the fold");
  assert.ok(await page.locator(".pending").isHidden(), "all is as the run is");
});

test("after a test the networks are looked into, and the best are kept", { timeout: BUILD_MILLIS }, async () => {
  assert.equal(await page.locator("#save-best").getAttribute("aria-disabled"), "true");
  await playUntil(page, 25);
  await page.locator("#inside figure svg").nth(4).waitFor({ timeout: 120_000 });
  await pause(page);
  const found = await layers();
  assert.ok(found.some(([name]) => name === "gen.initial.linear.weight"), String(found));
  assert.ok(found.some(([name]) => name === "gen.initial.prelu"), String(found));
  await page.selectOption("select[name=inside-network]", "dis");
  assert.ok((await layers()).every(([name]) => name.startsWith("dis.")));
  const { bytes: table } = await saved("#save-inside");
  const rows = table.toString().trim().split("\n");
  assert.equal(rows[0], "step,tensor,quantity,min,mean,max");
  for (const quantity of ["norm", "cosine", "update_ratio", "first_share", "slope"]) {
    assert.ok(rows.some((row) => row.split(",")[2] === quantity && Number.isFinite(Number(row.split(",")[4]))), quantity);
  }
  // Eight real images and eight fakes were judged at each inspection.
  const count = (/** @type {string} */ what) =>
    rows.filter((row) => row.split(",")[1] === what).reduce((sum, row) => sum + Number(row.split(",")[4]), 0);
  assert.ok(count("dis.real") > 0 && count("dis.real") % 8 === 0, `${count("dis.real")}`);
  assert.equal(count("dis.real"), count("dis.fake"));

  const label = await page.locator("#save-best").innerText();
  const step = label.match(/step (\d+)/)?.[1];
  const scores = (await saved("#scores .tools button")).bytes.toString().trim().split("\n").slice(1);
  const lowest = scores.map((row) => row.split(",").map(Number)).reduce((a, b) => (b[1] < a[1] ? b : a));
  assert.equal(Number(step), lowest[0], `${label}; ${scores}`);
  const { name, bytes } = await saved("#save-best");
  assert.match(name, new RegExp(`step${step}-best\\.safetensors$`));
  assert.equal(metadata(bytes).step, step);
});

test("the final test tells a mean with its interval, and every loss", { timeout: BUILD_MILLIS }, async () => {
  const step = await stepOf(page);
  const before = (await saved("#scores .tools button")).bytes.toString();
  await page.click("#final-test");
  const text = await said(page, /Final test at step/, 120_000);
  const [, at, mean, half] = text.match(/step ([\d,]+): ([\d.e-]+) ± ([\d.e-]+) \(95 % interval over 20 images\)/) ?? [];
  assert.equal(Number(at), step, text);
  const [head, ...rows] = (await saved("#save-losses")).bytes.toString().trim().split("\n");
  assert.equal(head, "step,image,reconstruction_mse");
  const losses = rows.map((row) => Number(row.split(",")[2]));
  assert.equal(losses.length, 20);
  const average = losses.reduce((a, b) => a + b) / 20;
  const deviation = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - average) ** 2, 0) / 19);
  assert.ok(Math.abs(average - Number(mean)) < 1e-3 * average, `${average}, ${text}`);
  // Shown with two digits.
  assert.ok(Math.abs((1.96 * deviation) / Math.sqrt(20) - Number(half)) < 0.06 * Number(half), `${deviation}, ${text}`);
  assert.equal((await saved("#scores .tools button")).bytes.toString(), before, "it is no point of the running curve");
  assert.equal(await stepOf(page), step);
});

test("other statistics are used without giving up the run", { timeout: BUILD_MILLIS }, async () => {
  const step = await stepOf(page);
  const before = await saved("#save-checkpoint");
  await page.selectOption("select[name=statistics]", "batch");
  assert.match(await page.locator("#hint-statistics").innerText(), /images drawn together/);
  assert.equal(await page.locator("#apply").innerText(), "Apply and go on");
  await page.click("#apply");
  await said(page, /goes on where it was/, BUILD_MILLIS);
  assert.equal(await stepOf(page), step);
  assert.ok(await page.locator("#inside figure").first().isVisible(), "what was known of the run is kept");
  const after = await saved("#save-checkpoint");
  assert.equal(JSON.parse(metadata(after.bytes).config).statistics, "batch");
  const tensors = (/** @type {Buffer} */ bytes) => bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
  ofBatchNorm = after.bytes;
  assert.ok(tensors(after.bytes).equals(tensors(before.bytes)), "not one number of the networks has changed");
  await playUntil(page, step + 2);
  await pause(page);
});

test("under weight normalisation gradients stand at a right angle to their weights", { timeout: BUILD_MILLIS }, async () => {
  const loose = (await layers()).map((cells) => Number(cells[2])).filter(Number.isFinite);
  await page.selectOption("select[name=norm]", "weight");
  assert.equal(await page.locator("#apply").innerText(), "Apply and restart");
  await page.click("#apply");
  await said(page, /new run is ready/, BUILD_MILLIS);
  assert.match(await page.locator("#inside").innerText(), /Appears with the first test/);
  await playUntil(page, 15);
  await page.locator("#inside figure svg").nth(4).waitFor({ timeout: 120_000 });
  await pause(page);
  const cosines = (await layers()).map((cells) => Number(cells[2])).filter(Number.isFinite);
  assert.ok(cosines.length > 2, "the table has cosines");
  // Rounding of sums of thousands of products in single precision, against a few per cent of plain weights.
  for (const cosine of cosines) assert.ok(cosine < 1e-3, String(cosines));
  assert.ok(Math.max(...loose) > 1e-3, `the same measure tells plain weights apart: ${loose}`);
});

test("a checkpoint brings its settings with it, and the run that it replaces can be had back", { timeout: 2 * BUILD_MILLIS }, async () => {
  const step = await stepOf(page);
  await page.setInputFiles("#checkpoint-file", { name: "batch", mimeType: "", buffer: ofBatchNorm });
  await said(page, new RegExp(`Opened with its settings: training goes on from step ${metadata(ofBatchNorm).step}`), BUILD_MILLIS);
  assert.equal(await page.inputValue("select[name=norm]"), "batch");
  assert.equal(await page.inputValue("select[name=statistics]"), "batch");
  assert.equal(await stepOf(page), Number(metadata(ofBatchNorm).step));
  assert.ok(await page.locator("#inside figure").first().isVisible(), "what was known of the run came with its file");
  await playUntil(page, (await stepOf(page)) + 2);
  await pause(page);
  await page.setInputFiles("#checkpoint-file", { name: "batch", mimeType: "", buffer: ofBatchNorm });
  await said(page, /Opened with its settings/, BUILD_MILLIS);
  await page.click("#undo");
  await said(page, /The run before is back/, BUILD_MILLIS);
  assert.ok((await stepOf(page)) > Number(metadata(ofBatchNorm).step));
  assert.ok(step > 0);
});

test("of a loss without parts the chart shows D's in all and G's, in both languages", async () => {
  /** Legend and table of a chart, before the first row, after two rows, and after the next run's first. */
  const shown = () =>
    page.evaluate(async (root) => {
      const { Chart } = await import(`${root}www/views/chart.js`);
      const { Curve } = await import(`${root}www/curve.js`);
      const { lossLines, WIDTH } = await import(`${root}www/losses.js`);
      const panel = document.createElement("div");
      document.body.append(panel);
      const curve = new Curve(WIDTH);
      const options = { title: "losses", hint: "losses.hint", alt: "losses.alt", smoothing: 0, lines: lossLines };
      const chart = new Chart(panel, curve, options, () => {});
      chart.open = true;
      chart.render();
      /** The series' names and read-outs, but for the step's and the hidden envelopes'; then the table's cells. */
      const read = async () => {
        await new Promise((resolve) => setTimeout(resolve)); // A plot's legend is filled in a microtask.
        const legend = [...panel.querySelectorAll(".u-series:not(.raw)")].slice(1);
        const cells = (/** @type {ParentNode} */ of) => [...of.querySelectorAll("th, td")].map((cell) => cell.textContent);
        return { legend: legend.map(cells), table: [...(/** @type {HTMLTableElement | null} */ (panel.querySelector("details table"))?.rows ?? [])].map((row) => cells(row).slice(1)) };
      };
      chart.update();
      const empty = await read();
      curve.push(1, [NaN, NaN, 2, 0.75]);
      curve.push(2, [NaN, NaN, 2.5, 0.5]);
      chart.update();
      const without = await read();
      curve.clear();
      curve.push(1, [0.25, 0.5, 2, 0.75]);
      chart.update();
      const whole = await read();
      panel.remove();
      return { empty, without, whole };
    }, site.url);
  const { empty, without, whole } = await shown();
  assert.deepEqual(empty.legend, [["D on real", "–"], ["D on fakes", "–"], ["G", "–"]]);
  assert.deepEqual(without.legend, [["D (in all)", "0.5"], ["G", "2.5"]]);
  assert.deepEqual(without.table, [["D (in all)", "G"], ["0.5", "2.5"], ["0.75", "2"]]);
  assert.deepEqual(whole.legend, [["D on real", "0.25"], ["D on fakes", "0.5"], ["G", "2"]]);
  assert.deepEqual(whole.table, [["D on real", "D on fakes", "G"], ["0.25", "0.5", "2"]]);
  await page.selectOption("#language", "zh-CN");
  assert.deepEqual((await shown()).without.legend, [["D（总计）", "0.5"], ["G", "2.5"]]);
  await page.selectOption("#language", "en");
});

test("the panels fit a phone and speak Chinese", async () => {
  await page.setViewportSize({ width: 360, height: 780 });
  await page.selectOption("#language", "zh-CN");
  await page.waitForTimeout(300);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(over, 0, "the page is wider than a phone");
  const english = /[A-Za-z]{4,} [a-z]{3,} [a-z]{2,}/;
  for (const part of ["#inside", "#theorem"]) assert.doesNotMatch(await page.locator(part).innerText(), english);
  assert.deepEqual(visitor.errors, []);
});
