/**
 * Sums of products as one instruction: `node scripts/contract.js < in.wat > out.wat` replaces a*b + x by
 * f32x4.relaxed_madd(a, b, x), as WGSL allows (src/processor), wherever x is a local that a and b leave alone. Compilers
 * may not do so by themselves; processors that have the instruction are up to twice as fast with it.
 */
import { readFileSync, writeFileSync } from "node:fs";

const ADD = "(f32x4.add";
/** A local of its own, which keeps the sum between two products. */
const SUM = "$contracted";

/** Where the expression that opens at `from` ends. @param {string} text @param {number} from */
function endOf(text, from) {
  let depth = 0;
  for (let i = from; ; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i + 1;
  }
}

/** The operands of the expression that opens at `from`. @param {string} text @param {number} from */
function operands(text, from) {
  const found = [];
  const end = endOf(text, from) - 1;
  for (let at = text.indexOf("(", from + 1); at >= 0 && at < end; ) {
    const next = endOf(text, at);
    found.push(text.slice(at, next));
    at = text.indexOf("(", next);
  }
  return found;
}

/**
 * The terms of a sum: what is added to, and the products in order; nothing where it is no such sum.
 * @param {string} sum @returns {{ first: string, products: string[] } | undefined}
 */
function terms(sum) {
  const [left, right] = operands(sum, 0);
  if (!right.startsWith("(f32x4.mul")) return undefined;
  const before = left.startsWith(ADD) ? terms(left) : undefined;
  return { first: before?.first ?? left, products: [...(before?.products ?? []), right] };
}

/** The same sum, its terms evaluated in the same order. @param {string} sum */
function contracted(sum) {
  const found = terms(sum);
  if (!found) return undefined;
  const product = (/** @type {string} */ text) => operands(text, 0).join(" ");
  const steps = found.products.map((text) => `(f32x4.relaxed_madd ${product(text)} (local.get ${SUM}))`);
  const last = steps.pop();
  const set = [found.first, ...steps].map((value) => `(local.set ${SUM} ${value})`);
  return `(block (result v128) ${set.join(" ")} ${last})`;
}

const text = readFileSync(0, "utf8");
let count = 0;

/** @param {string} body of a function */
function rewritten(body) {
  let [out, done] = ["", 0];
  for (let at = body.indexOf(ADD); at >= 0; at = body.indexOf(ADD, done)) {
    const end = endOf(body, at);
    const better = contracted(body.slice(at, end));
    out += body.slice(done, at) + (better ?? ADD);
    // An addition that stays may hold others.
    done = better ? end : at + ADD.length;
    count += Number(better !== undefined);
  }
  return out + body.slice(done);
}

const functions = text.split(/(?=\n \(func )/).map((part) => {
  const better = part.includes(ADD) ? rewritten(part) : part;
  return better === part ? part : better.replace(/\n  (?!\()|\n  (?=\((?!param|result|local \$|type))/, (end) => `\n  (local ${SUM} v128)${end}`);
});
if (count === 0) throw new Error("There is no sum of products to contract: the compiler writes them in another way now.");
writeFileSync(1, functions.join(""));
console.error(`${count} sums of products contracted`);
