/** The programs that are compared with the page, and how each is started. */

/** @typedef {import("./workloads.js").Workload} Workload */

/** Names of kernels of TensorFlow.js that tfjs_kernels.js composes. */
const [FILTER, INPUT] = ["Conv2DBackpropFilter", "Conv2DBackpropInput"];

/** Each in a chunk of its own, so that a page loads only one library. @type {Record<string, () => Promise<any>>} */
const START = {
  "tfjs-webgpu": async () => (await import("./tfjs_backends.js")).startTfjs("webgpu", []),
  "tfjs-webgpu-composed": async () => (await import("./tfjs_backends.js")).startTfjs("webgpu", [FILTER]),
  "tfjs-wasm": async () => (await import("./tfjs_backends.js")).startTfjs("wasm", [FILTER, INPUT]),
  "jax-webgpu": async () => (await import("./jaxjs.js")).startJax("webgpu"),
  "jax-wasm": async () => (await import("./jaxjs.js")).startJax("wasm"),
};

/** @param {string} program @param {Workload} workload @param {boolean} spread the start, see numbers.js */
export async function open(program, workload, spread) {
  const { Trainer, backend } = await START[program]();
  return { trainer: new Trainer(workload, spread), backend };
}
