/**
 * The part of the start that needs no program: what this page, browser and machine offer. Runs in the worker, because
 * a browser may offer WebGPU to pages and not to workers.
 *
 * @typedef {import("../protocol.js").StageName} StageName
 * @typedef {import("../protocol.js").Absence} Absence
 * @typedef {<T>(stage: StageName, work: () => T | Promise<T>) => Promise<T>} Stage runs a stage and reports its time
 */

/** A failure that belongs to a stage; the page knows the sentence. */
export class StageError extends Error {
  /** @param {StageName} stage */
  constructor(stage) {
    super();
    this.stage = stage;
  }
}

/** No failure: the CPU does without what this stage looks for. */
export class Absent extends Error {
  /** @param {Absence} reason */
  constructor(reason) {
    super();
    this.reason = reason;
  }
}

/** What a stage found, if it was there. @template T @param {Promise<T>} found @returns {Promise<T | undefined>} */
export async function ifThere(found) {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Absent) return undefined;
    throw error;
  }
}

/**
 * @param {import("../protocol.js").DeviceChoice} choice
 * @param {Stage} stage
 * @returns {Promise<string | undefined>} what the browser calls the adapter, which may be little; nothing if the
 * CPU is to be used
 */
export async function probe(choice, stage) {
  /** What is missing: the CPU can do without, unless the visitor insists on the GPU. */
  const missing = (/** @type {"secure" | "webgpu" | "adapter"} */ name) =>
    choice === "gpu" ? new StageError(name) : new Absent(name);
  /**
   * A stage that needs what the one before has found.
   * @template B, T
   * @param {StageName} name @param {B | undefined} before @param {(before: B) => T | Promise<T>} work
   */
  const after = (name, before, work) =>
    ifThere(
      stage(name, () => {
        if (before === undefined) throw new Absent("unneeded");
        return work(before);
      }),
    );
  const wanted = choice === "cpu" ? undefined : choice;
  const secure = await after("secure", wanted, () => {
    if (!self.isSecureContext) throw missing("secure");
    return true;
  });
  const gpu = await after("webgpu", secure, () => {
    if (!navigator.gpu) throw missing("webgpu");
    return navigator.gpu;
  });
  const adapter = await after("adapter", gpu, async (gpu) => {
    // The one that the core will ask for.
    const found = await gpu.requestAdapter({ powerPreference: "high-performance" });
    if (!found) throw missing("adapter");
    if (choice === "auto" && found.info.isFallbackAdapter) throw new Absent("software");
    return found;
  });
  // The core opens its own device; this one only tells a device that cannot be opened from a kernel that cannot run.
  const info = await after("device", adapter, async (adapter) => {
    (await adapter.requestDevice()).destroy();
    return adapter.info;
  });
  return info && (info.description || info.device || `${info.vendor} ${info.architecture}`.trim());
}
