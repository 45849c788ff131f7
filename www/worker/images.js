/**
 * The images that runs train on: built-in faces, and what the visitor has opened.
 *
 * @typedef {import("../../wn_gan.js").Dataset} Dataset
 * @typedef {import("../../wn_gan.js").Config} Config
 * @typedef {import("../protocol.js").DataInfo} DataInfo
 */
import { Fault } from "../fault.js";
import { pictureOf } from "./picture.js";

export const FACES = "faces";

export class Images {
  /** @param {import("./program.js").Program} program */
  constructor(program) {
    this.program = program;
    /** @type {Dataset | undefined} */
    this.opened = undefined;
    /** @type {{ seed: number, data: Dataset } | undefined} */
    this.faces = undefined;
  }

  /** Files of one set; what was open before stays if one of them is refused. @param {File[]} files @returns {Promise<DataInfo>} */
  async open(files) {
    const core = await this.program.load();
    /** @type {Dataset | undefined} */
    let all;
    try {
      for (const file of files) {
        const part = core.Dataset.open(file.name, new Uint8Array(await file.arrayBuffer()));
        if (all) {
          const both = joined(all, part);
          all.free();
          all = both;
        } else all = part;
      }
      if (!all) throw new Fault("page.no_file");
    } catch (error) {
      all?.free();
      throw error;
    }
    const info = describe(all);
    this.opened?.free();
    this.opened = all;
    return info;
  }

  /** The images that settings name. @param {Config} config @returns {Promise<Dataset>} */
  async of(config) {
    const core = await this.program.load();
    const { dataset, seed, width, height, channels } = config;
    if (dataset !== FACES) {
      if (this.opened?.name === dataset) return this.opened;
      throw new Fault("page.no_images", { name: dataset });
    }
    const count = core.Dataset.faceCount(width, height, channels);
    if (this.faces?.seed !== seed || this.faces.data.count !== count) {
      const data = core.Dataset.faces(count, seed);
      this.faces?.data.free();
      this.faces = { seed, data };
    }
    return this.faces.data;
  }
}

/** Both as one; the second is used up. @param {Dataset} a @param {Dataset} b */
function joined(a, b) {
  try {
    return a.append(b);
  } finally {
    b.free();
  }
}

/** @param {Dataset} data @returns {DataInfo} */
export function describe(data) {
  const { name, count, width, height, channels } = data;
  return { name, count, width, height, channels, preview: pictureOf(data.preview(16, 8)) };
}
