/**
 * Holds the first three steps of a peer against PyTorch's, in tests/golden/: losses, and how far and where to every
 * parameter has moved. A wrong gradient shows in both.
 */
import { readFile } from "node:fs/promises";
import { sizeOf, start, uniforms } from "./numbers.js";
import { discriminator, generator, parameters, WORKLOADS } from "./workloads.js";

/**
 * Relative. Losses before any update, losses after updates, and the change of a parameter. In gan32 one activation is 5e-8
 * from its threshold: on the other side of it, PyTorch itself arrives at losses up to 2e-3 and changes up to 4e-2 away.
 */
const TOLERANCE = { first: 1e-4, later: 5e-3, change: 5e-2 };

/** @param {Iterable<number>} vector */
const norm = (vector) => Math.sqrt([...vector].reduce((sum, x) => sum + x * x, 0));

/** @param {string} workload */
async function golden(workload) {
  const file = workload === "gan16" ? "gan16_weight" : workload;
  const { base, cases } = JSON.parse(await readFile(new URL(`../../../tests/golden/${file}.json`, import.meta.url), "utf8"));
  const wanted = { loss: "bce", order: "alternating", norm: "weight" };
  return cases.find((/** @type {{ config: Record<string, string> }} */ { config }) => {
    const all = { ...base, ...config };
    const tprelu = all.activation === "auto" || all.activation === "tprelu";
    return tprelu && Object.entries(wanted).every(([key, value]) => all[key] === value);
  });
}

/**
 * What is wrong, in sentences; none when all is well.
 * @param {string} workload @param {{ losses: number[][], parameters: Record<string, number[]> }} found
 */
export async function faults(workload, found) {
  const reference = await golden(workload);
  /** @type {string[]} */
  const wrong = [];
  /** @type {(what: string, is: number, should: number, tolerance: number, scale?: number) => void} */
  const compare = (what, is, should, tolerance, scale = Math.abs(should)) => {
    if (!(Math.abs(is - should) <= tolerance * scale)) wrong.push(`${what} is ${is}, in PyTorch ${should}`);
  };
  reference.losses.forEach((/** @type {number[]} */ [real, fake, g], /** @type {number} */ t) => {
    compare(`D's loss in step ${t}`, found.losses[t][0], real + fake, t === 0 ? TOLERANCE.first : TOLERANCE.later);
    compare(`G's loss in step ${t}`, found.losses[t][1], g, TOLERANCE.later);
  });
  for (const [name, shape] of [discriminator, generator].flatMap((side) => parameters(side(WORKLOADS[workload])))) {
    const [from, direction] = [start(name, shape, true), uniforms(`${name}.direction`, sizeOf(shape))];
    const change = found.parameters[name].map((value, i) => value - from[i]);
    const [length, projection] = reference.parameters[name].slice(3);
    compare(`The change of ${name}`, norm(change), length, TOLERANCE.change);
    const along = change.reduce((sum, value, i) => sum + value * direction[i], 0);
    compare(`The direction of ${name}`, along, projection, TOLERANCE.change, length * norm(direction));
  }
  return wrong;
}
