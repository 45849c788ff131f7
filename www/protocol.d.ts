/**
 * The messages between the page and its worker. Types of the program itself are written by `wasm-bindgen` when the page is
 * built (dist/wn_gan.d.ts).
 *
 * A column is a place for a run on the page; runs are numbered by the page. Both go with every message, so that nothing of
 * a run that was replaced is taken for the present one's.
 */
import type { Config, Demonstration, Inspection, Key, Maps, Preset, TheoremActivation } from "../wn_gan.js";
import type { Wire } from "./fault.js";

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
  /** The browser keeps runs for this page. */
  keeps: boolean;
}

/** What is known of a run beside its networks and numbers. Times are milliseconds since 1970. */
export interface RunInfo {
  /** Given by the visitor; empty without. */
  name: string;
  preset: string;
  created: number;
  saved: number;
  /** A small picture of its samples as a `data:` address; empty without. */
  picture: string;
}

/** A run that is kept between visits. */
export interface KeptRun extends RunInfo {
  id: string;
  config: Config;
  step: number;
  bytes: number;
  best: Score | undefined;
  /** It is the one that is open here. */
  here: boolean;
  /** It is open in another tab. */
  elsewhere: boolean;
}

/** Where a run comes from that goes on: kept by the browser, a file, the last worker, or what the worker itself has. */
export type Source =
  | { kept: string }
  | { file: File }
  | { id: string; bytes: Uint8Array<ArrayBuffer> }
  /** `snapshot`: the present run as it was last taken down; `replaced`: the run before it. */
  | { back: "snapshot" | "replaced" };

/** The numbers of a run so far. */
export interface Numbers {
  losses: { steps: Uint32Array<ArrayBuffer>; values: Float32Array<ArrayBuffer> };
  stride: number;
  scores: Score[];
  inside: Inspection[];
  finals: FinalResult[];
}

export interface Started {
  run: number;
  /** The name under which it is kept. */
  id: string;
  name: string;
  preset: string;
  config: Config;
  step: number;
  gpuBytes: number;
  compileMillis: number;
  data: DataInfo;
  history: Numbers;
  /** Step of the networks with the lowest running error. */
  best: number | undefined;
  /** It goes on with the kernels that it began with, so that every number is rounded as it would have been. */
  exact: boolean;
  /** The run that it replaced can be had again. */
  undo: boolean;
  /** It trains at once, as the run before did. */
  playing: boolean;
}

/** What the page can ask of the worker: arguments and reply of each request. */
export interface Requests {
  /** `variants` are those kept by adapter, so that nothing is measured twice; `calm` draws the samples seldom. */
  boot: { args: { choice: DeviceChoice; variants: Record<string, string>; calm: boolean }; reply: Boot };
  start: { args: { config: Config; preset: string; keep: boolean }; reply: Started };
  resume: { args: { from: Source }; reply: Started };
  play: { args: {}; reply: void };
  pause: { args: {}; reply: void };
  step: { args: {}; reply: void };
  lr: { args: { value: number }; reply: void };
  test: { args: { final: boolean }; reply: void };
  open: { args: { files: File[] }; reply: DataInfo };
  save: { args: {}; reply: Blob };
  saveBest: { args: {}; reply: { step: number; file: Blob } };
  csv: { args: { of: Table }; reply: Blob };
  /** The page is hidden, and may not come back. */
  hide: { args: {}; reply: void };
  kept: { args: {}; reply: KeptRun[] };
  rename: { args: { id: string; name: string }; reply: void };
  duplicate: { args: { id: string; name: string }; reply: void };
  download: { args: { id: string }; reply: Blob };
  forget: { args: { id: string }; reply: void };
  theorem: { args: { depth: number; maps: Maps; activation: TheoremActivation; seed: number }; reply: Demonstration };
}

/** What can be saved as CSV. */
export type Table = "losses" | "scores" | "inside" | "final";

export type RequestName = keyof Requests;

/** A request as it is posted. A reply has its `id`, and `reply` or `error`. */
export interface Request {
  id: number;
  column: number;
  run: number;
  name: RequestName;
  args: unknown;
}

export type StageState = "running" | "done" | "absent" | "failed";

/** What a run tells by itself. `first` is the step of the first of `rows`. */
export type RunEvent =
  | { event: "chunk"; step: number; first: number; rows: Float32Array<ArrayBuffer>; test: TestProgress; score: Score | undefined }
  | { event: "grid"; step: number; picture: Picture }
  | { event: "pairs"; step: number; picture: Picture }
  | { event: "final"; result: FinalResult }
  | { event: "best"; step: number }
  | { event: "inspection"; inspection: Inspection }
  | { event: "finished"; step: number }
  /** One dispatch, which cannot be cut, takes so long. */
  | { event: "slow"; millis: number }
  /** Taken down at a step; the next time in `every` milliseconds of training. */
  | { event: "kept"; step: number; every: number; problem: Wire | undefined }
  /** `back` is the step that can be gone back to. */
  | { event: "fault"; error: Wire; back: number | undefined }
  /** The device is gone; without `again` a new one is asked for. */
  | { event: "lost"; error: Wire; back: number | undefined; again: boolean }
  | { event: "recovered"; started: Started; playing: boolean };

/** What the worker tells by itself, of a run or of its own. */
export type WorkerEvent =
  | (RunEvent & { column: number; run: number })
  | { event: "stage"; stage: StageName; state: StageState; millis: number; absent?: Absence; error?: Wire }
  | { event: "build"; done: number; total: number; label: string }
  | { event: "trapped"; error: Wire; snapshots: Snapshot[] };

/** A run as it was when its worker broke down. */
export interface Snapshot {
  column: number;
  id: string;
  playing: boolean;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface TestProgress {
  running: boolean;
  /** It is a final one. */
  final: boolean;
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
