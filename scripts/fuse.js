/**
 * Products and sums as one instruction: `node scripts/fuse.js < in.wat > out.wat` replaces x + a*b by
 * f32x4.relaxed_madd(a, b, x) in the kernels for the CPU (src/cpu), where WGSL allows it. A compiler may not do so
 * by itself, and elsewhere in the program nobody may: the built-in images are the same bits everywhere.
 */
import { readFileSync, writeFileSync } from "node:fs";

const ADD = "(f32x4.add";
const MULTIPLY = "(f32x4.mul";
/** A function of the module that build/module.rs writes. */
const KERNEL = /^\n \(func \$\S*cpu\S*kernels\S*/;
/** A local of its own, which keeps a sum between two products. */
const SUM = "$sum_of_products";

/** Where the expression that opens at `from` ends. @param {string} text @param {number} from */
function endOf(text, from) {
  let depth = 0;
  for (let i = from; ; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i + 1;
  }
}

/** The operands of an expression. @param {string} text */
function operands(text) {
  const found = [];
  for (let at = text.indexOf("(", 1); at >= 0; ) {
    const end = endOf(text, at);
    found.push(text.slice(at, end));
    at = text.indexOf("(", end);
  }
  return found;
}

/**
 * What a sum begins with, and the products that are added in order; nothing where it is no such sum.
 * @param {string} sum @returns {{ first: string, products: string[] } | undefined}
 */
function terms(sum) {
  const [left, right] = operands(sum);
  if (!right.startsWith(MULTIPLY)) return undefined;
  const before = left.startsWith(ADD) ? terms(left) : undefined;
  return { first: before?.first ?? left, products: [...(before?.products ?? []), right] };
}

/** The same sum, its terms evaluated in the same order. @param {string} sum */
function fused(sum) {
  const found = terms(sum);
  if (!found) return undefined;
  const steps = found.products.map((product) => `(f32x4.relaxed_madd ${operands(product).join(" ")} (local.get ${SUM}))`);
  const last = steps.pop();
  const sets = [found.first, ...steps].map((value) => `(local.set ${SUM} ${value})`);
  return `(block (result v128) ${sets.join(" ")} ${last})`;
}

let count = 0;

/** @param {string} text of a function */
function rewritten(text) {
  let [out, done] = ["", 0];
  for (let at = text.indexOf(ADD); at >= 0; at = text.indexOf(ADD, done)) {
    const end = endOf(text, at);
    const better = fused(text.slice(at, end));
    out += text.slice(done, at) + (better ?? ADD);
    // A sum that stays may hold others.
    done = better ? end : at + ADD.length;
    count += Number(better !== undefined);
  }
  return out + text.slice(done);
}

/** A function's text with one more local, behind its head. @param {string} text */
function withSum(text) {
  const head = /^\n \(func [^\n]*\n/.exec(text)?.[0] ?? "";
  return `${head}  (local ${SUM} v128)\n${text.slice(head.length)}`;
}

const parts = readFileSync(0, "utf8").split(/(?=\n \(func )/);
const whole = parts.map((part) => (KERNEL.test(part) && part.includes(ADD) ? withSum(rewritten(part)) : part)).join("");
if (count === 0) throw new Error("No kernel has a sum of products: the compiler writes them, or names them, in another way now.");
writeFileSync(1, whole);
console.error(`${count} sums of products fused`);
