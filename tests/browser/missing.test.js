/** Where something is missing the card says what, why and what to do; the rest of the page stays readable. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, host, picture, visit } from "./harness.js";

/** @type {Awaited<ReturnType<typeof host>>} */
let site;

before(async () => {
  site = await host();
});

after(() => site?.stop());

/** @param {import("playwright-core").Page} page @param {string} stage */
async function failedAt(page, stage) {
  await page.locator("#card.failed").waitFor({ timeout: 30_000 });
  const card = await page.locator("#card").innerText();
  assert.equal(await page.locator("#card li[data-state=failed]").getAttribute("data-stage"), stage, card);
  assert.match(card, /Copy diagnostics/);
  assert.ok(await page.locator("#play").isDisabled());
  assert.match(await page.locator("#about").innerText(), /weight-normalised layer/);
  return card;
}

test("without WebGPU the card names the stage and what to do", async () => {
  const chromium = await browser({ webgpu: false });
  try {
    const { page, errors } = await visit(chromium);
    await page.goto(site.url);
    await page.locator("#card.failed").waitFor({ timeout: 30_000 });
    const offered = await page.evaluate(() => "gpu" in navigator);
    const card = await failedAt(page, offered ? "adapter" : "webgpu");
    assert.match(card, offered ? /no graphics adapter/ : /no WebGPU/);
    assert.match(card, offered ? /graphics driver/ : /Chrome/);
    await page.click("#copy-diagnostics");
    assert.match(await page.locator("#card pre").innerText(), /browser: .*Chrome/);
    await picture(page, "without-webgpu");
    assert.deepEqual(errors, []);
  } finally {
    await chromium.close();
  }
});

test("on a page that is not secure the card says so first", async () => {
  const chromium = await browser({ switches: ["--host-resolver-rules=MAP plain.test 127.0.0.1"] });
  try {
    const { page } = await visit(chromium);
    await page.goto(site.url.replace("127.0.0.1", "plain.test"));
    assert.match(await failedAt(page, "secure"), /https/);
  } finally {
    await chromium.close();
  }
});

test("when the program's file is missing the card says so, and another try can succeed", async () => {
  const chromium = await browser();
  try {
    const { page } = await visit(chromium);
    await page.route("**/wn_gan.js", (route) => route.fulfill({ status: 404, body: "" }));
    await page.goto(`${site.url}#preset=tiny`);
    assert.match(await failedAt(page, "program"), /Reload the page/);
    await page.unroute("**/wn_gan.js");
    await page.locator("#card .primary").click();
    await page.locator("#card li[data-stage=kernel][data-state=done]").waitFor({ timeout: 60_000 });
  } finally {
    await chromium.close();
  }
});

test("settings of the address that cannot be trained are refused in the card, and can be mended", async () => {
  const chromium = await browser();
  try {
    const { page } = await visit(chromium);
    await page.goto(`${site.url}#preset=tiny&width=17`);
    assert.match(await failedAt(page, "pipelines"), /width must be even/);
    assert.ok(await page.locator("input[name=seed]").isEnabled());
  } finally {
    await chromium.close();
  }
});
