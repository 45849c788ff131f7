import { html, nothing } from "lit-html";
import { local, named, short, t } from "../i18n.js";
import { canApplyHot, dataOf, isBusy, pending } from "../select.js";
import { means, parse } from "../settings.js";

/**
 * The form of the settings, from the program's table.
 *
 * @typedef {import("../../wn_gan.js").Config} Config
 * @typedef {import("../../wn_gan.js").Key} Key
 * @typedef {import("../state.js").State} State
 * @typedef {import("../state.js").Column} Column
 * @typedef {object} On
 * @property {(changes: Partial<Config>) => void} edit
 * @property {(name: string) => void} preset
 * @property {(value: number) => void} lr
 * @property {(files: File[]) => void} open
 * @property {() => void} apply
 * @property {() => void} discard
 */

const SIZES = [16, 32];
/** The slider's position is the logarithm of the rate. */
const LR_RANGE = { min: -6, max: -2, step: 0.05 };
/** Groups that are rows of the table; the one before them, the images, is a form of its own. */
const GROUPS = /** @type {const} */ (["network", "training", "test"]);

/** @param {string} value @param {string} text @param {string} chosen */
const option = (value, text, chosen) => html`<option value=${value} .selected=${value === chosen}>${text}</option>`;

export class Controls {
  /** @param {On} on @param {() => void} changed draw again */
  constructor(on, changed) {
    this.on = on;
    this.changed = changed;
    /** The visitor wants to type width and height. */
    this.otherSize = false;
    /** What was typed and is no value of its setting, with the reason. @type {Map<string, string>} */
    this.misfits = new Map();
  }

  /** @param {State} state @param {Column} column */
  render(state, column) {
    if (state.settings.length === 0 || !state.draft) {
      return html`<h2 id="settings-title">${t("settings")}</h2><fieldset disabled><p class="hint">${t("settings.later")}</p></fieldset>`;
    }
    const keys = new Map(state.settings.map((key) => [key.name, key]));
    return html`<h2 id="settings-title">${t("settings")}</h2>
      ${this.pending(state, column, keys)}
      <fieldset ?disabled=${isBusy(state)}>
        ${this.dataGroup(state, column, state.draft, keys)} ${GROUPS.map((group) => this.group(group, state.settings, state.draft ?? undefined))}
      </fieldset>`;
  }

  /** What differs from the run, and what to do about it. @param {State} state @param {Column} column @param {Map<string, Key>} keys */
  pending(state, column, keys) {
    const changed = pending(state, column);
    const begun = column.started !== undefined;
    const hidden = isBusy(state) || (begun && changed.length === 0);
    const hot = canApplyHot(state, column);
    const nameOf = (/** @type {string} */ name) => (name === "width" || name === "height" ? t("field.size") : label(keys.get(name)));
    const names = [...new Set(changed.map(nameOf))].join(", ");
    const text = begun ? t(hot ? "settings.pending.keep" : "settings.pending", { names }) : t("settings.none");
    return html`<div class="pending" ?hidden=${hidden}>
      <p role="status">${hidden ? "" : text}</p>
      <div class="buttons">
        <button type="button" class="primary" id="apply" @click=${this.on.apply}>${t(hot ? "settings.keep" : "settings.apply")}</button>
        <button type="button" id="discard" ?hidden=${!begun} @click=${this.discard}>${t("settings.discard")}</button>
      </div>
    </div>`;
  }

  discard = () => {
    this.misfits.clear();
    this.on.discard();
  };

  /** @param {typeof GROUPS[number]} name @param {Key[]} settings @param {Config | undefined} draft */
  group(name, settings, draft) {
    if (!draft) return nothing;
    const keys = settings.filter(({ group }) => group === name);
    const rows = (/** @type {boolean} */ more) => keys.filter((key) => key.more === more).map((key) => this.setting(key, draft));
    return html`<section>
      <h3>${t(`group.${name}`)}</h3>
      ${rows(false)}
      <details><summary>${t("settings.more")}</summary>${rows(true)}</details>
    </section>`;
  }

  /** A row with what its value means below. @param {Key} key @param {Config} draft */
  setting(key, draft) {
    const { name, kind, help } = key;
    const hidden = key.when.length > 0 && !means(key, draft);
    const isChoice = kind.type === "choice";
    const chosen = isChoice ? kind.choices.find((choice) => choice.name === draft[name]) : undefined;
    const hint = isChoice ? (chosen ? local(chosen.hint) : "") : local(help);
    const field = isChoice ? this.choice(key, String(draft[name])) : this.field(key, draft);
    const misfit = this.misfits.get(name);
    return html`<div class="setting" ?hidden=${hidden}>
      ${name === "lr" ? html`<div class="rate">${field}${this.slider(key, draft.lr)}</div>` : field}
      <p class="hint" id="hint-${name}">${hint}</p>
      ${misfit ? html`<p class="misfit" role="alert">${misfit}</p>` : nothing}
    </div>`;
  }

  /** @param {Key} key @param {Config} draft */
  field(key, draft) {
    const note = key.name === "lr" ? html`<small>${t("settings.live")}</small>` : nothing;
    return html`<label class="field"><span class="name">${label(key)}${note}</span>${this.input(key, draft)}</label>`;
  }

  /** The input of a number, with the ends of its range. @param {Key} key @param {Config} draft @param {string} [step] */
  input(key, draft, step) {
    const { name, kind } = key;
    if (kind.type !== "whole" && kind.type !== "real") return nothing;
    return html`<input type="number" name=${name} inputmode="decimal" min=${kind.min} max=${kind.max} aria-describedby="hint-${name}"
      step=${step ?? (kind.type === "whole" ? "1" : "any")} .value=${String(draft[name])} @change=${(/** @type {Event} */ event) => this.typed(key, event)} />`;
  }

