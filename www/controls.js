import { make, paint } from "./dom.js";
import { local, named, short, t } from "./i18n.js";
import { means } from "./settings.js";

/**
 * @typedef {import("../wn_gan.js").Config} Config
 * @typedef {import("../wn_gan.js").Key} Key
 * @typedef {import("./types.js").DataInfo} DataInfo
 * @typedef {object} View what the form shows
 * @property {Config} draft the settings as edited
 * @property {boolean} begun there is a run
 * @property {(keyof Config)[]} changed settings in which the run differs
 * @property {boolean} keeps the run can go on with them
 * @property {boolean} busy a run is being built
 * @property {string} preset
 * @property {DataInfo | undefined} opened images opened from files
 * @property {DataInfo | undefined} data the images that the draft names
 */

const SIZES = [16, 32];
/** The slider's position is the logarithm of the rate. */
const LR_RANGE = { min: "-6", max: "-2", step: "0.05" };
/** Groups that are rows of the table; the one before them, the images, is a form of its own. */
const GROUPS = /** @type {const} */ (["network", "training", "test"]);

/** @param {{ value: string, text: string }[]} choices */
const options = (choices) => choices.map(({ value, text }) => make("option", { value }, [text]));

export class Controls {
  /**
   * @param {HTMLFormElement} form
   * @param {{
   *   edit: (changes: Partial<Config>) => void,
   *   preset: (name: string) => void,
   *   lr: (value: number) => void,
   *   open: (files: File[]) => void,
   *   apply: () => void,
   *   discard: () => void,
   * }} on
   */
  constructor(form, on) {
    this.form = form;
    this.on = on;
    /** @type {string[]} */
    this.presets = [];
    /** @type {Map<keyof Config, Key>} the program's table, once it is loaded */
    this.keys = new Map();
    /** @type {View | undefined} */
    this.view = undefined;
    /** @type {Map<keyof Config, HTMLInputElement | HTMLSelectElement>} */
    this.inputs = new Map();
    /** @type {Map<keyof Config, HTMLElement>} what the present choice means */
    this.hints = new Map();
    /** @type {{ row: HTMLElement, key: Key }[]} rows that are not always shown */
    this.conditions = [];
    this.fieldset = make("fieldset", { disabled: "" });
    this.pendingText = make("p", { role: "status" });
    this.apply = make("button", { type: "button", class: "primary", id: "apply" });
    this.pendingBox = make("div", { class: "pending", hidden: "" });
    this.preset = make("select", { name: "preset" });
    this.dataset = make("select", { name: "dataset" });
    this.preview = make("canvas", { class: "preview", "aria-hidden": "true", hidden: "" });
    this.info = make("p", { class: "hint" });
    this.size = make("select", { name: "size" });
    this.sides = make("div", { class: "sides", hidden: "" });
    /** The visitor wants to type width and height. */
    this.otherSize = false;
    this.slider = make("input", { type: "range", ...LR_RANGE });
    // Enter in a field takes its value; a new run is begun by its button only.
    form.onsubmit = (event) => event.preventDefault();
    this.render();
  }

  /** What to offer, known once the program is loaded. @param {Key[]} settings @param {string[]} presets */
  load(settings, presets) {
    this.keys = new Map(settings.map((key) => [key.name, key]));
    this.presets = presets;
    this.render();
  }

  get loaded() {
    return this.keys.size > 0;
  }

  /** Builds the form anew, in the page's language. */
  render() {
    this.inputs.clear();
    this.hints.clear();
    this.conditions = [];
    const parts = this.loaded
      ? [this.dataGroup(), ...GROUPS.map((group) => this.group(group))]
      : [make("p", { class: "hint" }, [t("settings.later")])];
    this.fieldset.replaceChildren(...parts);
    this.apply.onclick = this.on.apply;
    const discard = make("button", { type: "button", id: "discard" }, [t("settings.discard")]);
    discard.onclick = this.on.discard;
    const buttons = make("div", { class: "buttons" }, [this.apply, discard]);
    this.pendingBox.replaceChildren(this.pendingText, buttons);
    const title = make("h2", { id: "settings-title" }, [t("settings")]);
    this.form.replaceChildren(title, this.pendingBox, this.fieldset);
    if (this.view) this.show(this.view);
  }

