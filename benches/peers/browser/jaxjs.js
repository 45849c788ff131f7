/**
 * The workload in jax-js, for any of its devices; the whole step is one `jit`. Images are NCHW and weights in PyTorch's
 * order. Arrays are passed on by their last use, and by `.ref` before that (the library counts references).
 */
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { batch as inputs, start } from "./numbers.js";
import { discriminator, generator, NORM_EPS, parameters, RMSPROP } from "./workloads.js";

/** @typedef {import("./workloads.js").Workload} Workload @typedef {import("./workloads.js").Layer} Layer */
/** @typedef {np.Array} Array @typedef {Record<string, Array>} Arrays */

/** @type {[number, number][]} */
const BORDER = [[1, 1], [1, 1]];
const ONE_STEP = [1, 1];

/** A value per channel beside an image. @param {Array} x */
const perChannel = (x) => x.reshape([1, -1, 1, 1]);

/** v / sqrt(f |v|^2 + 1e-6) per unit. @param {Layer} layer @param {Array} v */
function normalised({ unitAxis, factor, shape }, v) {
  const others = shape.map((_, axis) => axis).filter((axis) => axis !== unitAxis);
  const length = np.sqrt(np.square(v.ref).sum(others, { keepdims: true }).mul(factor).add(NORM_EPS));
  return v.div(length);
}

/** @param {Array} x @param {Array} a @param {Array} s */
function tprelu(x, a, s) {
  const above = x.ref.greater(a.ref);
  const below = s.mul(x.ref.sub(a.ref)).add(a);
  return np.where(above, x, below);
}

/** ln(1 + e^x), exact for large |x|, which nn.softplus is not. @param {Array} x */
const softplus = (x) => nn.relu(x.ref).add(np.log1p(np.exp(np.absolute(x).neg())));

/**
 * 4x4, stride 2, padding 1, as 2x2 on pixels gathered in fours: the library's gradient of a strided convolution
 * multiplies by the zeros between the strides, three in four.
 * @param {Array} x @param {Array} w OIHW
 */
function conv(x, w) {
  const [batch, channels, height, width] = x.shape;
  const [units] = w.shape;
  const gathered = np.pad(x, [[0, 0], [0, 0], [1, 1], [1, 1]])
    .reshape([batch, channels, height / 2 + 1, 2, width / 2 + 1, 2])
    .transpose([0, 1, 3, 5, 2, 4])
    .reshape([batch, channels * 4, height / 2 + 1, width / 2 + 1]);
  const taps = w.reshape([units, channels, 2, 2, 2, 2]).transpose([0, 1, 3, 5, 2, 4]).reshape([units, channels * 4, 2, 2]);
  return lax.conv(gathered, taps, ONE_STEP, "VALID");
}

/** Its transpose, the same way round. @param {Array} x @param {Array} w IOHW */
function transposed(x, w) {
  const [batch, , height, width] = x.shape;
  const [channels, units] = w.shape;
  const taps = np.flip(w.reshape([channels, units, 2, 2, 2, 2]), [2, 4])
    .transpose([1, 3, 5, 0, 2, 4])
    .reshape([units * 4, channels, 2, 2]);
  return lax.conv(x, taps, ONE_STEP, BORDER)
    .reshape([batch, units, 2, 2, height + 1, width + 1])
    .transpose([0, 1, 4, 2, 5, 3])
    .reshape([batch, units, 2 * height + 2, 2 * width + 2])
    .slice([], [], [1, -1], [1, -1]);
}

/** @param {Layer} layer @param {Array} x @param {Array} w */
function map({ kind, units, side }, x, w) {
  const [batch] = x.shape;
  if (kind === "linear") return np.matmul(x, w.transpose()).reshape([batch, units, side, side]);
  if (kind === "full") return np.matmul(x.reshape([batch, -1]), w.reshape([-1, 1])).reshape([batch, 1, 1, 1]);
  return kind === "conv" ? conv(x, w) : transposed(x, w);
}

/** Uses `p` up. @param {Layer[]} layers @param {Arrays} p @param {Array} x */
function forward(layers, p, x) {
  for (const layer of layers) {
    const { name, activation } = layer;
    x = map(layer, x, normalised(layer, p[`${name}.weight`]));
    x = activation === null
      ? x.mul(perChannel(p[`${name}.scale`])).add(perChannel(p[`${name}.bias`]))
      : tprelu(x, perChannel(p[`${activation}.bias`]), perChannel(p[`${activation}.weight`]));
  }
  return x;
}

