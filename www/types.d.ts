/** Types of the page and of the messages between it and its worker. */

/** The core's `Config` (src/config.rs): keys are the flag names of the authors' code. */
export interface Config {
  [key: string]: number | string;
  dataset: string;
  width: number;
  height: number;
  channels: number;
  norm: string;
  order: string;
  code_size: number;
  nfeature: number;
  nlayer: number;
  batch_size: number;
  lr: number;
  warmup: number;
  decay: number;
  eps: number;
  seed: number;
  niter: number;
  test_interval: number;
  test_steps: number;
  test_lr: number;
  running: number;
  final: number;
  vis_size: number;
}

export interface Preset {
  name: string;
  config: Config;
}

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

export interface GpuInfo {
  name: string;
  backend: string;
  software: boolean;
}

/** Stages of the start-up card, in order. */
export type StageName = "secure" | "webgpu" | "adapter" | "device" | "program" | "kernel" | "images" | "pipelines";

export interface Boot {
  gpu: GpuInfo;
  presets: Preset[];
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
  boot: { args: {}; reply: Boot };
  start: { args: { config: Config }; reply: Started };
  play: { args: {}; reply: void };
  pause: { args: {}; reply: void };
  step: { args: {}; reply: void };
  lr: { args: { value: number }; reply: void };
  test: { args: {}; reply: void };
  open: { args: { files: File[] }; reply: DataInfo };
  save: { args: {}; reply: Uint8Array<ArrayBuffer> };
  restore: { args: { file: File }; reply: number };
  csv: { args: { of: "losses" | "scores" }; reply: Blob };
  calm: { args: { on: boolean }; reply: void };
}

export type RequestName = keyof Requests;

/** What the worker tells without being asked. */
export type WorkerEvent =
  | { event: "stage"; stage: StageName; state: "running" | "done" | "failed"; millis: number; detail: string }
  | { event: "build"; done: number; total: number; label: string }
  | { event: "turn"; step: number; rows: Float32Array<ArrayBuffer>; test: TestProgress; score: Score | undefined }
  | { event: "sheet"; step: number; picture: Picture }
  | { event: "pairs"; step: number; picture: Picture }
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
