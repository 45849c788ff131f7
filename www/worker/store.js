/**
 * Where runs are kept: the browser's own files, else its database, else nowhere.
 *
 * @typedef {{ id: string, metadata: Record<string, string>, bytes: number }} Head what is known of a run without reading it
 * @typedef {object} Store
 * @property {() => Promise<Head[]>} heads
 * @property {(id: string, pieces: Uint8Array<ArrayBuffer>[]) => Promise<void>} save whole or not at all: what was kept of
 *   that name before stays until then
 * @property {(id: string) => Promise<Uint8Array<ArrayBuffer>>} load
 * @property {(id: string) => Promise<void>} remove
 */
import { openIndexedDb } from "./indexed_db.js";
import { openOpfs } from "./opfs.js";

/** @returns {Promise<Store | undefined>} nothing where the browser keeps nothing for this page */
export async function openStore() {
  for (const open of [openOpfs, openIndexedDb]) {
    try {
      return await open();
    } catch {
      // The next one.
    }
  }
  return undefined;
}
