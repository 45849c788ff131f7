/**
 * The measured work and its networks: layers, and parameters under the names and in the shapes of the PyTorch references.
 *
 * @typedef {{ side: number, channels: number, batch: number, codes: number, width: number, levels: number }} Workload
 * @typedef {object} Layer
 * @property {"linear" | "conv" | "full" | "transposed"} kind `conv` and `transposed` are 4x4, stride 2, padding 1; `full`
 * covers the whole image
 * @property {string} name
 * @property {string | null} activation its name; the last layer of a network has none, but a gain and a bias
 * @property {number} units output channels
 * @property {number} side of the output
 * @property {number[]} shape of the weight
 * @property {number} unitAxis the weight's axis of output units
 * @property {number} factor f in y = <v, x> / sqrt(f |v|^2 + 1e-6)
 */

/** @type {Record<string, Workload>} */
export const WORKLOADS = {
  gan16: { side: 16, channels: 1, batch: 16, codes: 32, width: 16, levels: 2 },
  gan32: { side: 32, channels: 3, batch: 32, codes: 128, width: 64, levels: 3 },
};

export const NORM_EPS = 1e-6;
export const RMSPROP = { lr: 1e-4, decay: 0.9, eps: 1e-6 };

const KERNEL = [4, 4];
/** One over the squared stride: an output of a transposed convolution sees one weight in four. */
const TRANSPOSED_FACTOR = 0.25;

/** @param {Workload} workload @returns {Layer[]} */
export function discriminator({ side, channels, width, levels }) {
  /** @type {Layer[]} */
  const layers = [];
  let inputs = channels;
  for (let i = 0; i < levels; i++) {
    const units = width << i;
    const name = `dis.level.${i}`;
    layers.push({
      kind: "conv", name: `${name}.conv`, activation: `${name}.tprelu`, units, side: side >> (i + 1),
      shape: [units, inputs, ...KERNEL], unitAxis: 0, factor: 1,
    });
    inputs = units;
  }
  const rest = side >> levels;
  layers.push({
    kind: "full", name: "dis.final.conv", activation: null, units: 1, side: 1,
    shape: [1, inputs, rest, rest], unitAxis: 0, factor: 1,
  });
  return layers;
}

/** @param {Workload} workload @returns {Layer[]} */
export function generator({ side, channels, codes, width, levels }) {
  const rest = side >> levels;
  let inputs = width << (levels - 1);
  /** @type {Layer[]} */
  const layers = [{
    kind: "linear", name: "gen.initial.linear", activation: "gen.initial.tprelu", units: inputs, side: rest,
    shape: [inputs * rest * rest, codes], unitAxis: 0, factor: 1,
  }];
  for (let i = levels - 1; i >= 0; i--) {
    const units = i === 0 ? channels : width << (i - 1);
    const name = `gen.level.${i}`;
    layers.push({
      kind: "transposed", name: `${name}.conv`, activation: i === 0 ? null : `${name}.tprelu`, units, side: side >> i,
      shape: [inputs, units, ...KERNEL], unitAxis: 1, factor: TRANSPOSED_FACTOR,
    });
    inputs = units;
  }
  return layers;
}

/** Names and shapes of everything that is learned. @param {Layer[]} layers @returns {[string, number[]][]} */
export function parameters(layers) {
  return layers.flatMap(({ name, activation, units, shape }) => {
    const pair = activation === null ? [`${name}.scale`, `${name}.bias`] : [`${activation}.bias`, `${activation}.weight`];
    return [[`${name}.weight`, shape], [pair[0], [units]], [pair[1], [units]]];
  });
}
