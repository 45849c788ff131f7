/** The workload in TensorFlow.js, for any of its backends. Images are NHWC, filters HWIO. */
import * as tf from "@tensorflow/tfjs-core";
import { linear, normalised, softplus, tprelu } from "./tfjs_ops.js";
import { batch as inputs, start } from "./numbers.js";
import { discriminator, generator, parameters, RMSPROP } from "./workloads.js";

/** @typedef {import("./workloads.js").Workload} Workload @typedef {import("./workloads.js").Layer} Layer */

/** From PyTorch's order to that of TensorFlow.js: OIHW to HWIO, and IOHW to HWOI for transposed convolutions. */
const TO_HWIO = [2, 3, 1, 0];
const FROM_HWIO = [3, 2, 0, 1];
const STRIDE = 2;

/** @param {Layer} layer */
function imageOf({ kind, side, units, shape }) {
  return kind === "linear" ? [units, side, side, shape[1]] : shape;
}

/** A weight as the library's operations want it. @param {Layer} layer @param {tf.Tensor} value in PyTorch's order */
function inside(layer, value) {
  const { kind, shape } = layer;
  if (kind === "linear") return value.reshape(imageOf(layer)).transpose([3, 1, 2, 0]).reshape([shape[1], shape[0]]);
  const filter = value.transpose(TO_HWIO);
  return kind === "full" ? filter.reshape([-1, 1]) : filter;
}

/** The way back. @param {Layer} layer @param {tf.Tensor} value */
function outside(layer, value) {
  const { kind, shape, side, units } = layer;
  if (kind === "linear") return value.reshape([shape[1], side, side, units]).transpose([3, 1, 2, 0]);
  const filter = kind === "full" ? value.reshape([shape[2], shape[3], shape[1], 1]) : value;
  return filter.transpose(FROM_HWIO);
}

/** The axes of a weight inside that belong to one unit. @type {Record<Layer["kind"], number[]>} */
const AXES = { linear: [0], full: [0], conv: [0, 1, 2], transposed: [0, 1, 3] };

/** One network: its layers, and what it learns. */
class Network {
  /** @param {Layer[]} layers @param {number} batch @param {boolean} spread */
  constructor(layers, batch, spread) {
    this.layers = layers;
    this.batch = batch;
    /** @type {Record<string, tf.Variable>} */
    this.variables = {};
    /** @type {Record<string, tf.Variable>} */
    this.squares = {};
    const weights = new Map(layers.map((layer) => [`${layer.name}.weight`, layer]));
    for (const [name, shape] of parameters(layers)) {
      const layer = weights.get(name);
      const value = tf.tidy(() => {
        const given = tf.tensor(start(name, shape, spread), shape);
        return layer ? inside(layer, given) : given;
      });
      this.variables[name] = tf.variable(value, true, name);
      this.squares[name] = tf.variable(tf.zerosLike(value), false);
    }
    this.slopes = Object.keys(this.variables).filter((name) => name.endsWith("prelu.weight"));
  }

  get list() {
    return Object.values(this.variables);
  }

  /** @param {tf.Tensor} x */
  forward(x) {
    for (const layer of this.layers) {
      const { kind, name, activation, units, side, factor } = layer;
      const p = this.variables;
      let w = normalised(p[`${name}.weight`], AXES[kind], factor);
      // One unit's gain belongs to its weights: there are fewer of them than of outputs.
      if (activation === null) w = w.mul(kind === "transposed" ? p[`${name}.scale`].reshape([-1, 1]) : p[`${name}.scale`]);
      x = this.map(layer, x, w);
      if (kind === "linear") x = x.reshape([-1, side, side, units]);
      x = activation === null ? x.add(p[`${name}.bias`]) : tprelu(x, p[`${activation}.bias`], p[`${activation}.weight`]);
    }
    return x;
  }

  /** @param {Layer} layer @param {tf.Tensor} x @param {tf.Tensor} w */
  map({ kind, side, units }, x, w) {
    if (kind === "linear") return linear(x, w);
    if (kind === "full") return x.reshape([x.shape[0], -1]).matMul(w);
    if (kind === "conv") return tf.conv2d(x, w, STRIDE, "same");
    return tf.conv2dTranspose(x, w, [x.shape[0], side, side, units], STRIDE, "same");
  }

  /** RMSprop; the library's own has eps inside the root. @param {tf.NamedTensorMap} gradients */
  update(gradients) {
    const { lr, decay, eps } = RMSPROP;
    for (const [name, gradient] of Object.entries(gradients)) {
      const [variable, square] = [this.variables[name], this.squares[name]];
      square.assign(square.mul(decay).add(gradient.square().mul(1 - decay)));
      const moved = variable.sub(gradient.mul(lr).div(square.sqrt().add(eps)));
      variable.assign(name.endsWith("prelu.weight") ? moved.clipByValue(0, 1) : moved);
    }
  }
}

export class TfjsTrainer {
  /** @param {Workload} workload @param {boolean} spread see `start` */
  constructor(workload, spread) {
    const { batch } = workload;
    this.workload = workload;
    this.d = new Network(discriminator(workload), batch, spread);
    this.g = new Network(generator(workload), batch, spread);
    // Softplus of the signed logit is the loss of either kind of image.
    this.signs = tf.tidy(() => tf.concat([tf.fill([batch, 1], -1), tf.ones([batch, 1])]));
    this.losses = tf.variable(tf.zeros([2]), false);
  }

  /** Batch `t`, on the device. @param {number} t */
  upload(t) {
    const { side, channels, batch, codes } = this.workload;
    const { real, zD, zG } = inputs(this.workload, t);
    return tf.tidy(() => ({
      real: tf.tensor(real, [batch, channels, side, side]).transpose([0, 2, 3, 1]),
      zD: tf.tensor(zD, [batch, codes]),
      zG: tf.tensor(zG, [batch, codes]),
    }));
  }

  /** @param {tf.Tensor} z */
  fake(z) {
    return this.g.forward(z).sigmoid();
  }

  /** @param {{ real: tf.Tensor, zD: tf.Tensor, zG: tf.Tensor }} batch */
  step({ real, zD, zG }) {
    const { batch } = this.workload;
    tf.tidy(() => {
      const images = tf.concat([real, this.fake(zD)]);
      const forD = tf.variableGrads(
        () => softplus(this.d.forward(images).mul(this.signs)).sum().div(batch),
        this.d.list,
      );
      this.d.update(forD.grads);
      const forG = tf.variableGrads(() => softplus(this.d.forward(this.fake(zG)).neg()).sum().div(batch), this.g.list);
      this.g.update(forG.grads);
      this.losses.assign(tf.stack([forD.value, forG.value]));
    });
  }

  /** D's and G's loss of the last step; waits until it is done. @returns {Promise<number[]>} */
  async readLosses() {
    return [...(await this.losses.data())];
  }

  /** All parameters by name, in PyTorch's order. */
  async readParameters() {
    /** @type {Record<string, number[]>} */
    const values = {};
    for (const network of [this.d, this.g]) {
      const weights = new Map(network.layers.map((layer) => [`${layer.name}.weight`, layer]));
      for (const [name, variable] of Object.entries(network.variables)) {
        const layer = weights.get(name);
        const value = tf.tidy(() => (layer ? outside(layer, variable) : variable.clone()));
        values[name] = [...(await value.data())];
        value.dispose();
      }
    }
    return values;
  }
}
