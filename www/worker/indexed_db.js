/**
 * Kept runs in IndexedDB, where a browser lets a page have no files of its own (some private windows). A save is one
 * transaction: it is there as a whole or not at all.
 *
 * @typedef {import("./store.js").Store} Store
 */
import { readHeader } from "./safetensors.js";

const NAME = "wn-gan-runs";
const RUNS = "runs";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answered = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @returns {Promise<Store>} rejects where the browser keeps nothing for this page */
export async function openIndexedDb() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(RUNS);
  const database = await answered(opening);

  /** @template T @param {IDBTransactionMode} mode @param {(runs: IDBObjectStore) => IDBRequest<T>} ask @returns {Promise<T>} */
  const within = (mode, ask) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(RUNS, mode, { durability: "strict" });
      const request = ask(transaction.objectStore(RUNS));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  /** @param {string} id @returns {Promise<Blob>} */
  const blob = async (id) => {
    const found = await within("readonly", (runs) => runs.get(id));
    if (!(found instanceof Blob)) throw new DOMException("There is no such run.", "NotFoundError");
    return found;
  };

  return {
    async heads() {
      const ids = await within("readonly", (runs) => runs.getAllKeys());
      const heads = await Promise.all(
        ids.map(async (key) => {
          const id = String(key);
          try {
            const bytes = await blob(id);
            return { id, metadata: (await readHeader(bytes)).metadata, bytes: bytes.size };
          } catch {
            return undefined; // What cannot be read is no run.
          }
        }),
      );
      return heads.filter((one) => one !== undefined);
    },
    async save(id, pieces) {
      await within("readwrite", (runs) => runs.put(new Blob(pieces), id));
    },
    load: async (id) => new Uint8Array(await (await blob(id)).arrayBuffer()),
    async remove(id) {
      await within("readwrite", (runs) => runs.delete(id));
    },
  };
}
