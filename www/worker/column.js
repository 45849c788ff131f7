/**
 * One run with all that is known of it: it trains, tests itself, shows what it draws and takes itself down.
 *
 * @typedef {import("../../wn_gan.js").Session} Session
 * @typedef {import("../../wn_gan.js").Report} Report
 * @typedef {import("../protocol.js").RunEvent} RunEvent
 * @typedef {import("../protocol.js").RunInfo} RunInfo
 */
import { Fault } from "../fault.js";
import { Best } from "./best.js";
import { History } from "./history.js";
import { interval } from "./interval.js";
import { pictureOf, thumbnail } from "./picture.js";
import { composed } from "./run_file.js";

/** A training step that no run reaches. */
const ENDLESS = 0xffffffff;
const GRID_MILLIS = 333;
const CALM_GRID_MILLIS = 3000;
const PAIRS_MILLIS = 1500;
/** No piece of work should keep a graphics card from the screen for longer. */
const LONGEST_MILLIS = 200;

export class Column {
  /** @param {(event: RunEvent, transfer?: Transferable[]) => void} tell */
  constructor(tell) {
    this.tell = tell;
    /** @type {Session | undefined} */
    this.session = undefined;
    /** Its settings; asked for once, because they cross as text. @type {import("../../wn_gan.js").Config | undefined} */
    this.config = undefined;
    this.history = new History();
    this.best = new Best();
    this.playing = false;
    /** A test was asked for while the run is paused: it goes on without training. */
    this.testing = false;
    /** The test under way. @type {"none" | "running" | "final"} */
    this.test = "none";
    this.gridDue = false;
    this.gridAt = 0;
    this.pairsAt = 0;
    /** It has been said that one piece of work takes too long. */
    this.saidSlow = false;
    /** Draw the samples seldom. */
    this.calm = false;
    /** The last samples, for the small picture that is kept. @type {import("../protocol.js").Picture | undefined} */
    this.drawn = undefined;
  }

  get running() {
    if (!this.session) throw new Fault("page.no_run");
    return this.session;
  }

  get busy() {
    return this.playing || this.testing || this.gridDue;
  }

  /** Another session takes the place of the one before. @param {Session} session */
  replace(session) {
    this.session?.free();
    this.session = session;
    this.config = session.config;
    this.saidSlow = false;
    this.testing = false;
    this.test = "none";
    this.gridDue = true;
  }

  /** What was known of a run holds no more. @param {History} [history] @param {Best} [best] */
  begin(history = new History(), best = new Best()) {
    this.history = history;
    this.best = best;
    this.drawn = undefined;
  }

  /** @param {number} lr the learning rate from the next step on */
  setRate(lr) {
    this.running.setLr(lr);
    this.config = this.running.config;
  }

  play() {
    this.playing = this.session !== undefined;
  }

  pause() {
    this.playing = false;
    this.gridDue = this.session !== undefined;
  }

  /** One training step. */
  async step() {
    this.playing = false;
    await this.keepIfDue();
    await this.pass(await this.running.advance(1));
    this.gridDue = true;
  }

  /** @param {boolean} final over all held-out images */
  async startTest(final) {
    if (this.test === "final") throw new Fault("page.final_test_runs");
    if (final) this.running.startFinalTest();
    else {
      await this.keepCandidate();
      this.running.startTest();
    }
    this.test = final ? "final" : "running";
    this.testing = !this.playing;
  }

  /** A chunk if the run plays, and the samples when they are due. */
  async advance() {
    if (this.playing) {
      const stop = this.config?.niter || ENDLESS;
      if (this.running.step < stop || this.running.hasChunkInFlight) {
        await this.keepIfDue();
        await this.pass(await this.running.advancePipelined(stop));
      }
      if (this.running.step >= stop && !this.running.hasChunkInFlight) {
        this.playing = false;
        this.gridDue = true;
        this.testing = this.test !== "none";
        this.tell({ event: "finished", step: this.running.step });
      }
    } else if (this.testing) await this.pass(await this.running.advanceTest());
    if (this.gridDue || performance.now() - this.gridAt > (this.calm ? CALM_GRID_MILLIS : GRID_MILLIS)) await this.showGrid();
  }

