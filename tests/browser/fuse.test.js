/** scripts/fuse.js: which sums of products become one instruction, and which stay. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fromRoot } from "./harness.js";

/** @param {string} name of a function @param {string} body */
const wat = (name, body) => `(module\n (func $${name} (param $x v128) (result v128)\n  ${body}\n )\n)\n`;
/** @param {string} input */
const fuse = (input) => spawnSync(process.execPath, [fromRoot("scripts/fuse.js")], { input, encoding: "utf8" });

const A = "(local.get $x)";
const PRODUCT = `(f32x4.mul (v128.load offset=4 (i32.const 8)) ${A})`;
const KERNEL = "wn_gan::cpu::kernels::kernel_0::run";

test("products are added one after the other, in their order", () => {
  const { stdout } = fuse(wat(KERNEL, `(f32x4.add (f32x4.add ${A} ${PRODUCT}) (f32x4.mul (f32x4.neg ${A}) ${A}))`));
  const sum = "$sum_of_products";
  const first = `(f32x4.relaxed_madd (v128.load offset=4 (i32.const 8)) ${A} (local.get ${sum}))`;
  const second = `(f32x4.relaxed_madd (f32x4.neg ${A}) ${A} (local.get ${sum}))`;
  assert.ok(stdout.includes(`(block (result v128) (local.set ${sum} ${A}) (local.set ${sum} ${first}) ${second})`), stdout);
  assert.ok(stdout.includes(`(local ${sum} v128)`));
});

test("sums without products stay, and what they hold is looked at", () => {
  const { stdout } = fuse(wat(KERNEL, `(f32x4.add (f32x4.neg (f32x4.add ${A} ${PRODUCT})) ${A})`));
  assert.match(stdout, /\(f32x4\.add \(f32x4\.neg \(block/);
});

test("nothing is fused outside of kernels, and a program without kernels is an error", () => {
  const { status, stderr } = fuse(wat("wn_gan::data::faces::faces", `(f32x4.add ${A} ${PRODUCT})`));
  assert.notEqual(status, 0);
  assert.match(stderr, /No kernel has a sum of products/);
});
