/**
 * Safetensors files: the length of the header as eight bytes, the header as JSON, the tensors' bytes. Of their numbers
 * nothing is looked at here; the program does that.
 *
 * @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Entry
 * @typedef {object} File
 * @property {Record<string, string>} metadata
 * @property {Record<string, Entry>} tensors by name; offsets count from the first byte of `data`
 * @property {Uint8Array<ArrayBuffer>[]} data the tensors' bytes, in pieces
 */
import { Fault } from "../fault.js";

/** What the header of a run may have at most; the largest seen has half a megabyte. */
const MAX_HEADER = 64e6;

/**
 * The length of the header, if a file begins as one of safetensors does.
 * @param {Uint8Array<ArrayBuffer>} start its first nine bytes, or more
 */
export function headerLength(start) {
  if (start.length < 9 || start[8] !== 0x7b) return undefined; // "{"
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  return length >= 2 && length <= MAX_HEADER ? length : undefined;
}

/** Whether a file is one of safetensors, by its content. @param {Blob} blob */
export const isSafetensors = async (blob) => headerLength(await bytesOf(blob.slice(0, 9))) !== undefined;

/** Metadata and entries, of which only the header is read. @param {Blob} blob */
export async function readHeader(blob) {
  const length = headerLength(await bytesOf(blob.slice(0, 9)));
  if (length === undefined || blob.size < 8 + length) throw new Fault("page.no_safetensors");
  return header(await bytesOf(blob.slice(8, 8 + length)));
}

/** @param {Uint8Array<ArrayBuffer>} bytes a whole file @returns {File} */
export function parse(bytes) {
  const length = headerLength(bytes);
  if (length === undefined || bytes.length < 8 + length) throw new Fault("page.no_safetensors");
  const data = bytes.subarray(8 + length);
  const { metadata, tensors } = header(bytes.subarray(8, 8 + length));
  for (const { data_offsets: [start, end] } of Object.values(tensors)) {
    if (!(start >= 0 && start <= end && end <= data.length)) throw new Fault("page.no_safetensors");
  }
  return { metadata, tensors, data: [data] };
}

/** @param {Uint8Array} json @returns {Omit<File, "data">} */
function header(json) {
  try {
    const { __metadata__: metadata = {}, ...tensors } = JSON.parse(new TextDecoder().decode(json));
    for (const { data_offsets } of Object.values(tensors)) if (!Array.isArray(data_offsets)) throw new TypeError("offsets");
    if (typeof metadata !== "object" || metadata === null) throw new TypeError("metadata");
    return { metadata, tensors };
  } catch {
    throw new Fault("page.no_safetensors");
  }
}

/** A file in pieces, to be written one after the other. @param {File} file */
export function pieces({ metadata, tensors, data }) {
  const json = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...tensors }));
  const start = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - 8), true);
  start.set(json, 8);
  return [start, ...data];
}

/** Pieces as one. @param {Uint8Array[]} parts */
export function joined(parts) {
  const bytes = new Uint8Array(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @param {Uint8Array[]} parts */
export const sizeOf = (parts) => parts.reduce((sum, { length }) => sum + length, 0);

/**
 * A file with the tensors of others behind its own; nothing is copied.
 * @param {File} file
 * @param {{ prefix: string, file: Pick<File, "tensors" | "data"> }[]} others
 * @returns {File}
 */
export function appended({ metadata, tensors, data }, others) {
  const all = { metadata, tensors: { ...tensors }, data: [...data] };
  for (const { prefix, file } of others) {
    const before = sizeOf(all.data);
    for (const [name, { dtype, shape, data_offsets: [start, end] }] of Object.entries(file.tensors)) {
      all.tensors[prefix + name] = { dtype, shape, data_offsets: [start + before, end + before] };
    }
    all.data.push(...file.data);
  }
  return all;
}

/**
 * The tensors whose names pass, under their new names: a file of their own. They lie one after the other.
 * @param {File} file in one piece
 * @param {(name: string) => string | undefined} rename
 * @returns {File}
 */
export function extracted({ metadata, tensors, data: [data] }, rename) {
  const chosen = Object.entries(tensors).flatMap(([name, entry]) => {
    const renamed = rename(name);
    return renamed === undefined ? [] : [{ renamed, entry }];
  });
  const offsets = chosen.flatMap(({ entry }) => entry.data_offsets);
  const [first, last] = [offsets.reduce((a, b) => Math.min(a, b), data.length), offsets.reduce((a, b) => Math.max(a, b), 0)];
  /** @type {Record<string, Entry>} */
  const moved = {};
  for (const { renamed, entry: { dtype, shape, data_offsets: [start, end] } } of chosen) {
    moved[renamed] = { dtype, shape, data_offsets: [start - first, end - first] };
  }
  return { metadata, tensors: moved, data: [data.subarray(Math.min(first, last), last)] };
}

/**
 * A file of arrays of numbers.
 * @param {Record<string, { shape: number[], values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> }>} arrays
 * @returns {Pick<File, "tensors" | "data">}
 */
export function ofArrays(arrays) {
  /** @type {Record<string, Entry>} */
  const tensors = {};
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const data = [];
  let at = 0;
  for (const [name, { shape, values }] of Object.entries(arrays)) {
    const end = at + values.byteLength;
    tensors[name] = { dtype: values instanceof Uint32Array ? "U32" : "F32", shape, data_offsets: [at, end] };
    data.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    at = end;
  }
  return { tensors, data };
}

/**
 * The numbers of a tensor.
 * @template {Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>} T
 * @param {File} file in one piece
 * @param {string} name
 * @param {new (buffer: ArrayBuffer) => T} kind
 * @returns {T | undefined} nothing if there is no tensor of that name
 */
export function arrayOf({ tensors, data: [data] }, name, kind) {
  const entry = tensors[name];
  return entry && new kind(data.slice(...entry.data_offsets).buffer);
}

/** @param {Blob} blob */
const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());
