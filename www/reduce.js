/**
 * The page's state and what becomes of it: a pure function of the state before and of what happened. Who draws it reads it
 * whole; numbers that arrive many times a second go to the curves beside it (app.js).
 *
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Column} Column
 * @typedef {import("./state.js").Change} Change
 * @typedef {import("./protocol.js").WorkerEvent} WorkerEvent
 */
import { finalText } from "./format.js";
import { short } from "./i18n.js";
import { STAGES } from "./select.js";
import { DEFAULT_PRESET } from "./url.js";

/** What happens by itself leaves an answer to the visitor on screen until that can have been read. */
const READING_MILLIS = 4000;
/** Stages of the start that a build goes through again. */
const OF_BUILD = /** @type {const} */ (["images", "pipelines"]);
const NO_TEST = { running: false, final: false, done: 0, of: 0 };

/** @returns {Column} */
export const emptyColumn = () => ({
  phase: "absent",
  run: 0,
  started: undefined,
  step: 0,
  test: NO_TEST,
  waits: false,
  score: undefined,
  final: undefined,
  best: undefined,
  keeping: { step: undefined, every: 0, problem: undefined },
  fault: undefined,
  recovering: false,
});

/** @returns {State} */
export const initialState = () => ({
  device: undefined,
  presets: [],
  settings: [],
  keeps: false,
  opening: undefined,
  stages: new Map(),
  build: undefined,
  late: false,
  columns: [emptyColumn()],
  draft: undefined,
  preset: DEFAULT_PRESET,
  opened: undefined,
  fresh: false,
  kept: [],
  offer: undefined,
  forgotten: undefined,
  say: undefined,
  silent: false,
  lastFault: "",
});

/** @param {State} state @param {number} number @param {Partial<Column>} changes @returns {State} */
const withColumn = (state, number, changes) => ({
  ...state,
  columns: state.columns.map((column, i) => (i === number ? { ...column, ...changes } : column)),
});

/** @param {State} state @param {Change} change @returns {State} */
export function reduce(state, change) {
  switch (change.do) {
    case "boot":
      return { ...state, stages: new Map(), build: undefined, late: false, silent: false, columns: state.columns.map(() => emptyColumn()) };
    case "booted": {
      const { device, presets, settings, keeps } = change;
      return { ...state, device, presets, settings, keeps };
    }
    case "build": {
      const stages = new Map(state.stages);
      for (const stage of OF_BUILD) stages.delete(stage);
      return withColumn({ ...state, stages, build: undefined, late: state.columns[change.column].run > 0 }, change.column, {
        phase: "building",
      });
    }
    case "started":
      return started(state, change.column, change.started, change.how);
    case "refused":
      return withColumn(state, change.column, { phase: change.phase });
    case "play":
      return withColumn(state, change.column, { phase: "playing", fault: undefined });
    case "pause":
      return withColumn(state, change.column, { phase: "ready" });
    case "test":
      return state.columns[change.column].phase === "playing" ? state : withColumn(state, change.column, { phase: "testing" });
    case "edit": {
      const draft = state.draft && { ...state.draft, ...change.changes };
      return { ...state, draft: draft ?? /** @type {import("../wn_gan.js").Config} */ (change.changes), preset: change.preset ?? state.preset };
    }
    case "rate": {
      const { started } = state.columns[change.column];
      const { lr } = change;
      const draft = state.draft && { ...state.draft, lr };
      return withColumn({ ...state, draft }, change.column, { started: started && { ...started, config: { ...started.config, lr } } });
    }
    case "opening":
      return { ...state, opening: change.name };
    case "opened":
      return { ...state, opened: change.data, fresh: true, opening: undefined };
    case "kept":
      return { ...state, kept: change.runs };
    case "offer":
      return { ...state, offer: change.run };
    case "forget":
      return { ...state, forgotten: change.run };
    case "named": {
      const { started } = state.columns[change.column];
      return withColumn(state, change.column, { started: started && { ...started, name: change.name } });
    }
    case "say": {
      const { sentence, bad = false, news = false, undo, at } = change;
      if (news && state.say && at - state.say.at < READING_MILLIS) return state;
      return { ...state, say: { sentence, bad, undo, at: news ? -Infinity : at } };
    }
    case "silent":
      return { ...state, silent: change.silent };
    case "crashed":
      return crashed(state, change.error);
    case "event":
      return happened({ ...state, silent: false }, change.event, change.at);
  }
}

