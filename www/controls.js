import { make, paint } from "./dom.js";
import { GROUPS } from "./fields.js";
import { named, short, t } from "./i18n.js";

/**
 * @typedef {import("./types.js").Config} Config
 * @typedef {import("./types.js").DataInfo} DataInfo
 * @typedef {object} View what the form shows
 * @property {Config} draft the settings as edited
 * @property {boolean} begun there is a run
 * @property {string[]} changed settings in which the run differs
 * @property {boolean} keeps the run can go on with them
 * @property {boolean} busy a run is being built
 * @property {string} preset
 * @property {DataInfo | undefined} opened images opened from files
 * @property {DataInfo | undefined} data the images that the draft names
 */

const SIZES = [16, 32];
/** The slider's position is the logarithm of the rate. */
const LR_RANGE = { min: "-6", max: "-2", step: "0.05" };

/** @param {string} key */
const fieldName = (key) => named(`field.${key}`, key);

/** @param {string} key @returns {(choice: string) => string} */
const choiceName = (key) => (choice) => named(`${key}.${choice}`, choice);

/** @param {readonly string[]} values @param {(value: string) => string} text */
const options = (values, text) => values.map((value) => make("option", { value }, [text(value)]));

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
    /** @type {View | undefined} */
    this.view = undefined;
    /** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */
    this.inputs = new Map();
    /** @type {Map<string, HTMLElement>} what the present choice means */
    this.hints = new Map();
    /** @type {{ row: HTMLElement, when: (config: Config) => boolean }[]} rows that are not always shown */
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

  /** Presets to offer, known once the program is loaded. @param {string[]} names */
  load(names) {
    this.presets = names;
    this.render();
  }

  /** Builds the form anew, in the page's language. */
  render() {
    this.inputs.clear();
    this.hints.clear();
    this.conditions = [];
    this.fieldset.replaceChildren(this.dataGroup(), ...GROUPS.map((group) => this.group(group)));
    this.apply.onclick = this.on.apply;
    const discard = make("button", { type: "button", id: "discard" }, [t("settings.discard")]);
    discard.onclick = this.on.discard;
    const buttons = make("div", { class: "buttons" }, [this.apply, discard]);
    this.pendingBox.replaceChildren(this.pendingText, buttons);
    const title = make("h2", { id: "settings-title" }, [t("settings")]);
    this.form.replaceChildren(title, this.pendingBox, this.fieldset);
    if (this.view) this.show(this.view);
  }

  /** @param {string} text @param {HTMLElement} control @param {string} [note] */
  row(text, control, note = "") {
    const name = make("span", { class: "name" }, [text]);
    if (note) name.append(make("small", {}, [note]));
    return make("label", { class: "field" }, [name, control]);
  }

  /** @param {string} key @param {Record<string, string>} [attributes] */
  numeric(key, attributes = {}) {
    const input = make("input", { type: "number", name: key, inputmode: "decimal", ...attributes });
    input.onchange = () => {
      if (input.value.trim() !== "" && Number.isFinite(input.valueAsNumber)) {
        this.on.edit({ [key]: input.valueAsNumber });
      } else if (this.view) {
        this.show(this.view);
      }
    };
    this.inputs.set(key, input);
    return input;
  }

  /** @param {import("./fields.js").Group} group */
  group({ title, fields }) {
    /** @type {HTMLElement[]} */
    const rows = fields.filter((field) => !field.more).map((field) => this.field(field));
    if (title === "group.training") rows.unshift(this.rate());
    const more = fields.filter((field) => field.more).map((field) => this.field(field));
    return make("section", {}, [
      make("h3", {}, [t(title)]),
      ...rows,
      make("details", {}, [make("summary", {}, [t("settings.more")]), ...more]),
    ]);
  }

  /** @param {import("./fields.js").Field} field @returns {HTMLElement} */
  field({ key, step = "1", min, choices, when }) {
    if (!choices) {
      const row = this.row(fieldName(key), this.numeric(key, min === undefined ? { step } : { step, min }));
      if (when) this.conditions.push({ row, when });
      return row;
    }
    const hint = make("p", { class: "hint", id: `hint-${key}` });
    const select = make("select", { name: key, "aria-describedby": hint.id }, options(choices, choiceName(key)));
    select.onchange = () => this.on.edit({ [key]: select.value });
    this.inputs.set(key, select);
    this.hints.set(key, hint);
    const row = make("div", { class: "choice" }, [this.row(fieldName(key), select), hint]);
    if (when) this.conditions.push({ row, when });
    return row;
  }

  rate() {
    const input = make("input", { type: "number", name: "lr", step: "any", min: "0", inputmode: "decimal" });
    const { slider } = this;
    slider.setAttribute("aria-label", fieldName("lr"));
    input.onchange = () => this.on.lr(input.valueAsNumber);
    slider.oninput = () => this.on.lr(Number((10 ** slider.valueAsNumber).toPrecision(2)));
    this.inputs.set("lr", input);
    return make("div", { class: "rate" }, [this.row(fieldName("lr"), input, t("settings.live")), slider]);
  }

  dataGroup() {
    const { preset, dataset, size } = this;
    preset.replaceChildren(...options(this.presets, (name) => named(`preset.${name}`, name)));
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
    this.sides.replaceChildren(
      this.row(t("field.width"), this.numeric("width", { step: "2", min: "4" })),
      this.row(t("field.height"), this.numeric("height", { step: "2", min: "4" })),
    );

    return make("section", {}, [
      this.row(t("field.preset"), preset),
      make("h3", {}, [t("group.data")]),
      this.row(t("field.dataset"), dataset),
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
    for (const [key, input] of this.inputs) {
      const typing = input instanceof HTMLInputElement && input === document.activeElement;
      if (!typing) input.value = String(draft[key]);
    }
    for (const [key, hint] of this.hints) {
      hint.textContent = named(`${key}.${draft[key]}.hint`, "");
      hint.hidden = hint.textContent === "";
    }
    for (const { row, when } of this.conditions) row.hidden = !when(draft);
    this.preset.value = preset;
    if (this.slider !== document.activeElement) this.slider.value = String(Math.log10(draft.lr));
    this.slider.setAttribute("aria-valuetext", short(draft.lr));

    const names = [...new Set(changed.map((key) => fieldName(key === "width" || key === "height" ? "size" : key)))];
    this.pendingBox.hidden = busy || (begun && changed.length === 0);
    const changes = t(keeps ? "settings.pending.keep" : "settings.pending", { names: names.join(", ") });
    this.pendingText.textContent = begun ? changes : t("settings.none");
    this.apply.textContent = t(keeps ? "settings.keep" : "settings.apply");
  }

  /** @param {View} view */
  showData({ draft, opened, data }) {
    const names = ["faces", ...(opened ? [opened.name] : [])];
    this.dataset.replaceChildren(...options(names, (name) => named(`field.dataset.${name}`, name)));
    this.dataset.value = draft.dataset;

    const native = draft.dataset !== "faces" && opened ? `${opened.width}x${opened.height}` : "";
    const chosen = `${draft.width}x${draft.height}`;
    const sizes = [...new Set([native, ...SIZES.map((side) => `${side}x${side}`), chosen])].filter(Boolean);
    this.size.replaceChildren(
      ...options([...sizes, "other"], (value) => {
        const size = value.replace("x", " × ");
        return value === native ? t("field.size.native", { size }) : named(`field.size.${value}`, size);
      }),
    );
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
