/**
 * Sums of products as one instruction: `node scripts/contract.js < in.wat > out.wat` replaces a*b + x by
 * f32x4.relaxed_madd(a, b, x), as WGSL allows (src/processor), wherever x is a local that a and b leave alone. Compilers
 * may not do so by themselves; processors that have the instruction are up to twice as fast with it.
 */
import { readFileSync, writeFileSync } from "node:fs";

const ADD = "(f32x4.add";

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

/** @param {string} text an addition */
function contracted(text) {
  const [x, product] = operands(text, 0);
  const local = /^\(local\.get (\$\S+)\s*\)$/.exec(x);
  if (!local || !product.startsWith("(f32x4.mul")) return text;
  const isSet = operands(product, 0).some((side) => side.includes(`(local.tee ${local[1]}\n`));
  return isSet ? text : `(f32x4.relaxed_madd ${operands(product, 0).join(" ")} ${x})`;
}

const text = readFileSync(0, "utf8");
let [out, done, count] = ["", 0, 0];
for (let at = text.indexOf(ADD); at >= 0; at = text.indexOf(ADD, done)) {
  const end = endOf(text, at);
  const sum = text.slice(at, end);
  const better = contracted(sum);
  // An addition that stays may hold others.
  const next = better === sum ? at + ADD.length : end;
  out += text.slice(done, at) + (better === sum ? ADD : better);
  count += Number(better !== sum);
  done = next;
}
if (count === 0) throw new Error("There is no sum of products to contract: the compiler writes them in another way now.");
writeFileSync(1, out + text.slice(done));
console.error(`${count} sums of products contracted`);
