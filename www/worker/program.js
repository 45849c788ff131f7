/**
 * The program: loaded once, with kernels for the CPU that multiply and add in one instruction where the browser knows it
 * (scripts/fuse.js), which is up to a sixth faster there.
 *
 * @typedef {typeof import("../../wn_gan.js")} Core
 */
import { Fault } from "../fault.js";

export class Program {
  constructor() {
    /** @type {Promise<Core> | undefined} */
    this.loading = undefined;
    /** What the program said when it broke down. */
    this.lastWords = "";
  }

  /** @returns {Promise<Core>} */
  load() {
    this.loading ??= load().then((core) => {
      core.onPanic((/** @type {string} */ words) => (this.lastWords = words));
      return core;
    });
    this.loading.catch(() => (this.loading = undefined)); // Another try can succeed.
    return this.loading;
  }

  /** @param {unknown} error */
  explained(error) {
    return isTrap(error) ? new Fault("page.trap", { message: this.lastWords || String(error) }) : error;
  }
}

/** Whether an error is one of the machine below the program: a panic, or memory that ended. @param {unknown} error */
export const isTrap = (error) => error instanceof WebAssembly.RuntimeError;

/** @returns {Promise<Core>} */
export async function load() {
  const core = await import("../../wn_gan.js");
  const file = WebAssembly.validate(FUSED) ? "wn_gan_fused.wasm" : "wn_gan_bg.wasm";
  await core.default({ module_or_path: new URL(`../../${file}`, import.meta.url) });
  return core;
}

/** The smallest module with that instruction: (func (result v128) 0 0 0 f32x4.relaxed_madd), with i32x4.splat for v128s. */
const FUSED = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic number, version
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // one type: nothing to v128
  ...[0x03, 0x02, 0x01, 0x00], // one function of it
  ...[0x0a, 0x13, 0x01, 0x11, 0x00], // its code, without locals
  ...[0x41, 0x00, 0xfd, 0x11, 0x41, 0x00, 0xfd, 0x11, 0x41, 0x00, 0xfd, 0x11], // i32.const 0, i32x4.splat, three times
  ...[0xfd, 0x85, 0x02, 0x0b], // f32x4.relaxed_madd, end
]);