  /** What is typed is checked at once, and named if it is no value of its setting. @param {Key} key @param {Event} event */
  typed(key, event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const { name, kind } = key;
    const value = parse(key, input.value);
    if (value === undefined && (kind.type === "whole" || kind.type === "real")) {
      const ends = { name: label(key), min: String(kind.min), max: String(kind.max), found: input.value };
      this.misfits.set(name, t(kind.type === "whole" ? "misfit.whole" : "misfit.real", ends));
      return this.changed();
    }
    this.misfits.delete(name);
    if (name === "lr") this.on.lr(Number(value));
    else this.on.edit({ [name]: value });
    this.changed();
  }

  /** @param {Key} key @param {string} value */
  choice(key, value) {
    const { name, kind } = key;
    if (kind.type !== "choice") return nothing;
    return html`<label class="field"><span class="name">${label(key)}</span>
      <select name=${name} aria-describedby="hint-${name}" @change=${(/** @type {Event} */ event) => this.on.edit({ [name]: valueOf(event) })}>
        ${kind.choices.map((choice) => option(choice.name, local(choice.label), value))}
      </select></label>`;
  }

  /** @param {Key} key @param {number} lr */
  slider(key, lr) {
    /** @param {Event} event */
    const moved = (event) => {
      this.misfits.delete("lr");
      this.on.lr(Number((10 ** Number(valueOf(event))).toPrecision(2)));
    };
    return html`<input type="range" min=${LR_RANGE.min} max=${LR_RANGE.max} step=${LR_RANGE.step} aria-label=${label(key)}
      aria-valuetext=${short(lr)} .value=${String(Math.log10(lr))} @input=${moved} />`;
  }

  /** @param {State} state @param {Column} column @param {Config} draft @param {Map<string, Key>} keys */
  dataGroup(state, column, draft, keys) {
    const { opened, preset, presets } = state;
    const data = dataOf(state, column);
    /** @param {Event} event */
    const dataset = (event) => {
      const value = valueOf(event);
      const chosen = value === "faces" ? undefined : opened;
      const size = chosen ? { width: chosen.width, height: chosen.height, channels: chosen.channels } : { channels: 3 };
      this.on.edit({ dataset: value, ...size });
    };
    /** @param {Event} event */
    const files = (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      this.on.open([...(input.files ?? [])]);
      input.value = "";
    };
    /** @param {Event} event */
    const choose = (event) => /** @type {HTMLElement} */ (event.target).parentElement?.querySelector("input")?.click();
    const names = ["faces", ...(opened && opened.name !== "faces" ? [opened.name] : [])];
    return html`<section>
      <label class="field"><span class="name">${t("field.preset")}</span>
        <select name="preset" @change=${(/** @type {Event} */ event) => this.on.preset(valueOf(event))}>
          ${presets.map(({ name }) => option(name, named(`preset.${name}`, name), preset))}
        </select></label>
      <h3>${t("group.data")}</h3>
      <label class="field"><span class="name">${label(keys.get("dataset"))}</span>
        <select name="dataset" @change=${dataset}>
          ${names.map((name) => option(name, named(`field.dataset.${name}`, name), draft.dataset))}
        </select></label>
      <canvas class="preview" aria-hidden="true" ?hidden=${data === undefined}></canvas>
      <p class="hint">${data ? t("field.dataset.info", { ...sizeOf(data), channels: t(data.channels === 1 ? "channels.1" : "channels.3") }) : nothing}</p>
      <div class="buttons">
        <button type="button" @click=${choose}>${t("field.dataset.open")}</button>
        <input type="file" multiple hidden id="data-files" aria-label=${t("field.dataset.open")} @change=${files} />
      </div>
      <p class="hint">${t("field.dataset.hint")}</p>
      ${this.size(state, draft, keys)}
    </section>`;
  }

  /** @param {State} state @param {Config} draft @param {Map<string, Key>} keys */
  size({ opened }, draft, keys) {
    const native = draft.dataset !== "faces" && opened ? `${opened.width}x${opened.height}` : "";
    const chosen = `${draft.width}x${draft.height}`;
    const sizes = [...new Set([native, ...SIZES.map((side) => `${side}x${side}`), chosen])].filter(Boolean);
    const text = (/** @type {string} */ value) => {
      const size = value.replace("x", " × ");
      return value === native ? t("field.size.native", { size }) : named(`field.size.${value}`, size);
    };
    /** @param {Event} event */
    const size = (event) => {
      const value = valueOf(event);
      this.otherSize = value === "other";
      const [width, height] = value.split("x").map(Number);
      if (this.otherSize) this.changed();
      else this.on.edit({ width, height });
    };
    const side = (/** @type {"width" | "height"} */ name) => {
      const key = keys.get(name);
      const misfit = this.misfits.get(name);
      return html`<label class="field"><span class="name">${label(key)}</span>${key ? this.input(key, draft, "2") : nothing}</label>
        ${misfit ? html`<p class="misfit" role="alert">${misfit}</p>` : nothing}`;
    };
    return html`<label class="field"><span class="name">${t("field.size")}</span>
        <select name="size" @change=${size}>
          ${[...sizes, "other"].map((value) => option(value, value === "other" ? named("field.size.other", value) : text(value), this.otherSize ? "other" : chosen))}
        </select></label>
      <div class="sides" ?hidden=${!this.otherSize}>${side("width")}${side("height")}</div>`;
  }
}

/** @param {Key | undefined} key */
const label = (key) => (key ? local(key.label) : "");

/** @param {import("../protocol.js").DataInfo} data */
const sizeOf = ({ count, width, height }) => ({ count, width, height });

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target).value;
