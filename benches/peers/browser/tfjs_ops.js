/**
 * What the library does not have as one operation, each with its gradient written out: automatic differentiation of the
 * composed forms launches more kernels.
 */
import * as tf from "@tensorflow/tfjs-core";
import { NORM_EPS } from "./workloads.js";

/** Sums over everything but the last axis. @param {tf.Tensor} x */
const sumPerChannel = (x) => x.reshape([-1, x.shape[x.rank - 1]]).sum(0);

/**
 * v / sqrt(f |v|^2 + 1e-6) per unit; `axes` are those of one unit.
 * @param {tf.Tensor} v @param {number[]} axes @param {number} f @returns {tf.Tensor}
 */
export function normalised(v, axes, f) {
  return tf.customGrad((/** @type {tf.Tensor} */ v, /** @type {tf.GradSaveFunc} */ save) => {
    const scale = v.square().sum(axes, true).mul(f).add(NORM_EPS).rsqrt();
    const w = v.mul(scale);
    save([w, scale]);
    return {
      value: w,
      gradFunc: (dw, [w, scale]) => dw.sub(w.mul(w.mul(dw).sum(axes, true).mul(f))).mul(scale),
    };
  })(v);
}

/**
 * x above the threshold a, s x + (1 - s) a below it, both per channel.
 * @param {tf.Tensor} x @param {tf.Tensor} a @param {tf.Tensor} s @returns {tf.Tensor}
 */
export function tprelu(x, a, s) {
  return tf.customGrad((
    /** @type {tf.Tensor} */ x, /** @type {tf.Tensor} */ a, /** @type {tf.Tensor} */ s, /** @type {tf.GradSaveFunc} */ save,
  ) => {
    const u = x.sub(a);
    save([u, s]);
    return {
      value: u.prelu(s).add(a),
      gradFunc: (dy, [u, s]) => {
        const above = dy.mul(u.step());
        const below = dy.sub(above);
        const da = sumPerChannel(below).mul(tf.sub(1, s));
        return [above.add(below.mul(s)), da, sumPerChannel(below.mul(u))];
      },
    };
  })(x, a, s);
}

/** ln(1 + e^x), exact for large |x|. @param {tf.Tensor} x @returns {tf.Tensor} */
export function softplus(x) {
  return tf.customGrad((/** @type {tf.Tensor} */ x, /** @type {tf.GradSaveFunc} */ save) => {
    save([x]);
    return { value: x.relu().add(x.abs().neg().exp().log1p()), gradFunc: (dy, [x]) => dy.mul(x.sigmoid()) };
  })(x);
}

/**
 * x w without the gradient of x, which nobody needs. The backend wasm has a fast product only where neither factor is
 * transposed by a flag, which the library's own gradient does.
 * @param {tf.Tensor} x @param {tf.Tensor} w @returns {tf.Tensor}
 */
export function linear(x, w) {
  return tf.customGrad((/** @type {tf.Tensor} */ w, /** @type {tf.GradSaveFunc} */ save) => {
    save([]);
    return { value: x.matMul(w), gradFunc: (dy) => x.transpose().matMul(dy) };
  })(w);
}
