/** What a test does with a page, in terms of a tab of any engine. */
import { setTimeout as sleep } from "node:timers/promises";
import { BUILD_MILLIS } from "../harness.js";

/** @typedef {import("./tab.js").Tab} Tab */

const POLL_MILLIS = 100;

/** Waits for an element whose text matches. @param {Tab} tab @param {string} selector @param {string} [pattern] */
export async function has(tab, selector, pattern = "", millis = 60_000) {
  for (const end = Date.now() + millis; ; await sleep(POLL_MILLIS)) {
    const seen = await text(tab, selector);
    if (seen !== null && new RegExp(pattern).test(seen)) return;
    if (Date.now() > end) throw new Error(`After ${millis} ms ${selector} is not /${pattern}/ but ${JSON.stringify(seen)}.`);
  }
}

/** Waits for a run that can be played; a failed start is reported with the card's words. @param {Tab} tab */
export async function ready(tab) {
  await has(tab, "#play:not([aria-disabled=true]), #card.failed", "", BUILD_MILLIS);
  const failure = await text(tab, "#card.failed");
  if (failure) throw new Error(`The page did not start:\n${failure}`);
}

/** The text of an element, if there is one. @param {Tab} tab @param {string} selector */
export const text = (tab, selector) => tab.evaluate((selector) => document.querySelector(selector)?.textContent ?? null, selector);

/** The step that an element names. @param {Tab} tab @param {string} selector */
export const stepIn = async (tab, selector) => Number((await text(tab, selector))?.match(/step ([\d,]+)/)?.[1].replaceAll(",", ""));

/** The whole number that an element shows. @param {Tab} tab @param {string} selector */
export const number = async (tab, selector) => Number((await text(tab, selector))?.replace(/\D/g, ""));

/** Plays until a step and pauses. @param {Tab} tab @param {number} least @returns {Promise<number>} the step */
export async function train(tab, least) {
  await tab.click("#play");
  for (const end = Date.now() + BUILD_MILLIS; (await number(tab, "#fact-step")) < least; await sleep(POLL_MILLIS)) {
    if (Date.now() > end) throw new Error(`Step ${least} was not reached: ${await text(tab, "#fact-step")}; ${await text(tab, "#fault")}`);
  }
  return pause(tab);
}

/** Pauses, and waits until the page has kept the run. @param {Tab} tab @returns {Promise<number>} the step */
export async function pause(tab) {
  await tab.click("#play");
  await has(tab, "#say", "^\\s*Paused");
  const step = await stepIn(tab, "#say");
  await has(tab, "#keeping", `step ${step.toLocaleString("en")};`);
  return step;
}

/** The losses, one row a step, as the page gives them to be saved. @param {Tab} tab */
export async function losses(tab) {
  await has(tab, "#losses .tools button");
  const [head, ...rows] = (await saved(tab, "#losses .tools button")).trim().split("\n");
  return { head, rows };
}

/** The text of a file that a button gives to be saved. @param {Tab} tab @param {string} selector @returns {Promise<string>} */
async function saved(tab, selector) {
  await tab.evaluate(() => {
    const create = URL.createObjectURL;
    /** @type {any} */ (window).saved = new Promise((resolve) => {
      URL.createObjectURL = (file) => {
        URL.createObjectURL = create;
        resolve(/** @type {Blob} */ (file).text());
        return create(file);
      };
    });
  });
  await tab.click(selector);
  return tab.evaluate(() => /** @type {any} */ (window).saved);
}
