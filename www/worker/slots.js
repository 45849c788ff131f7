/**
 * Two slots for one file, of which one is whole at every moment: the older slot is overwritten, and its header comes last.
 * Whoever is cut off while writing leaves the other slot as it was.
 *
 * A slot is a header of 32 bytes (magic number, number of the save, length, CRC-32 of the content, CRC-32 of the header
 * before it), then the content. A handle is what `createSyncAccessHandle()` gives.
 *
 * @typedef {Pick<FileSystemSyncAccessHandle, "getSize" | "read" | "write" | "flush" | "truncate">} Handle
 * @typedef {{ number: number, length: number, crc: number }} Header
 */
import { Fault } from "../fault.js";
import { crc32 } from "./crc32.js";

export const HEADER_BYTES = 32;
const MAGIC = 0x776e676e; // "wngn"

/** What a slot says of itself; nothing if it was never finished. @param {Uint8Array<ArrayBuffer>} bytes @returns {Header | undefined} */
export function header(bytes) {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(0) !== MAGIC || view.getUint32(28) !== crc32(bytes.subarray(0, 28))) return undefined;
  return { number: view.getFloat64(4), length: view.getFloat64(12), crc: view.getUint32(20) };
}

/** @param {Header} header */
function headerBytes({ number, length, crc }) {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setFloat64(4, number);
  view.setFloat64(12, length);
  view.setUint32(20, crc);
  view.setUint32(28, crc32(bytes.subarray(0, 28)));
  return bytes;
}

/** @param {Handle} handle */
function headerOf(handle) {
  const bytes = new Uint8Array(HEADER_BYTES);
  return handle.read(bytes, { at: 0 }) === HEADER_BYTES ? header(bytes) : undefined;
}

/**
 * Overwrites the older slot.
 * @param {Handle[]} slots
 * @param {Uint8Array<ArrayBuffer>[]} pieces the content
 */
export function save(slots, pieces) {
  const numbers = slots.map((slot) => headerOf(slot)?.number ?? -1);
  const older = numbers[0] <= numbers[1] ? 0 : 1;
  const slot = slots[older];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const crc = pieces.reduce((sum, piece) => crc32(piece, sum), 0);
  // From here on this slot is nothing; it must be so on the disk before its content changes.
  write(slot, new Uint8Array(HEADER_BYTES), 0);
  slot.flush();
  slot.truncate(HEADER_BYTES + length);
  let at = HEADER_BYTES;
  for (const piece of pieces) {
    write(slot, piece, at);
    at += piece.length;
  }
  slot.flush();
  write(slot, headerBytes({ number: Math.max(...numbers) + 1, length, crc }), 0);
  slot.flush();
}

/** Storage may take less than it is given. @param {Handle} slot @param {Uint8Array<ArrayBuffer>} bytes @param {number} at */
function write(slot, bytes, at) {
  for (let done = 0; done < bytes.length; ) {
    const taken = slot.write(bytes.subarray(done), { at: at + done });
    if (!(taken > 0)) throw new DOMException("Storage took nothing of what it was to write.", "QuotaExceededError");
    done += taken;
  }
}

/**
 * The content that was saved last, of what is whole.
 * @param {Handle[]} slots
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function load(slots) {
  const newestFirst = slots
    .map((slot) => ({ slot, header: headerOf(slot) }))
    .sort((a, b) => (b.header?.number ?? -1) - (a.header?.number ?? -1));
  for (const { slot, header } of newestFirst) {
    if (!header || slot.getSize() < HEADER_BYTES + header.length) continue;
    const bytes = new Uint8Array(header.length);
    let done = 0;
    while (done < bytes.length) {
      const read = slot.read(bytes.subarray(done), { at: HEADER_BYTES + done });
      if (!(read > 0)) break;
      done += read;
    }
    if (done === bytes.length && crc32(bytes) === header.crc) return bytes;
  }
  throw new Fault("page.kept_damaged");
}