/** RMSprop with eps outside the root. @param {Arrays} p @param {Arrays} squares @param {Arrays} gradients */
function update(p, squares, gradients) {
  const { lr, decay, eps } = RMSPROP;
  /** @type {[Arrays, Arrays]} */
  const [values, means] = [{}, {}];
  for (const [name, gradient] of Object.entries(gradients)) {
    means[name] = squares[name].mul(decay).add(np.square(gradient.ref).mul(1 - decay));
    const moved = p[name].sub(gradient.mul(lr).div(np.sqrt(means[name].ref).add(eps)));
    values[name] = name.endsWith("prelu.weight") ? np.clip(moved, 0, 1) : moved;
  }
  return [values, means];
}

/** @typedef {{ d: Arrays, g: Arrays, dSquares: Arrays, gSquares: Arrays }} State */

/** A whole alternating step. @param {Workload} workload */
function stepOf(workload) {
  const { batch } = workload;
  const [dLayers, gLayers] = [discriminator(workload), generator(workload)];
  const fake = (/** @type {Arrays} */ g, /** @type {Array} */ z) => nn.sigmoid(forward(gLayers, g, z));
  const dLoss = (/** @type {Arrays} */ d, /** @type {Array} */ images, /** @type {Array} */ signs) =>
    softplus(forward(dLayers, d, images).mul(signs)).sum().div(batch);
  const gLoss = (/** @type {Arrays} */ g, /** @type {Arrays} */ d, /** @type {Array} */ z) =>
    softplus(forward(dLayers, d, fake(g, z)).neg()).sum().div(batch);
  return (
    /** @type {State} */ { d, g, dSquares, gSquares },
    /** @type {Array} */ signs, /** @type {Array} */ real, /** @type {Array} */ zD, /** @type {Array} */ zG,
  ) => {
    const images = np.concatenate([real, fake(tree.ref(g), zD)]);
    const [ofD, dGradients] = valueAndGrad(dLoss)(tree.ref(d), images, signs);
    const [newD, newDSquares] = update(d, dSquares, dGradients);
    const [ofG, gGradients] = valueAndGrad(gLoss)(tree.ref(g), tree.ref(newD), zG);
    const [newG, newGSquares] = update(g, gSquares, gGradients);
    return { state: { d: newD, g: newG, dSquares: newDSquares, gSquares: newGSquares }, losses: np.stack([ofD, ofG]) };
  };
}

export class JaxTrainer {
  /** @param {Workload} workload @param {boolean} spread see `start` */
  constructor(workload, spread) {
    const { batch } = workload;
    this.workload = workload;
    this.compiled = jit(stepOf(workload));
    const [d, g] = [discriminator(workload), generator(workload)].map(parameters);
    const values = (/** @type {[string, number[]][]} */ list) =>
      Object.fromEntries(list.map(([name, shape]) => [name, np.array(start(name, shape, spread), { shape })]));
    const zeros = (/** @type {[string, number[]][]} */ list) =>
      Object.fromEntries(list.map(([name, shape]) => [name, np.zeros(shape)]));
    /** @type {State} */
    this.state = { d: values(d), g: values(g), dSquares: zeros(d), gSquares: zeros(g) };
    // Softplus of the signed logit is the loss of either kind of image.
    const signs = Float32Array.from({ length: 2 * batch }, (_, i) => (i < batch ? -1 : 1));
    this.signs = np.array(signs, { shape: [2 * batch, 1, 1, 1] });
    this.losses = np.zeros([2]);
  }

  /** Batch `t`, on the device. @param {number} t */
  upload(t) {
    const { side, channels, batch, codes } = this.workload;
    const { real, zD, zG } = inputs(this.workload, t);
    return {
      real: np.array(real, { shape: [batch, channels, side, side] }),
      zD: np.array(zD, { shape: [batch, codes] }),
      zG: np.array(zG, { shape: [batch, codes] }),
    };
  }

  /** @param {{ real: Array, zD: Array, zG: Array }} batch stays the caller's */
  step({ real, zD, zG }) {
    this.losses.dispose();
    const { state, losses } = this.compiled(this.state, this.signs.ref, real.ref, zD.ref, zG.ref);
    this.state = state;
    this.losses = losses;
  }

  /** D's and G's loss of the last step; waits until it is done. @returns {Promise<number[]>} */
  async readLosses() {
    return [...(await this.losses.ref.data())];
  }

  /** All parameters by name, in PyTorch's order. */
  async readParameters() {
    /** @type {Record<string, number[]>} */
    const values = {};
    for (const [name, value] of Object.entries({ ...this.state.d, ...this.state.g })) {
      values[name] = [...(await value.ref.data())];
    }
    return values;
  }
}

/** @param {"webgpu" | "wasm"} device */
export async function startJax(device) {
  const found = await init(device);
  if (!found.includes(device)) throw new Error(`jax-js has no device ${device} here.`);
  defaultDevice(device);
  return { Trainer: JaxTrainer, backend: device };
}
