/** The page fits every window that it is likely to be in, and is pictured there for those who look at the results. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BUILD_MILLIS, browser, host, pause, picture, playUntil, ready, visit } from "./harness.js";

/** @type {Awaited<ReturnType<typeof host>>} */
let site;
/** @type {import("playwright-core").Browser} */
let chromium;

before(async () => {
  site = await host();
  chromium = await browser();
});

after(async () => {
  await chromium?.close();
  site?.stop();
});

const SHOWN = { hash: "#preset=tiny&nfeature=8&running=8&final=8&test_steps=5&test_interval=40", steps: 60 };
const LOOKS = [
  { name: "desktop", width: 1280, height: 900, colorScheme: "light", language: "en" },
  { name: "dark", width: 1280, height: 900, colorScheme: "dark", language: "en" },
  { name: "zh-cn", width: 1280, height: 900, colorScheme: "light", language: "zh-CN" },
  { name: "phone", width: 360, height: 780, colorScheme: "light", language: "en" },
];

test("the page fits and is pictured: desktop, dark, Chinese, phone", { timeout: 2 * BUILD_MILLIS }, async () => {
  const look = await visit(chromium, { viewport: { width: 360, height: 780 } });
  await look.page.goto(`${site.url}${SHOWN.hash}`);
  const over = () => look.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(await over(), 0, "the start is wider than a phone");
  await ready(look.page);
  await playUntil(look.page, SHOWN.steps);
  await pause(look.page);
  for (const { name, width, height, colorScheme, language } of LOOKS) {
    await look.page.setViewportSize({ width, height });
    await look.page.emulateMedia({ colorScheme: /** @type {"light" | "dark"} */ (colorScheme) });
    await look.page.selectOption("#language", language);
    await look.page.waitForTimeout(500);
    await picture(look.page, name);
    await picture(look.page, `${name}-whole`, true);
    assert.equal(await over(), 0, `${name}: the page is wider than the window`);
  }
  await look.close();
  assert.deepEqual(look.errors, []);
});
