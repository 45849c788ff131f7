/**
 * Kept runs in the browser's own file system, two slots a run. Only a worker may write there at once and in place.
 *
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").Head} Head
 */
import { readHeader } from "./safetensors.js";
import { HEADER_BYTES, header, load, save } from "./slots.js";

/** Several pages of one host share an origin: names begin with the page's. */
const FOLDER = "wn-gan-runs";
const SLOTS = [".a", ".b"];

/** @returns {Promise<Store>} rejects where the browser has no such file system for this page */
export async function openOpfs() {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  // Some browsers have the file system without writing in place: found out here and not at the first save.
  if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) throw new TypeError("no synchronous access");

  /** @template T @param {string} id @param {boolean} create @param {(slots: FileSystemSyncAccessHandle[]) => T} use */
  const withSlots = async (id, create, use) => {
    /** @type {FileSystemSyncAccessHandle[]} */
    const slots = [];
    try {
      for (const slot of SLOTS) slots.push(await (await folder.getFileHandle(id + slot, { create })).createSyncAccessHandle());
      return use(slots);
    } finally {
      for (const slot of slots) slot.close();
    }
  };

  /** @param {string} id @returns {Promise<Head | undefined>} nothing if no slot was ever finished */
  const head = async (id) => {
    const found = [];
    for (const slot of SLOTS) {
      try {
        const file = await (await folder.getFileHandle(id + slot)).getFile();
        const says = header(new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer()));
        if (says && file.size >= HEADER_BYTES + says.length) found.push({ file, says });
      } catch {
        // A slot that is not there.
      }
    }
    found.sort((a, b) => b.says.number - a.says.number);
    for (const { file, says } of found) {
      try {
        const { metadata } = await readHeader(file.slice(HEADER_BYTES, HEADER_BYTES + says.length));
        return { id, metadata, bytes: says.length };
      } catch {
        // Then the other slot.
      }
    }
    return undefined;
  };

  return {
    async heads() {
      const ids = new Set();
      for await (const name of folder.keys()) ids.add(name.replace(/\.[ab]$/, ""));
      const heads = await Promise.all([...ids].map(head));
      return heads.filter((one) => one !== undefined);
    },
    save: (id, pieces) => withSlots(id, true, (slots) => save(slots, pieces)),
    load: (id) => withSlots(id, false, load),
    async remove(id) {
      for (const slot of SLOTS) await folder.removeEntry(id + slot).catch(() => undefined);
    },
  };
}
