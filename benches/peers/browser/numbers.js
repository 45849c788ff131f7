/**
 * Parameters and inputs by formula: that of scripts/golden_networks.py, so that every peer can be held against the PyTorch
 * references of tests/golden/.
 *
 * @typedef {import("./workloads.js").Workload} Workload
 */

/** The first `count` words of the stream `name`: 32-bit hashes, seeded by the FNV-1a hash of the name. */
function words(/** @type {string} */ name, /** @type {number} */ count) {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  return Uint32Array.from({ length: count }, (_, i) => {
    let x = (seed + Math.imul(i, 0x9e3779b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return x ^ (x >>> 16);
  });
}

/** Numbers in [-1, 1) on a grid of 2^-20. @param {string} name @param {number} count */
export const uniforms = (name, count) => Float64Array.from(words(name, count), (word) => (word >>> 11) / 2 ** 20 - 1);

/** @param {number[]} shape */
export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

/**
 * The first value of a parameter. Weights are of the usual size. All else is at its initial value or, with `spread`,
 * around it, so that no gradient hides behind a zero.
 * @param {string} name @param {number[]} shape @param {boolean} spread
 */
export function start(name, shape, spread) {
  const count = sizeOf(shape);
  const around = (/** @type {(u: number) => number} */ f) =>
    Float32Array.from(spread ? uniforms(name, count) : new Float64Array(count), f);
  if (name.endsWith("prelu.weight")) {
    return spread ? around((u) => Math.min(1, Math.max(0, 0.5 + u))) : new Float32Array(count).fill(0.25);
  }
  if (name.endsWith(".scale")) return around((u) => 1 + u / 8);
  if (name.endsWith(".bias")) return around((u) => u / 8);
  const small = name === "gen.initial.linear.weight" ? 0.01 : 1;
  const bound = small / Math.sqrt(count / shape[0]);
  return Float32Array.from(uniforms(name, count), (u) => u * bound);
}

/** One batch: real images in [0, 1] as [B, c, S, S], and the codes of D's and of G's update. */
export function batch(/** @type {Workload} */ workload, /** @type {number} */ t) {
  const { side, channels, batch: images, codes } = workload;
  const normal = (/** @type {string} */ name) => {
    const u = uniforms(name, 3 * images * codes);
    return Float32Array.from({ length: images * codes }, (_, i) => u[3 * i] + u[3 * i + 1] + u[3 * i + 2]);
  };
  const real = Float32Array.from(words(`real.${t}`, images * channels * side * side), (word) => (word >>> 24) / 255);
  return { real, zD: normal(`z_d.${t}`), zG: normal(`z_g.${t}`) };
}
