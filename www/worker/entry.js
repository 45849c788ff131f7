/**
 * All of the program and of the device. One loop answers the page's requests and trains between them, so no two calls
 * into the program ever overlap; pausing is nothing but not calling.
 *
 * @typedef {import("../protocol.js").Requests} Requests
 * @typedef {import("../protocol.js").RequestName} RequestName
 * @typedef {import("../protocol.js").Request} Request
 * @typedef {import("../protocol.js").WorkerEvent} WorkerEvent
 */
import { Fault, toWire } from "../fault.js";
import { isTrap, Program } from "./program.js";
import { Runs } from "./runs.js";
import { Vault } from "./vault.js";

/** @type {Request[]} */
const inbox = [];
let wake = () => {};

/** @param {WorkerEvent} event @param {Transferable[]} [transfer] */
const tell = (event, transfer = []) => self.postMessage(event, { transfer });

const program = new Program();
const vault = Vault.open();
/** @type {Runs | undefined} */
let runs;

function booted() {
  if (!runs) throw new Fault("page.no_run");
  return runs;
}

/** @type {{ [N in RequestName]: (args: Requests[N]["args"], request: Request) => Promise<Requests[N]["reply"]> }} */
const answers = {
  async boot({ choice, variants, calm }) {
    runs = new Runs(program, await vault, tell, calm);
    const opened = await runs.openDevice(choice, variants);
    const core = await program.load();
    return { ...opened, presets: core.presets(), settings: core.settings(), keeps: (await vault).store !== undefined };
  },

  async theorem({ depth, maps, activation, seed }) {
    return (await program.load()).theorem(depth, maps, activation, seed);
  },

  start: (args, { column, run }) => booted().start(column, run, args),
  resume: ({ from }, { column, run }) => booted().resume(column, run, from),
  open: ({ files }) => booted().images.open(files),

  async play(_, { column }) {
    booted().at(column).play();
  },
  async pause(_, { column }) {
    booted().at(column).pause();
    await booted().keep(column);
  },
  step: (_, { column }) => booted().at(column).step(),
  async lr({ value }, { column }) {
    booted().at(column).setRate(value);
  },
  test: ({ final }, { column }) => booted().at(column).startTest(final),
  save: (_, { column }) => booted().file(column),
  saveBest: (_, { column }) => booted().bestFile(column),
  csv: async ({ of }, { column }) => booted().at(column).history.csv(of),
  hide: (_, { column }) => booted().keep(column),

  kept: async () => (await vault).runs(),
  rename: ({ id, name }) => booted().rename(id, name),
  duplicate: async ({ id, name }) => (await vault).duplicate(id, name),
  download: async ({ id }) => new Blob([await (await vault).load(id)]),
  forget: async ({ id }) => (await vault).remove(id),
};

/** @param {Request} request */
async function answer(request) {
  const { id, name, args, column, run } = request;
  try {
    if (runs && !(await runs.isCurrent(column, run, name))) throw new Fault("page.late");
    const reply = await answers[name](/** @type {any} */ (args), request);
    self.postMessage({ id, reply });
  } catch (error) {
    self.postMessage({ id, error: toWire(error) });
    if (isTrap(error)) trapped(error);
  }
}

/**
 * The program has broken down and can be called no more; what was taken down of its runs is the page's to go on with.
 * @param {unknown} error
 */
function trapped(error) {
  tell({ event: "trapped", error: toWire(program.explained(error)), snapshots: runs?.snapshots() ?? [] });
}

const { port1, port2 } = new MessageChannel();
/** Lets waiting messages in; unlike a timer it is neither clamped nor slowed in a hidden tab. */
const breathe = () =>
  new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(null);
  });

async function loop() {
  for (;;) {
    const request = inbox.shift();
    if (request) await answer(request);
    else if (runs?.busy) await runs.advance().catch(trapped);
    else await new Promise((resolve) => {
      wake = () => resolve(undefined);
      const wait = runs?.wait;
      if (wait !== undefined) setTimeout(wake, wait);
    });
    await breathe();
  }
}

// After a panic in an asynchronous call its promise never settles; the error arrives here.
self.onunhandledrejection = (event) => {
  event.preventDefault();
  trapped(event.reason);
};
self.onmessage = ({ data }) => {
  if ("ping" in data) return self.postMessage({ pong: true });
  inbox.push(data);
  wake();
};
loop();
