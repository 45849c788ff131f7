/**
 * Convolution gradients for TensorFlow.js, composed of its fastest convolution, the forward one. The backend wasm has no
 * gradient of filters at all, and its gradient of inputs, which is also the transposed convolution, is a scalar loop. The
 * backend webgpu has both, but its gradient of filters is one loop per weight over the batch and all pixels. Only what
 * the workload needs: stride 2, filters 4x4, padding 1.
 */
import * as tf from "@tensorflow/tfjs-core";

const STRIDE = 2;
/** @type {[[number, number], [number, number], [number, number], [number, number]]} */
const BORDER = [[0, 0], [1, 1], [1, 1], [0, 0]];

/**
 * dw[k, l, i, o] = sum of x[b, 2p + k - 1, 2q + l - 1, i] dy[b, p, q, o]: a convolution of x by dy whose batch is i,
 * whose channels are b and whose taps are two pixels apart.
 * @param {tf.Tensor4D} x @param {tf.Tensor4D} dy
 */
function filterGradient(x, dy) {
  const images = x.transpose([3, 1, 2, 0]);
  const taps = dy.transpose([1, 2, 0, 3]);
  return tf.conv2d(images, taps, 1, BORDER, "NHWC", STRIDE).transpose([1, 2, 0, 3]);
}

/**
 * dx[2p + r - 1, ..., i] sums dy[p - t] w[r + 2t] over the two taps t: a 2x2 convolution whose output has four times the
 * channels, one set per phase (r, s); these become pixels, and the outermost row and column on each side are cut off.
 * Written as moves of long rows in at most four axes: the backend's general transposition, its reversal and its
 * depthToSpace take as long as the convolution.
 * @param {tf.Tensor4D} dy @param {tf.Tensor4D} filter HWIO
 */
function inputGradient(dy, filter) {
  const [, , inputs, outputs] = filter.shape;
  const [batch, height, width] = dy.shape;
  // Axes: output and row tap; row phase; column tap, column phase and input.
  const rows = filter.reshape([-1, outputs]).transpose().reshape([outputs * 2, 2, 4 * inputs]);
  const phases = [0, 1].map((r) => {
    const taps = rows
      .slice([0, r, 0], [outputs * 2, 1, 4 * inputs])
      .reshape([outputs, 4, 2 * inputs])
      .transpose([1, 0, 2]);
    return tf.concat([3, 2, 1, 0].map((tap) => taps.slice(tap, 1)));
  });
  const spread = tf
    .conv2d(dy, tf.concat(phases, 2).reshape([2, 2, outputs, 4 * inputs]), 1, BORDER)
    .reshape([batch * (height + 1), width + 1, 2, 2 * inputs])
    .transpose([0, 2, 1, 3])
    .reshape([batch, 2 * height + 2, (2 * width + 2) * inputs]);
  const size = [batch, 2 * height, 2 * width * inputs];
  return spread.slice([0, 1, inputs], size).reshape([batch, 2 * height, 2 * width, inputs]);
}

/** @type {Record<string, tf.KernelFunc>} */
const COMPOSED = {
  [tf.Conv2DBackpropFilter]: ({ inputs }) => tf.tidy(() => filterGradient(inputs.x, inputs.dy)),
  [tf.Conv2DBackpropInput]: ({ inputs }) => tf.tidy(() => inputGradient(inputs.dy, inputs.filter)),
};

/** Puts the named kernels in place of the backend's own. @param {string} backendName @param {string[]} kernelNames */
export function compose(backendName, kernelNames) {
  for (const kernelName of kernelNames) {
    if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ kernelName, backendName, kernelFunc: COMPOSED[kernelName] });
  }
}