  /** @param {keyof Config} name */
  key(name) {
    const key = this.keys.get(name);
    if (!key) throw new Error(`The program has no setting "${name}".`);
    return key;
  }

  /** @param {keyof Config} name */
  label(name) {
    return local(this.key(name).label);
  }

  /** @param {string} text @param {HTMLElement} control @param {string} [note] */
  row(text, control, note = "") {
    const name = make("span", { class: "name" }, [text]);
    if (note) name.append(make("small", {}, [note]));
    return make("label", { class: "field" }, [name, control]);
  }

  /** A row with what its control means below. @param {HTMLElement} row @param {HTMLElement} control @param {string} name */
  explained(row, control, name, text = "") {
    const hint = make("p", { class: "hint", id: `hint-${name}` }, [text]);
    control.setAttribute("aria-describedby", hint.id);
    return { setting: make("div", { class: "setting" }, [row, hint]), hint };
  }

  /** The input of a number, with the ends of its range. @param {keyof Config} name @param {string} [step] */
  input(name, step) {
    const { kind } = this.key(name);
    if (kind.type !== "whole" && kind.type !== "real") throw new Error(`The setting "${name}" is no number.`);
    const input = make("input", {
      type: "number",
      name,
      inputmode: "decimal",
      min: String(kind.min),
      max: String(kind.max),
      step: step ?? (kind.type === "whole" ? "1" : "any"),
    });
    input.onchange = () => {
      if (input.value.trim() !== "" && Number.isFinite(input.valueAsNumber)) {
        this.on.edit({ [name]: input.valueAsNumber });
      } else if (this.view) {
        this.show(this.view);
      }
    };
    this.inputs.set(name, input);
    return input;
  }

  /** @param {typeof GROUPS[number]} name */
  group(name) {
    const keys = [...this.keys.values()].filter(({ group }) => group === name);
    const rows = (/** @type {boolean} */ more) => keys.filter((key) => key.more === more).map((key) => this.setting(key));
    return make("section", {}, [
      make("h3", {}, [t(`group.${name}`)]),
      ...rows(false),
      make("details", {}, [make("summary", {}, [t("settings.more")]), ...rows(true)]),
    ]);
  }

  /** @param {Key} key */
  setting(key) {
    const row = key.name === "lr" ? this.rate() : key.kind.type === "choice" ? this.choice(key) : this.number(key);
    if (key.when.length > 0) this.conditions.push({ row, key });
    return row;
  }

  /** @param {Key} key */
  number({ name, help }) {
    const input = this.input(name);
    return this.explained(this.row(this.label(name), input), input, name, local(help)).setting;
  }

  /** @param {Key} key */
  choice({ name, kind }) {
    const choices = kind.type === "choice" ? kind.choices : [];
    const select = make("select", { name }, options(choices.map(({ name, label }) => ({ value: name, text: local(label) }))));
    select.onchange = () => this.on.edit({ [name]: select.value });
    this.inputs.set(name, select);
    const { setting, hint } = this.explained(this.row(this.label(name), select), select, name);
    this.hints.set(name, hint);
    return setting;
  }

  /** The one setting that acts at once. */
  rate() {
    const input = this.input("lr");
    const { slider } = this;
    slider.setAttribute("aria-label", this.label("lr"));
    input.onchange = () => this.on.lr(input.valueAsNumber);
    slider.oninput = () => this.on.lr(Number((10 ** slider.valueAsNumber).toPrecision(2)));
    const rate = make("div", { class: "rate" }, [this.row(this.label("lr"), input, t("settings.live")), slider]);
    return this.explained(rate, input, "lr", local(this.key("lr").help)).setting;
  }

