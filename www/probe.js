/**
 * The part of the start that needs no program: what this page, browser and machine offer. Runs in the worker, because
 * a browser may offer WebGPU to pages and not to workers.
 *
 * @typedef {import("./types.js").StageName} StageName
 */

/** A failure that belongs to a stage; an empty message means that the page knows the sentence. */
export class StageError extends Error {
  /** @param {StageName} stage @param {string} [message] */
  constructor(stage, message = "") {
    super(message);
    this.stage = stage;
  }
}

/**
 * @param {<T>(stage: StageName, work: () => T | Promise<T>) => Promise<T>} stage runs a stage and reports its time
 * @returns {Promise<string>} what the browser calls the adapter; it may say little
 */
export async function probe(stage) {
  await stage("secure", () => {
    if (!self.isSecureContext) throw new StageError("secure");
  });
  const gpu = await stage("webgpu", () => {
    if (!navigator.gpu) throw new StageError("webgpu");
    return navigator.gpu;
  });
  const adapter = await stage("adapter", async () => {
    const found = await gpu.requestAdapter();
    if (!found) throw new StageError("adapter");
    return found;
  });
  // The core opens its own device; this one only tells a device that cannot be opened from a kernel that cannot run.
  await stage("device", async () => (await adapter.requestDevice()).destroy());
  const { description, device, vendor, architecture } = adapter.info;
  return description || device || `${vendor} ${architecture}`.trim();
}
