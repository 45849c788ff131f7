/**
 * All of the program and of the device. One loop answers the page's requests and trains between them, so no two calls
 * into the program ever overlap; pausing is nothing but not calling.
 *
 * @typedef {import("./types.js").Requests} Requests
 * @typedef {import("./types.js").RequestName} RequestName
 * @typedef {import("./types.js").StageName} StageName
 * @typedef {import("./types.js").WorkerEvent} WorkerEvent
 * @typedef {{ id: number, name: RequestName, args: any }} Message
 * @typedef {import("./device.js").Core} Core
 */
import { Best } from "./best.js";
import { openDevice } from "./device.js";
import { History } from "./history.js";
import { interval } from "./interval.js";
import { load } from "./program.js";
import { Absent } from "./probe.js";

/** A training step that no run reaches. */
const ENDLESS = 0xffffffff;
const GRID_MILLIS = 333;
const CALM_GRID_MILLIS = 3000;
const PAIRS_MILLIS = 1500;

/** @type {Message[]} */
const inbox = [];
let wake = () => {};
let playing = false;
/** A test was asked for while the run is paused: it goes on without training. */
let testing = false;
let gridMillis = GRID_MILLIS;
let gridAt = 0;
let gridDue = false;
let pairsAt = 0;
const history = new History();
const best = new Best();
/** Whether a test runs, and whether it is a final one. @type {"none" | "running" | "final"} */
let test = "none";

/** @type {Core} */
let core;
/** @type {Promise<Core> | undefined} */
let loading;
/** @type {import("../wn_gan.js").Device} */
let device;
/** @type {import("../wn_gan.js").Session | undefined} */
let session;
/** @type {import("../wn_gan.js").Dataset | undefined} */
let opened;
/** @type {{ seed: number, data: import("../wn_gan.js").Dataset } | undefined} */
let faces;

/** @param {WorkerEvent} event @param {Transferable[]} [transfer] */
const tell = (event, transfer = []) => self.postMessage(event, { transfer });

/** @param {unknown} error */
const sentence = (error) => (error instanceof Error ? error.message : String(error));

/**
 * @template T
 * @param {StageName} stage
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
async function inStage(stage, work) {
  const start = performance.now();
  const millis = () => performance.now() - start;
  tell({ event: "stage", stage, state: "running", millis: 0, detail: "" });
  try {
    const result = await work();
    tell({ event: "stage", stage, state: "done", millis: millis(), detail: "" });
    return result;
  } catch (error) {
    const absent = error instanceof Absent;
    const detail = absent ? error.reason : sentence(error);
    tell({ event: "stage", stage, state: absent ? "absent" : "failed", millis: millis(), detail });
    throw error;
  }
}

/** The program; it is loaded once, and also where no device can be opened. */
function program() {
  loading ??= load().then((loaded) => (core = loaded));
  loading.catch(() => (loading = undefined)); // Another try can succeed.
  return loading;
}

function running() {
  if (!session) throw new Error("No run has been started.");
  return session;
}

/** @param {import("../wn_gan.js").ImageGrid} grid @returns {import("./types.js").Picture} */
function picture(grid) {
  const { width, height } = grid;
  const rgba = grid.rgba();
  grid.free();
  return { width, height, rgba };
}

/** @param {import("../wn_gan.js").Dataset} data @returns {import("./types.js").DataInfo} */
function describe(data) {
  const { name, count, width, height, channels } = data;
  return { name, count, width, height, channels, preview: picture(data.preview(16, 8)) };
}

/** @param {import("../wn_gan.js").Config} config */
function dataFor(config) {
  if (config.dataset !== "faces") {
    if (opened?.name === config.dataset) return opened;
    throw new Error(`The images "${config.dataset}" are not open. Open them again, or choose the built-in faces.`);
  }
  const count = core.Dataset.faceCount(config.width, config.height, config.channels);
  if (faces?.seed !== config.seed || faces.data.count !== count) {
    faces?.data.free();
    faces = { seed: config.seed, data: core.Dataset.faces(count, config.seed) };
  }
  return faces.data;
}

/** @param {import("../wn_gan.js").Dataset} a @param {import("../wn_gan.js").Dataset} b */
function joined(a, b) {
  const both = a.append(b);
  a.free();
  b.free();
  return both;
}

async function showGrid() {
  const drawn = picture(await running().sampleGrid());
  tell({ event: "grid", step: running().step, picture: drawn }, [drawn.rgba.buffer]);
  gridAt = performance.now();
  gridDue = false;
}

async function showPairs() {
  const grid = await running().pairs();
  pairsAt = performance.now();
  if (!grid) return;
  const drawn = picture(grid);
  tell({ event: "pairs", step: running().step, picture: drawn }, [drawn.rgba.buffer]);
}

/** Shows what a chunk brought. @param {import("../wn_gan.js").Report} report */
async function pass(report) {
  const rows = report.metrics();
  const { step, testRunning, testDone, testOf, testStep, testLoss } = report;
  const losses = report.testLosses();
  report.free();
  testing &&= testRunning;
  if (testRunning && test === "none") test = "running";
  const ended = testLoss === undefined ? undefined : { step: testStep, loss: testLoss };
  const final = test === "final";
  if (ended) test = "none";
  const score = final ? undefined : ended;
  if (rows.length > 0) history.losses.push(rows.slice());
  tell({ event: "chunk", step, rows, test: { running: testRunning, done: testDone, of: testOf }, score }, [rows.buffer]);
  if (score) {
    history.scores.push(score);
    if (best.ends(score)) tell({ event: "best", step: score.step });
  } else if (ended && losses) {
    const result = { ...ended, half: interval(losses).half, losses };
    history.finals.push(result);
    tell({ event: "final", result });
  }
  if (ended || (testRunning && performance.now() - pairsAt > PAIRS_MILLIS)) await showPairs();
  if (ended) await inspect();
}