  /** Takes the report of a chunk in flight: whoever looks at the run now sees one that stands still. */
  async drain() {
    for (;;) {
      const report = await this.session?.drain();
      if (!report) return;
      await this.pass(report);
    }
  }

  /** Nothing is computed until somebody asks. */
  stop() {
    this.playing = false;
    this.testing = false;
    this.gridDue = false;
  }

  async showGrid() {
    this.drawn = pictureOf(await this.running.sampleGrid());
    const { step } = this.running;
    this.tell({ event: "grid", step, picture: this.drawn });
    this.gridAt = performance.now();
    this.gridDue = false;
  }

  async showPairs() {
    const grid = await this.running.pairs();
    this.pairsAt = performance.now();
    if (!grid) return;
    const picture = pictureOf(grid);
    this.tell({ event: "pairs", step: this.running.step, picture }, [picture.rgba.buffer]);
  }

  /** Shows what a chunk brought. @param {Report} report */
  async pass(report) {
    const rows = report.metrics();
    const { step, steps, testRunning, testDone, testOf, testStep, testLoss } = report;
    const losses = report.testLosses();
    report.free();
    this.testing &&= testRunning;
    if (testRunning && this.test === "none") this.test = "running";
    const ended = testLoss === undefined ? undefined : { step: testStep, loss: testLoss };
    const final = this.test === "final";
    if (ended) this.test = "none";
    const score = final || !Number.isFinite(ended?.loss) ? undefined : ended;
    this.history.pushLosses(step - steps, rows);
    const test = { running: testRunning, final, done: testDone, of: testOf };
    this.tell({ event: "chunk", step, first: step - steps, rows, test, score }, [rows.buffer]);
    if (ended && !Number.isFinite(ended.loss)) throw new Fault("page.no_score", { step: ended.step });
    if (score) {
      this.history.pushScore(score);
      if (this.best.ends(score)) this.tell({ event: "best", step: score.step });
    } else if (ended && losses) {
      const result = { ...ended, half: interval(losses).half, losses };
      this.history.pushFinal(result);
      this.tell({ event: "final", result });
    }
    this.saySlow();
    if (ended || (testRunning && performance.now() - this.pairsAt > PAIRS_MILLIS)) await this.showPairs();
    if (ended) await this.inspect();
  }

  /** Work is cut between dispatches; one of them alone may still take longer than a screen should wait. */
  saySlow() {
    const millis = this.running.longestDispatchMillis ?? 0;
    if (this.saidSlow || millis <= LONGEST_MILLIS) return;
    this.saidSlow = true;
    this.tell({ event: "slow", millis });
  }

  /** Looks inside the networks as they are now. */
  async inspect() {
    const inspection = await this.running.inspection();
    this.history.pushInspection(inspection);
    this.tell({ event: "inspection", inspection });
  }

  /** Keeps what a test is about to judge. */
  async keepCandidate() {
    this.best.starts(this.running.step, await this.running.checkpoint());
  }

  /** The session begins its tests by itself; what they judge is kept before. */
  async keepIfDue() {
    const { test_interval = 0 } = this.config ?? {};
    const due = test_interval > 0 && this.running.step % test_interval === 0;
    if (due && this.test === "none" && !this.running.hasChunkInFlight) await this.keepCandidate();
  }

  /**
   * The run as a file, in pieces.
   * @param {RunInfo} info
   */
  async file(info) {
    await this.drain();
    const picture = this.drawn ? await thumbnail(this.drawn) : info.picture;
    return composed(await this.running.checkpoint(), this.history, this.best, { ...info, picture });
  }
}
