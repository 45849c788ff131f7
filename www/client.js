/**
 * The page's end of the worker: a promise for each request, a callback for everything the worker tells by itself.
 *
 * @typedef {import("./types.js").Requests} Requests
 * @typedef {import("./types.js").RequestName} RequestName
 * @typedef {import("./types.js").WorkerEvent} WorkerEvent
 */
export class Client {
  /**
   * @param {(event: WorkerEvent) => void} onEvent
   * @param {(message: string) => void} onCrash the worker could not be loaded, or an error escaped it
   */
  constructor(onEvent, onCrash) {
    /** @type {Map<number, { resolve: (reply: any) => void, reject: (error: Error) => void }>} */
    this.waiting = new Map();
    this.next = 1;
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => ("id" in data ? this.settle(data) : onEvent(data));
    this.worker.onerror = (event) => {
      event.preventDefault();
      const message = event.message ?? "the file www/worker.js did not load";
      for (const { reject } of this.waiting.values()) reject(new Error(message));
      this.waiting.clear();
      onCrash(message);
    };
  }

  /**
   * @template {RequestName} N
   * @param {N} name
   * @param {Requests[N]["args"]} [args]
   * @returns {Promise<Requests[N]["reply"]>} rejects with the core's sentence
   */
  call(name, args = {}) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, name, args });
    });
  }

  /** @param {{ id: number, reply?: any, error?: string }} message */
  settle({ id, reply, error }) {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(reply);
    else waiting?.reject(new Error(error));
  }

  /** Ends the worker and with it everything it holds on the GPU. */
  stop() {
    this.worker.terminate();
  }
}