/** @param {State} state @param {number} number @param {import("./protocol.js").Started} run @param {"new" | "kept" | "resumed"} how @returns {State} */
function started(state, number, run, how) {
  const before = state.columns[number];
  const { scores, finals } = run.history;
  const keeping = how === "kept" ? before.keeping : { step: how === "resumed" ? run.step : undefined, every: 0, problem: undefined };
  const column = {
    ...emptyColumn(),
    phase: run.playing ? /** @type {const} */ ("playing") : /** @type {const} */ ("ready"),
    run: run.run,
    started: run,
    step: run.step,
    score: scores.at(-1),
    final: finals.at(-1),
    best: run.best,
    keeping,
  };
  const preset = state.presets.some(({ name }) => name === run.preset) ? run.preset : state.preset;
  return withColumn({ ...state, draft: { ...run.config }, preset, fresh: false, offer: undefined, silent: false }, number, column);
}

/** The worker could not be loaded, or broke down. @param {State} state @param {import("./fault.js").Wire} error @returns {State} */
function crashed(state, error) {
  const columns = state.columns.map((column) => ({
    ...column,
    phase: column.started ? /** @type {const} */ ("lost") : /** @type {const} */ ("absent"),
    fault: { error, back: column.keeping.step },
    recovering: false,
  }));
  const stages = new Map(state.stages);
  if (!columns.some((column) => column.started)) {
    const passed = (/** @type {import("./protocol.js").StageName} */ stage) => /done|absent/.test(stages.get(stage)?.state ?? "");
    // If nothing was heard of it, its file did not load.
    const at = stages.size > 0 ? (STAGES.find((stage) => !passed(stage)) ?? "program") : "program";
    stages.set(at, { state: "failed", millis: 0, error });
  }
  return { ...state, columns, stages, lastFault: error.message };
}

/** @param {State} state @param {WorkerEvent} event @param {number} at @returns {State} */
function happened(state, event, at) {
  switch (event.event) {
    case "stage": {
      const { stage, state: of, millis, absent, error } = event;
      return { ...state, stages: new Map(state.stages).set(stage, { state: of, millis, absent, error }) };
    }
    case "build":
      return { ...state, build: { done: event.done, total: event.total, label: event.label } };
    case "trapped":
      return state; // Whoever has the worker begins another (control.js).
    default: {
      const column = state.columns[event.column];
      // Of a run that was replaced meanwhile.
      if (event.run !== column.run) return state;
      return happenedToRun(state, event.column, column, event, at);
    }
  }
}

/**
 * @param {State} state @param {number} number @param {Column} column
 * @param {import("./protocol.js").RunEvent} event @param {number} at
 * @returns {State}
 */
function happenedToRun(state, number, column, event, at) {
  /** @param {State} of @param {import("./state.js").Sentence} sentence @param {boolean} [news] */
  const say = (of, sentence, news = false) => reduce(of, { do: "say", sentence, news, at });
  switch (event.event) {
    case "chunk": {
      const { step, test, score } = event;
      const ended = column.phase === "testing" && !test.running;
      const next = withColumn(state, number, {
        step,
        test,
        waits: event.rows.length === 0 && test.running && column.phase === "playing",
        score: score ?? column.score,
        phase: ended ? "ready" : column.phase,
      });
      if (!score) return next;
      const sentence = { key: /** @type {const} */ ("say.tested"), values: { step: score.step, loss: short(score.loss) } };
      // While the run is paused, a test was asked for.
      return say(next, sentence, column.phase === "playing");
    }
    case "final":
      return say(withColumn(state, number, { final: event.result }), { key: "say.final", values: { text: finalText(event.result) } });
    case "best":
      return withColumn(state, number, { best: event.step });
    case "finished": {
      const phase = column.test.running ? /** @type {const} */ ("testing") : /** @type {const} */ ("ready");
      return say(withColumn(state, number, { phase }), { key: "say.finished", values: { step: event.step } });
    }
    case "slow": // On the CPU no screen waits for it.
      return state.device?.cpu ? state : say(state, { key: "say.slow", values: { n: Math.round(event.millis) } });
    case "kept": {
      const { step, every, problem } = event;
      return withColumn(state, number, { keeping: { step: problem ? column.keeping.step : step, every, problem } });
    }
    case "fault":
      return withColumn({ ...state, lastFault: event.error.message }, number, {
        phase: "faulted",
        test: NO_TEST,
        fault: { error: event.error, back: event.back },
      });
    case "lost":
      return withColumn({ ...state, lastFault: event.error.message }, number, {
        phase: "lost",
        test: NO_TEST,
        fault: { error: event.error, back: event.back },
        recovering: !event.again,
      });
    case "recovered": {
      const next = started(state, number, event.started, "resumed");
      return say(withColumn(next, number, { phase: event.playing ? "playing" : "ready" }), { key: "say.recovered", values: { step: event.started.step } });
    }
    default:
      return state; // Pictures and inspections are drawn as they come (app.js).
  }
}
