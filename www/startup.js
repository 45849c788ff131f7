import { copy, make } from "./dom.js";
import { named, number, t } from "./i18n.js";

/**
 * @typedef {import("./types.js").StageName} StageName
 * @typedef {Extract<import("./types.js").WorkerEvent, { event: "stage" }>} StageEvent
 * @typedef {Extract<import("./types.js").WorkerEvent, { event: "build" }>} BuildEvent
 */

/** @type {StageName[]} */
const STAGES = ["secure", "webgpu", "adapter", "device", "program", "kernel", "images", "pipelines"];
/** Where one of these fails, the CPU is a way out. @type {StageName[]} */
const OF_GPU = ["secure", "webgpu", "adapter", "device", "kernel"];

/** What is known of why a stage failed. @param {StageName} stage */
export const cause = (stage) =>
  stage === "secure" ? t("cause.secure", { origin: location.origin }) : named(`cause.${stage}`, "");

/** The card that stands in place of the samples until training can begin: what is done, what is awaited, what failed. */
export class Startup {
  /**
   * @param {HTMLElement} root
   * @param {{ again: () => void, cpu: () => void, diagnostics: () => string, copied: () => void }} on
   */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    /** @type {Map<StageName, { state: StageEvent["state"], millis: number, detail: string }>} */
    this.stages = new Map();
    /** @type {BuildEvent | undefined} */
    this.build = undefined;
    this.render();
  }

  /** Forgets every stage from the given one on. @param {StageName} from */
  begin(from) {
    for (const stage of STAGES.slice(STAGES.indexOf(from))) this.stages.delete(stage);
    this.build = undefined;
    this.root.hidden = false;
    this.root.classList.toggle("late", from !== "secure");
    this.render();
  }

  /** @param {StageEvent} event */
  stage({ stage, state, millis, detail }) {
    this.stages.set(stage, { state, millis, detail });
    this.render();
  }

  /** @param {BuildEvent} event */
  pipelines(event) {
    this.build = event;
    this.render();
  }

  /** The stage at which the worker itself broke down. @param {string} message */
  crash(message) {
    const passed = (/** @type {StageName} */ stage) => /done|absent/.test(this.stages.get(stage)?.state ?? "");
    // If nothing was heard of it, its file did not load.
    const at = this.stages.size > 0 ? STAGES.find((stage) => !passed(stage)) : undefined;
    const detail = t("cause.worker", { message });
    this.stage({ event: "stage", stage: at ?? "program", state: "failed", millis: 0, detail });
  }

  get failed() {
    return STAGES.find((stage) => this.stages.get(stage)?.state === "failed");
  }

  /** Time of each stage, for the diagnostics. */
  report() {
    return STAGES.map((stage) => {
      const { state, millis, detail } = this.stages.get(stage) ?? { state: "waiting", millis: 0, detail: "" };
      return `${stage}: ${state}, ${millis.toFixed(0)} ms ${detail}`.trim();
    });
  }

  render() {
    const failed = this.failed;
    this.root.classList.toggle("failed", failed !== undefined);
    const rows = STAGES.map((stage) => {
      return make("li", { "data-stage": stage, "data-state": this.stages.get(stage)?.state ?? "waiting" }, [
        make("span", {}, [t(`stage.${stage}`)]),
        make("span", { class: "note" }, [this.note(stage)]),
      ]);
    });
    const title = make("h3", {}, [t(failed ? "start.failed" : "start.title")]);
    this.root.replaceChildren(title, make("ol", {}, rows), ...(failed ? this.failure(failed) : this.progress()));
  }

  /** What stands beside a stage: its time, or what is used in its place. @param {StageName} stage */
  note(stage) {
    const { state, millis, detail } = this.stages.get(stage) ?? { state: "waiting", millis: 0, detail: "" };
    if (state === "absent") return named(`absent.${detail}`, "");
    return state === "done" ? t("millis", { n: number(Math.round(millis)) }) : "";
  }

  progress() {
    if (!this.build) return [];
    const { done, total, label } = this.build;
    const bar = make("progress", { max: String(total), value: String(done), "aria-label": t("stage.pipelines") });
    const percent = Math.floor((100 * done) / total);
    return [bar, make("p", { class: "hint" }, [t("start.pipelines", { percent, label })])];
  }

  /** @param {StageName} stage */
  failure(stage) {
    const detail = this.stages.get(stage)?.detail ?? "";
    const again = make("button", { type: "button", class: "primary" }, [t("start.again")]);
    again.onclick = this.on.again;
    const cpu = make("button", { type: "button", id: "use-cpu" }, [t("start.cpu")]);
    cpu.onclick = this.on.cpu;
    const text = make("pre", {}, [this.on.diagnostics()]);
    const copier = make("button", { type: "button", id: "copy-diagnostics" }, [t("start.copy")]);
    const details = make("details", {}, [make("summary", {}, [t("start.diagnostics")]), text]);
    copier.onclick = async () => {
      details.open = true;
      if (await copy(text.textContent ?? "", text)) this.on.copied();
    };
    return [
      make("p", { class: "cause", role: "alert" }, [detail || cause(stage)]),
      make("p", {}, [t(`fix.${stage}`)]),
      make("div", { class: "buttons" }, [again, ...(OF_GPU.includes(stage) ? [cpu] : []), copier]),
      details,
    ];
  }
}
