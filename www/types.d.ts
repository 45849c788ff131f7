/**
 * Types of the page and of the messages between it and its worker. Those of the program itself are written by
 * `wasm-bindgen` when the page is built (dist/wn_gan.d.ts).
 */
import type { Config, Demonstration, Inspection, Key, Maps, Preset, TheoremActivation } from "../wn_gan.js";

export interface Picture {
  width: number;
  height: number;
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

export interface DataInfo {
  name: string;
  count: number;
  width: number;
  height: number;
  channels: number;
  preview: Picture;
}

export interface DeviceInfo {
  name: string;
  backend: string;
  software: boolean;
  /** The CPU computes by itself, without WebGPU. */
  cpu: boolean;
  /** Kernel variant of the matrix products: small, medium, large (tiles), plain or panel. */
  variant: string;
}

/** Stages of the start-up card, in order. */
export type StageName = "secure" | "webgpu" | "adapter" | "device" | "program" | "kernel" | "images" | "pipelines";

/** What the visitor wants to compute with: `auto` is the graphics card, or the CPU where there is none. */
export type DeviceChoice = "auto" | "gpu" | "cpu";

/** Why a stage was passed over when the CPU computes: what is missing, only imitated, or not needed any more. */
export type Absence = "secure" | "webgpu" | "adapter" | "software" | "unneeded";

export interface Boot {
  device: DeviceInfo;
  /** The kernel variant that was measured for this adapter and should be kept. */
  kept: string | undefined;
  presets: Preset[];
  /** The table of settings, in the order of the form. */
  settings: Key[];
}

export interface Started {
  config: Config;
  step: number;
  gpuBytes: number;
  compileMillis: number;
  data: DataInfo;
}

/** What the page can ask of the worker: arguments and reply of each request. */
export interface Requests {
  /** `variants` are those kept by adapter, so that nothing is measured twice. */
  boot: { args: { choice: DeviceChoice; variants: Record<string, string> }; reply: Boot };
  start: { args: { config: Config; keep: boolean }; reply: Started };
  play: { args: {}; reply: void };
  pause: { args: {}; reply: void };
  step: { args: {}; reply: void };
  lr: { args: { value: number }; reply: void };
  test: { args: { final: boolean }; reply: void };
  open: { args: { files: File[] }; reply: DataInfo };
  save: { args: {}; reply: Uint8Array<ArrayBuffer> };
  saveBest: { args: {}; reply: { step: number; bytes: Uint8Array<ArrayBuffer> } };
  restore: { args: { file: File }; reply: number };
  csv: { args: { of: Table }; reply: Blob };
  theorem: { args: { depth: number; maps: Maps; activation: TheoremActivation; seed: number }; reply: Demonstration };
  calm: { args: { on: boolean }; reply: void };
}

/** What can be saved as CSV. */
export type Table = "losses" | "scores" | "inside" | "final";

export type RequestName = keyof Requests;

/** `detail` of an absent stage is an Absence, of a failed one a sentence or nothing. */
export type StageState = "running" | "done" | "absent" | "failed";

/** What the worker tells without being asked. */
export type WorkerEvent =
  | { event: "stage"; stage: StageName; state: StageState; millis: number; detail: string }
  | { event: "build"; done: number; total: number; label: string }
  | { event: "chunk"; step: number; rows: Float32Array<ArrayBuffer>; test: TestProgress; score: Score | undefined }
  | { event: "grid"; step: number; picture: Picture }
  | { event: "pairs"; step: number; picture: Picture }
  | { event: "final"; result: FinalResult }
  | { event: "best"; step: number }
  | { event: "inspection"; inspection: Inspection }
  | { event: "finished"; step: number }
  | { event: "fault"; message: string };

export interface TestProgress {
  running: boolean;
  done: number;
  of: number;
}

export interface Score {
  step: number;
  loss: number;
}

/** The final test: the mean loss, half its 95 % interval (NaN for a single image), and every image's loss. */
export interface FinalResult extends Score {
  half: number;
  losses: Float32Array<ArrayBuffer>;
}
