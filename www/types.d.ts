/** Types of the page and of the messages between it and its worker. */

/** The core's `Config` (src/config.rs): keys are the flag names of the authors' code. */
export interface Config {
  [key: string]: number | string;
  dataset: string;
  width: number;
  height: number;
  channels: number;
  net: string;
  norm: string;
  activation: string;
  loss: string;
  order: string;
  code_size: number;
  nfeature: number;
  nlayer: number;
  nblock: number;
  batch_size: number;
  optimiser: string;
  lr: number;
  warmup: number;
  decay: number;
  beta1: number;
  beta2: number;
  eps: number;
  seed: number;
  niter: number;
  test_interval: number;
  test_steps: number;
  test_lr: number;
  statistics: string;
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
  /** The CPU computes by itself, without WebGPU. */
  cpu: boolean;
  /** Kernel variant of the matrix products: small, medium, large (tiles), plain or panel. */
  variant: string;
}

/** Stages of the start-up card, in order. */
export type StageName = "secure" | "webgpu" | "adapter" | "device" | "program" | "kernel" | "images" | "pipelines";

/** What the visitor wants to compute with: `auto` is the graphics card, or the CPU where there is none. */
export type Wish = "auto" | "gpu" | "cpu";

/** Why a stage was passed over when the CPU computes: what is missing, only imitated, or not needed any more. */
export type Absence = "secure" | "webgpu" | "adapter" | "software" | "unneeded";

export interface Boot {
  gpu: GpuInfo;
  /** The kernel variant that was measured for this adapter and should be kept. */
  kept: string | undefined;
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
  /** `variants` are those kept by adapter, so that nothing is measured twice. */
  boot: { args: { device: Wish; variants: Record<string, string> }; reply: Boot };
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
  theorem: { args: { depth: number; maps: string; activation: string; seed: number }; reply: Demonstration };
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
  | { event: "turn"; step: number; rows: Float32Array<ArrayBuffer>; test: TestProgress; score: Score | undefined }
  | { event: "sheet"; step: number; picture: Picture }
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

export interface Range {
  min: number;
  mean: number;
  max: number;
}

/** src/gan/inspect.rs */
export interface Inspection {
  step: number;
  weights: {
    name: string;
    norms: Range | null;
    cosines: Range | null;
    update_ratio: number | null;
    share: number | null;
  }[];
  activations: { name: string; slopes: Range | null; thresholds: Range | null }[];
  real: number[];
  fake: number[];
}

/** src/theorem/demonstration.rs */
export interface Demonstration {
  largest: number;
  difference: number;
  relative: number;
  bound: number;
  without_shift: number;
  without_maps: number;
  weight_change: number;
  layers: {
    kind: "linear" | "conv" | "transposed";
    output: [number, number, number];
    norms: number[];
    thresholds: [number, number][];
    per_position: boolean;
    zero_units: number;
  }[];
}
