/** Starts one backend of TensorFlow.js. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgpu";
import { TfjsTrainer } from "./tfjs.js";
import { compose } from "./tfjs_kernels.js";

/** @param {"webgpu" | "wasm"} backend @param {string[]} composed kernels of the backend to be replaced */
export async function startTfjs(backend, composed) {
  setWasmPaths("./");
  // Where there are threads at all; without this the library takes one for every two cores.
  setThreadsCount(navigator.hardwareConcurrency);
  compose(backend, composed);
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend} here.`);
  await tf.ready();
  return { Trainer: TfjsTrainer, backend: await nameOf(backend) };
}

/** The backend wasm chooses among its binaries by what the browser offers. @param {string} backend */
async function nameOf(backend) {
  if (backend !== "wasm") return backend;
  const [simd, threads] = await Promise.all([
    tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"),
    tf.env().getAsync("WASM_HAS_MULTITHREAD_SUPPORT"),
  ]);
  return `wasm${simd ? ", SIMD" : ""}${threads ? ", threads" : ""}`;
}
