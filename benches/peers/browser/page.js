/** What runs in the browser for a peer: `peer.check()` and `peer.measure()`, called by compare.js. */
import { measure } from "./measure.js";
import { open } from "./programs.js";
import { WORKLOADS } from "./workloads.js";

/** Steps of a check: as many as the PyTorch references have. */
const CHECKED = 3;
/** Batches on the device that a measurement goes round. */
const BATCHES = 4;

/** Losses of the first steps, and the parameters after them, from the references' parameters and inputs. */
async function check(/** @type {string} */ program, /** @type {string} */ workload) {
  const { trainer } = await open(program, WORKLOADS[workload], true);
  const losses = [];
  for (let t = 0; t < CHECKED; t++) {
    trainer.step(trainer.upload(t));
    losses.push(await trainer.readLosses());
  }
  return { losses, parameters: await trainer.readParameters() };
}

Object.assign(window, {
  peer: {
    check,
    measure: async (/** @type {string} */ program, /** @type {string} */ workload, /** @type {number} */ seconds) => {
      const { trainer, ...who } = await open(program, WORKLOADS[workload], false);
      const batches = Array.from({ length: BATCHES }, (_, t) => trainer.upload(t));
      return { ...who, ...(await measure(trainer, batches, seconds)) };
    },
  },
});
document.title = "peer: ready";
