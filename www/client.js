/**
 * The page's end of the worker: a promise for each request, a callback for everything the worker tells by itself.
 *
 * @typedef {import("./protocol.js").Requests} Requests
 * @typedef {import("./protocol.js").RequestName} RequestName
 * @typedef {import("./protocol.js").WorkerEvent} WorkerEvent
 * @typedef {import("./fault.js").Wire} Wire
 * @typedef {object} Transport what the page needs of a worker, or of anything in its place
 * @property {<N extends RequestName>(name: N, args: Requests[N]["args"], column?: number, run?: number) => Promise<Requests[N]["reply"]>} call
 *   rejects with a Fault
 * @property {() => void} stop
 * @property {number} heardAt when something was last heard of it
 * @property {number} progressAt when it last told something of its own
 * @property {number} longestGap the longest time between two such
 * @property {() => void} ping asks whether it is there; what it computes meanwhile is no matter
 * @property {Error | undefined} dead why it can be asked no more
 * @typedef {(on: { event: (event: WorkerEvent) => void, crash: (error: Wire) => void }) => Transport} OpenTransport
 */
import { Fault, fromWire, toWire } from "./fault.js";

/** @implements {Transport} */
export class Client {
  /** @param {{ event: (event: WorkerEvent) => void, crash: (error: Wire) => void }} on `crash`: the worker can be asked no more */
  constructor(on) {
    this.on = on;
    /** @type {Map<number, { resolve: (reply: any) => void, reject: (error: Error) => void }>} */
    this.waiting = new Map();
    this.next = 1;
    this.heardAt = performance.now();
    this.progressAt = this.heardAt;
    this.longestGap = 0;
    /** Why it can be asked no more. @type {Error | undefined} */
    this.dead = undefined;
    this.worker = new Worker(new URL("./worker/entry.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.heard(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.crash(toWire(event.message ? new Fault("page.worker_broken", { message: event.message }) : new Fault("page.no_worker", { file: "www/worker/entry.js" })));
    };
  }

  /** @param {any} data */
  heard(data) {
    if (this.dead) return;
    this.heardAt = performance.now();
    if ("pong" in data) return;
    this.longestGap = Math.max(this.longestGap, this.heardAt - this.progressAt);
    this.progressAt = this.heardAt;
    if ("id" in data) return this.settle(data);
    this.on.event(data);
    // Its program is gone; what waits for an answer will get none.
    if (data.event === "trapped") this.stop(fromWire(data.error));
  }

  /** @param {Wire} error */
  crash(error) {
    if (this.dead) return;
    this.stop(fromWire(error));
    this.on.crash(error);
  }

  /**
   * @template {RequestName} N
   * @param {N} name
   * @param {Requests[N]["args"]} args
   * @returns {Promise<Requests[N]["reply"]>}
   */
  call(name, args, column = 0, run = 0) {
    if (this.dead) return Promise.reject(this.dead);
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, column, run, name, args });
    });
  }

  ping() {
    if (!this.dead) this.worker.postMessage({ ping: true });
  }

  /** @param {{ id: number, reply?: any, error?: Wire }} message */
  settle({ id, reply, error }) {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(reply);
    else waiting?.reject(fromWire(error));
  }

  /** Ends the worker and with it everything it holds on the GPU. @param {Error} [why] */
  stop(why = new Fault("page.late")) {
    if (this.dead) return;
    this.dead = why;
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(why);
    this.waiting.clear();
  }
}
