/**
 * Opens what computes: the graphics card, or the CPU where the browser has none to offer. For the worker and for
 * `?bench=`, so that both measure and train on the same.
 *
 * @typedef {typeof import("../wn_gan.js")} Core
 * @typedef {import("../wn_gan.js").Gpu} Gpu
 */
import { Absent, ifThere, probe } from "./probe.js";

/**
 * @param {import("./types.js").Wish} wish
 * @param {import("./probe.js").Stage} stage
 * @param {() => Promise<Core>} load the program
 * @param {(name: string) => string | undefined} variantOf which kernel variant to use on a graphics adapter
 * @returns {Promise<{ gpu: Gpu, name: string, cpu: boolean, kept?: string }>} `kept`: the kernel variant worth keeping
 */
export async function openDevice(wish, stage, load, variantOf) {
  const seen = await probe(wish, stage);
  const core = await stage("program", load);
  const kernel = stage("kernel", async () => {
    if (seen === undefined) throw new Absent("unneeded");
    const gpu = await core.openGpu();
    if (wish === "auto" && gpu.software) {
      gpu.free();
      throw new Absent("software"); // The driver's name gave away what the browser did not.
    }
    const name = seen || gpu.name;
    return { gpu, name, cpu: false, kept: await gpu.tune(variantOf(name)) };
  });
  const opened = await ifThere(kernel);
  if (opened) return opened;
  const gpu = core.openCpu();
  return { gpu, name: gpu.name, cpu: true };
}