/** Looks inside the networks as they are now. */
async function inspect() {
  const inspection = await running().inspection();
  history.inside.push(inspection);
  tell({ event: "inspection", inspection });
}

/** Keeps what a test is about to judge. */
async function keep() {
  best.starts(running().step, await running().checkpoint());
}

/** The session begins its tests by itself; what they judge is kept before. */
async function keepIfDue() {
  const { test_interval } = running().config;
  const due = test_interval > 0 && running().step % test_interval === 0;
  if (due && test === "none" && !running().hasChunkInFlight) await keep();
}

/** Takes the report of a chunk in flight: whoever looks at the run now sees one that stands still. */
async function drain() {
  try {
    const report = await session?.drain();
    if (report) await pass(report);
  } catch (error) {
    fail(error);
  }
}

/** @param {unknown} error */
function fail(error) {
  playing = false;
  testing = false;
  gridDue = false;
  tell({ event: "fault", message: sentence(error) });
}

/** What the loop does when no request waits: a chunk if the run plays, and the samples when they are due. */
async function advance() {
  try {
    if (playing) {
      const { niter } = running().config;
      const stop = niter || ENDLESS;
      if (running().step < stop || running().hasChunkInFlight) {
        await keepIfDue();
        await pass(await running().advancePipelined(stop));
      }
      if (running().step >= stop && !running().hasChunkInFlight) {
        playing = false;
        gridDue = true;
        tell({ event: "finished", step: running().step });
      }
    } else if (testing) await pass(await running().advanceTest());
    if (gridDue || performance.now() - gridAt > gridMillis) await showGrid();
  } catch (error) {
    fail(error);
  }
}

/** Another run, or the same from another point: what was known of it holds no more. */
function clearHistory() {
  history.clear();
  best.clear();
}

/** @type {{ [N in RequestName]: (args: Requests[N]["args"]) => Promise<Requests[N]["reply"]> }} */
const answers = {
  async boot({ choice, variants }) {
    const { name, cpu, kept, ...opened } = await openDevice(choice, inStage, program, (of) => variants[of]);
    ({ device } = opened);
    const { backend, software, variant } = device;
    const found = { name, backend, software, cpu, variant };
    return { device: found, kept, presets: core.presets(), settings: core.settings() };
  },

  async start({ config, keep }) {
    const kept = keep ? await running().checkpoint() : undefined;
    const data = await inStage("images", () => dataFor(config));
    const next = await inStage("pipelines", () =>
      core.startSession(device, data, config, (done, total, label) => tell({ event: "build", done, total, label })),
    );
    if (kept) next.restore(kept);
    // Only now is the run before it given up: settings that are refused leave it untouched.
    session?.free();
    session = next;
    if (!kept) clearHistory();
    testing = false;
    test = "none";
    gridDue = true;
    const { step, gpuBytes, compileMillis } = session;
    return { config: session.config, step, gpuBytes, compileMillis, data: describe(data) };
  },

  async play() {
    running();
    playing = true;
  },

  async pause() {
    playing = false;
    gridDue = session !== undefined;
  },

  async step() {
    playing = false;
    await keepIfDue();
    await pass(await running().advance(1));
    gridDue = true;
  },

  async lr({ value }) {
    running().setLr(value);
  },

  async test({ final }) {
    if (final) running().startFinalTest();
    else {
      await keep();
      running().startTest();
    }
    test = final ? "final" : "running";
    testing = !playing;
  },

  async open({ files }) {
    let data;
    for (const file of files) {
      const part = core.Dataset.open(file.name, new Uint8Array(await file.arrayBuffer()));
      data = data ? joined(data, part) : part;
    }
    if (!data) throw new Error("No file was given.");
    opened?.free();
    opened = data;
    return describe(data);
  },

  async save() {
    return running().checkpoint();
  },

  async saveBest() {
    if (!best.best) throw new Error("No running test has finished yet, so no networks are known to be the best.");
    const { step, bytes } = best.best;
    return { step, bytes };
  },

  async restore({ file }) {
    running().restore(new Uint8Array(await file.arrayBuffer()));
    clearHistory();
    testing = false;
    test = "none";
    gridDue = true;
    return running().step;
  },

  async csv({ of }) {
    return history.csv(of);
  },

  async theorem({ depth, maps, activation, seed }) {
    await program();
    return core.theorem(depth, maps, activation, seed);
  },

  async calm({ on }) {
    gridMillis = on ? CALM_GRID_MILLIS : GRID_MILLIS;
  },
};

/** @param {Message} message */
async function answer({ id, name, args }) {
  try {
    const reply = await answers[name](/** @type {any} */ (args));
    self.postMessage({ id, reply });
  } catch (error) {
    self.postMessage({ id, error: sentence(error) });
  }
}

const { port1, port2 } = new MessageChannel();
/** Lets waiting messages in; unlike a timer it is neither clamped nor slowed in a hidden tab. */
const breathe = () =>
  new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });

async function loop() {
  for (;;) {
    const message = inbox.shift();
    if (message) {
      await drain();
      await answer(message);
    } else if (playing || testing || gridDue) await advance();
    else await new Promise((resolve) => (wake = () => resolve(undefined)));
    await breathe();
  }
}

// Only errors reach the page by themselves, and after a panic a promise of the program may never settle.
self.onunhandledrejection = ({ reason }) => {
  setTimeout(() => {
    throw reason;
  });
};
self.onmessage = ({ data }) => {
  inbox.push(data);
  wake();
};
loop();
