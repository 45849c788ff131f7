/** From load to a saved run with the keys alone: Tab, Enter, Space and arrows. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BUILD_MILLIS, browser, host, ready, said, visit } from "./harness.js";

const TINY = "#preset=tiny&nfeature=8&batch_size=8&vis_size=4&running=8&final=8&test_steps=5&test_interval=40";
/** More stops than the page has. */
const MANY = 200;

/** @type {Awaited<ReturnType<typeof host>>} */
let site;
/** @type {import("playwright-core").Browser} */
let chromium;
/** @type {Awaited<ReturnType<typeof visit>>} */
let visitor;
/** @type {import("playwright-core").Page} */
let page;

before(async () => {
  site = await host();
  chromium = await browser();
  visitor = await visit(chromium);
  ({ page } = visitor);
});

after(async () => {
  await chromium?.close();
  site?.stop();
});

/** What has the focus: whether it is what is looked for, is on screen, and shows that it has it. @param {string} selector */
const focus = (selector) =>
  page.evaluate((selector) => {
    const at = document.activeElement;
    const nowhere = at === null || at === document.body;
    const { outlineStyle, outlineWidth } = getComputedStyle(at ?? document.body);
    const { top, bottom, width, height } = (at ?? document.body).getBoundingClientRect();
    return {
      name: nowhere ? "nothing" : at.id || at.getAttribute("name") || at.outerHTML.slice(0, 80),
      found: !nowhere && at.matches(selector),
      visible: !nowhere && width > 0 && height > 0 && bottom > 0 && top < innerHeight,
      marked: !nowhere && outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0,
    };
  }, selector);

/** Goes from stop to stop; each must be seen. @param {string} selector */
async function tabTo(selector) {
  const passed = [];
  for (let i = 0; i < MANY; i++) {
    await page.keyboard.press("Tab");
    const at = await focus(selector);
    if (at.name === "nothing") continue; // Behind the last stop comes the browser's own frame.
    assert.ok(at.visible && at.marked, `${at.name}: on screen ${at.visible}, marked ${at.marked}`);
    if (at.found) return;
    passed.push(at.name);
  }
  assert.fail(`Tab does not lead to ${selector} but to ${passed.join(", ")}`);
}

/** @param {number} least */
const reaches = (least) =>
  page.waitForFunction((n) => Number(document.querySelector("#fact-step")?.textContent?.replace(/\D/g, "")) >= n, least, { timeout: 120_000 });

test("a run is begun, looked at, changed and saved with the keys alone", { timeout: 2 * BUILD_MILLIS }, async () => {
  await page.goto(`${site.url}${TINY}`);
  await tabTo("#skip");
  await page.keyboard.press("Enter");
  await ready(page);
  assert.ok((await focus("#hero")).found, "the start has taken the focus away");

  await tabTo("#play");
  await page.keyboard.press("Enter");
  await reaches(21);
  assert.ok((await focus("#play")).found, "playing has taken the focus away");
  await page.keyboard.press("Space");
  await said(page, /Paused/);

  await tabTo("#losses .plot");
  await page.keyboard.press("ArrowLeft");
  assert.match(await page.locator("#losses [role=status]").innerText(), /\d/);

  await tabTo("select[name=norm]");
  const norm = () => page.locator("select[name=norm]").inputValue();
  const before = await norm();
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await norm(), before);
  await tabTo("#apply");
  await page.keyboard.press("Enter");
  await said(page, /new run is ready/);
  assert.ok((await focus("#hero")).found, "the button pressed went away, and the focus with it");

  await tabTo("#play");
  await page.keyboard.press("Space");
  await reaches(21);
  await page.keyboard.press("Enter");
  const step = (await said(page, /Paused/)).replace(/\D/g, "");
  await tabTo("#save-checkpoint");
  const [file] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  assert.match(file.suggestedFilename(), new RegExp(`${await norm()}.*step${step}\\.safetensors$`));
  assert.deepEqual(visitor.errors, []);
});
