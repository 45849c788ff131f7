/** What the page shows: one state, from which everything on it follows. */
import type { Config, Key as Setting, Preset } from "../wn_gan.js";
import type { Wire } from "./fault.js";
import type { Key } from "./i18n.js";
import type {
  DataInfo, DeviceChoice, DeviceInfo, FinalResult, KeptRun, Score, StageName, StageState, Absence, Started, TestProgress, WorkerEvent,
} from "./protocol.js";

/** A sentence in no language yet: a string of the page's with its values, or an error of program, worker or page. */
export type Sentence = { key: Key; values?: Record<string, string | number | Sentence> } | { error: Wire };

/**
 * Where a column is.
 * absent: there is no run; building: one is being made; ready: it stands; playing: it trains; testing: it stands and a test
 * runs; faulted: it cannot go on from here; lost: what computes is gone, and a new one is asked for or has to be.
 */
export type Phase = "absent" | "building" | "ready" | "playing" | "testing" | "faulted" | "lost";

export interface StageView {
  state: StageState;
  millis: number;
  absent?: Absence | undefined;
  error?: Wire | undefined;
}

/** How the run is kept. */
export interface Keeping {
  step: number | undefined;
  /** Every so many milliseconds of training. */
  every: number;
  problem: Wire | undefined;
}

/** A run as the page knows it. */
export interface Column {
  phase: Phase;
  /** The number of the run that is there. */
  run: number;
  started: Started | undefined;
  step: number;
  test: TestProgress;
  /** The last chunk had no training steps: a due test waits for the one under way. */
  waits: boolean;
  score: Score | undefined;
  final: FinalResult | undefined;
  /** Step of the networks with the lowest running error. */
  best: number | undefined;
  keeping: Keeping;
  /** What stopped it, and the step that can be gone back to. */
  fault: { error: Wire; back: number | undefined } | undefined;
  /** A new device is being asked for by itself. */
  recovering: boolean;
}

export interface State {
  device: DeviceInfo | undefined;
  presets: Preset[];
  settings: Setting[];
  /** The browser keeps runs for this page. */
  keeps: boolean;
  /** What is being opened or read, by name. */
  opening: string | undefined;
  stages: Map<StageName, StageView>;
  build: { done: number; total: number; label: string } | undefined;
  /** The card was shown anew for a build, and not from the start. */
  late: boolean;
  columns: Column[];
  /** The settings as edited, and the preset that they come from. */
  draft: Config | undefined;
  preset: string;
  /** Images opened from files; `fresh` since the run began, and then possibly others under the same name. */
  opened: DataInfo | undefined;
  fresh: boolean;
  /** Runs that are kept, the latest first. */
  kept: KeptRun[];
  /** The run that is offered to go on with. */
  offer: KeptRun | undefined;
  /** A run that is deleted when nobody wants it back. */
  forgotten: KeptRun | undefined;
  say: { sentence: Sentence; bad: boolean; at: number; undo: "run" | "forget" | undefined } | undefined;
  /** Nothing was heard of the worker for too long. */
  silent: boolean;
  lastFault: string;
}

/** What can happen to the state. */
export type Change =
  | { do: "boot" }
  | { do: "booted"; device: DeviceInfo; presets: Preset[]; settings: Setting[]; keeps: boolean }
  | { do: "build"; column: number }
  | { do: "started"; column: number; started: Started; how: "new" | "kept" | "resumed" }
  | { do: "refused"; column: number; phase: Phase }
  | { do: "play" | "pause" | "test"; column: number }
  | { do: "edit"; changes: Partial<Config>; preset?: string }
  | { do: "rate"; column: number; lr: number }
  | { do: "opening"; name: string | undefined }
  | { do: "opened"; data: DataInfo }
  | { do: "kept"; runs: KeptRun[] }
  | { do: "offer"; run: KeptRun | undefined }
  | { do: "forget"; run: KeptRun | undefined }
  | { do: "named"; column: number; name: string }
  | { do: "say"; sentence: Sentence; bad?: boolean; news?: boolean; undo?: "run" | "forget"; at: number }
  | { do: "silent"; silent: boolean }
  | { do: "crashed"; error: Wire }
  | { do: "event"; event: WorkerEvent; at: number };

export type { DeviceChoice };