  dataGroup() {
    const { preset, dataset, size } = this;
    preset.replaceChildren(...options(this.presets.map((value) => ({ value, text: named(`preset.${value}`, value) }))));
    preset.onchange = () => this.on.preset(preset.value);

    dataset.onchange = () => {
      const data = dataset.value === "faces" ? undefined : this.view?.opened;
      const size = data ? { width: data.width, height: data.height, channels: data.channels } : { channels: 3 };
      this.on.edit({ dataset: dataset.value, ...size });
    };

    const files = make("input", { type: "file", multiple: "", hidden: "", id: "data-files" });
    files.onchange = () => {
      this.on.open([...(files.files ?? [])]);
      files.value = "";
    };
    const open = make("button", { type: "button" }, [t("field.dataset.open")]);
    open.onclick = () => files.click();

    size.onchange = () => {
      this.otherSize = size.value === "other";
      const [width, height] = size.value.split("x").map(Number);
      if (this.otherSize && this.view) this.show(this.view);
      else this.on.edit({ width, height });
    };
    const side = (/** @type {"width" | "height"} */ name) => this.row(this.label(name), this.input(name, "2"));
    this.sides.replaceChildren(side("width"), side("height"));

    return make("section", {}, [
      this.row(t("field.preset"), preset),
      make("h3", {}, [t("group.data")]),
      this.row(this.label("dataset"), dataset),
      this.preview,
      this.info,
      make("div", { class: "buttons" }, [open, files]),
      make("p", { class: "hint" }, [t("field.dataset.hint")]),
      this.row(t("field.size"), size),
      this.sides,
    ]);
  }

  /** @param {View} view */
  show(view) {
    this.view = view;
    const { draft, begun, changed, keeps, preset, busy } = view;
    this.fieldset.disabled = busy;
    this.showData(view);
    for (const [name, input] of this.inputs) {
      const typing = input instanceof HTMLInputElement && input === document.activeElement;
      if (!typing) input.value = String(draft[name]);
    }
    for (const [name, hint] of this.hints) {
      const { kind } = this.key(name);
      const chosen = kind.type === "choice" ? kind.choices.find((choice) => choice.name === draft[name]) : undefined;
      hint.textContent = chosen ? local(chosen.hint) : "";
    }
    for (const { row, key } of this.conditions) row.hidden = !means(key, draft);
    this.preset.value = preset;
    if (this.slider !== document.activeElement) this.slider.value = String(Math.log10(draft.lr));
    this.slider.setAttribute("aria-valuetext", short(draft.lr));

    const nameOf = (/** @type {keyof Config} */ name) =>
      name === "width" || name === "height" ? t("field.size") : this.label(name);
    const names = [...new Set(changed.map(nameOf))];
    this.pendingBox.hidden = busy || (begun && changed.length === 0);
    const changes = t(keeps ? "settings.pending.keep" : "settings.pending", { names: names.join(", ") });
    this.pendingText.textContent = begun ? changes : t("settings.none");
    this.apply.textContent = t(keeps ? "settings.keep" : "settings.apply");
  }

  /** @param {View} view */
  showData({ draft, opened, data }) {
    const names = ["faces", ...(opened ? [opened.name] : [])];
    this.dataset.replaceChildren(...options(names.map((value) => ({ value, text: named(`field.dataset.${value}`, value) }))));
    this.dataset.value = draft.dataset;

    const native = draft.dataset !== "faces" && opened ? `${opened.width}x${opened.height}` : "";
    const chosen = `${draft.width}x${draft.height}`;
    const sizes = [...new Set([native, ...SIZES.map((side) => `${side}x${side}`), chosen])].filter(Boolean);
    const sizeText = (/** @type {string} */ value) => {
      const size = value.replace("x", " × ");
      return value === native ? t("field.size.native", { size }) : named(`field.size.${value}`, size);
    };
    this.size.replaceChildren(...options([...sizes, "other"].map((value) => ({ value, text: sizeText(value) }))));
    this.size.value = this.otherSize ? "other" : chosen;
    this.sides.hidden = !this.otherSize;

    this.preview.hidden = data === undefined;
    if (!data) return;
    paint(this.preview, data.preview);
    const { count, width, height } = data;
    const channels = t(data.channels === 1 ? "channels.1" : "channels.3");
    this.info.textContent = t("field.dataset.info", { count, width, height, channels });
  }
}
