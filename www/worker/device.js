/**
 * Opens what computes: the graphics card, or the CPU where the browser has none to offer. For the worker and for
 * `?bench=`, so that both measure and train on the same.
 *
 * @typedef {typeof import("../../wn_gan.js")} Core
 * @typedef {import("../../wn_gan.js").Device} Device
 */
import { Absent, ifThere, probe } from "./probe.js";

/**
 * @param {import("../protocol.js").DeviceChoice} choice
 * @param {import("./probe.js").Stage} stage
 * @param {() => Promise<Core>} load the program
 * @param {(name: string) => string | undefined} variantOf which kernel variant to use on a graphics adapter
 * @returns {Promise<{ device: Device, name: string, cpu: boolean, kept?: string }>} `kept`: the kernel variant worth keeping
 */
export async function openDevice(choice, stage, load, variantOf) {
  const seen = await probe(choice, stage);
  const core = await stage("program", load);
  const kernel = stage("kernel", async () => {
    if (seen === undefined) throw new Absent("unneeded");
    const device = await core.openGpu();
    if (choice === "auto" && device.software) {
      device.free();
      throw new Absent("software"); // The driver's name gave away what the browser did not.
    }
    const name = seen || device.name;
    return { device, name, cpu: false, kept: await device.tune(variantOf(name)) };
  });
  const opened = await ifThere(kernel);
  if (opened) return opened;
  const device = core.openCpu();
  return { device, name: device.name, cpu: true };
}
