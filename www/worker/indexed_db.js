/**
 * Kept runs in IndexedDB, where a browser lets a page have no files of its own (some private windows). A save is one
 * transaction: it is there as a whole or not at all. Bytes and no blob, which WebKit stores in no private window; what the
 * list of runs needs stands apart from them, because it should not read them all.
 *
 * @typedef {import("./store.js").Store} Store
 */
import { joined, parse } from "./safetensors.js";

const NAME = "wn-gan-runs";
const RUNS = "runs";
const HEADS = "heads";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answered = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @returns {Promise<Store>} rejects where the browser keeps nothing for this page */
export async function openIndexedDb() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => [RUNS, HEADS].map((store) => opening.result.createObjectStore(store));
  const database = await answered(opening);

  /**
   * One transaction over both stores.
   * @template T @param {IDBTransactionMode} mode @param {(runs: IDBObjectStore, heads: IDBObjectStore) => IDBRequest<T>} ask
   * @returns {Promise<T>} what the last request brought
   */
  const within = (mode, ask) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction([RUNS, HEADS], mode, { durability: "strict" });
      const request = ask(transaction.objectStore(RUNS), transaction.objectStore(HEADS));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? request.error);
    });

  return {
    heads: () => within("readonly", (_, heads) => heads.getAll()),
    async save(id, pieces) {
      const bytes = joined(pieces);
      const head = { id, metadata: parse(bytes).metadata, bytes: bytes.length };
      await within("readwrite", (runs, heads) => {
        runs.put(bytes, id);
        return heads.put(head, id);
      });
    },
    async load(id) {
      /** @type {Uint8Array<ArrayBuffer> | undefined} */
      const bytes = await within("readonly", (runs) => runs.get(id));
      if (!bytes) throw new DOMException("There is no such run.", "NotFoundError");
      return bytes;
    },
    async remove(id) {
      await within("readwrite", (runs, heads) => {
        runs.delete(id);
        return heads.delete(id);
      });
    },
  };
}
