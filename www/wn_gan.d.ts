/** The JS face of src/web.rs, as wasm-bindgen emits it for the web target. A rejection is an Error with a sentence. */
declare module "*/wn_gan.js" {
  export default function init(options?: { module_or_path?: URL | string }): Promise<unknown>;
  /** Asks for adapter and device and runs a first kernel. */
  export function openGpu(): Promise<Gpu>;
  /** The CPU in the place of a GPU: it needs no WebGPU, and computes within the call that asks for it. */
  export function openCpu(): Gpu;
  /** JSON: `[{name, config}]`. */
  export function presets(): string;
  /** JSON of a Demonstration of the theorem; needs no GPU. */
  export function theorem(depth: number, maps: string, activation: string, seed: number): string;
  /** Checks the settings, then builds one pipeline after another, yielding to the event loop between. */
  export function startSession(
    gpu: Gpu,
    data: Dataset,
    config: string,
    onProgress: (done: number, total: number, label: string) => void,
  ): Promise<Session>;

  export class Gpu {
    readonly name: string;
    readonly backend: string;
    readonly software: boolean;
    /** Takes the kernel variant called `kept`, or measures which is the fastest, in about a second; its name if it should be kept. */
    tune(kept: string | undefined): Promise<string | undefined>;
    /** Name of the kernel variant in use. */
    readonly variant: string;
    free(): void;
  }

  /** JSON of what training steps of a preset cost; `changes` is a JSON object of settings. */
  export function bench(
    gpu: Gpu,
    workload: string,
    changes: string,
    seconds: number,
    progress: (share: number) => void,
  ): Promise<string>;

  export class Dataset {
    static faces(count: number, seed: number): Dataset;
    /** How many built-in faces a run of this image size uses. */
    static faceCount(width: number, height: number, channels: number): number;
    static open(name: string, bytes: Uint8Array): Dataset;
    /** Both as a new set. */
    append(other: Dataset): Dataset;
    readonly name: string;
    readonly count: number;
    readonly width: number;
    readonly height: number;
    readonly channels: number;
    preview(images: number, columns: number): Sheet;
    free(): void;
  }

  /** Plain pixels, RGBA. */
  export class Sheet {
    readonly width: number;
    readonly height: number;
    rgba(): Uint8ClampedArray<ArrayBuffer>;
    free(): void;
  }

  export class Session {
    readonly step: number;
    /** JSON of the Config in use. */
    readonly config: string;
    readonly gpuBytes: number;
    readonly compileMillis: number;
    /** One turn: up to `most` training steps (0: as many as the pace allows) and a share of a running test. */
    advance(most: number): Promise<Report>;
    /** The same towards training step `stop`, with the next turn submitted ahead of this one's metrics. */
    advanceAhead(stop: number): Promise<Report>;
    /** Whether a turn was submitted ahead and not reported. */
    readonly isAhead: boolean;
    /** The report of such a turn, if there is one. */
    settle(): Promise<Report | undefined>;
    sheet(): Promise<Sheet>;
    pairs(): Promise<Sheet | undefined>;
    /** One turn of the running test alone, without training. */
    advanceTest(): Promise<Report>;
    startTest(): void;
    /** A test over all held-out images. */
    startFinalTest(): void;
    /** JSON of an Inspection. */
    inspection(): Promise<string>;
    setLr(lr: number): void;
    checkpoint(): Promise<Uint8Array<ArrayBuffer>>;
    restore(bytes: Uint8Array): void;
    free(): void;
  }

  export class Report {
    readonly step: number;
    readonly steps: number;
    /** `steps` rows of step, d_loss_real, d_loss_fake, g_loss. */
    metrics(): Float32Array<ArrayBuffer>;
    readonly testRunning: boolean;
    /** Gradient steps done and in all. */
    readonly testDone: number;
    readonly testOf: number;
    readonly testStep: number;
    /** Set once, in the turn in which a test ends. */
    readonly testLoss: number | undefined;
    /** The loss of every image, in the same turn. */
    testLosses(): Float32Array<ArrayBuffer> | undefined;
    free(): void;
  }
}
