/** Steady state: the median of timed pieces, each ended by one readback, after the first step and a warm-up. */

const PIECES = 5;
const MIN_PIECE_MS = 2000;

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/**
 * @template B
 * @param {{ step: (batch: B) => void, readLosses: () => Promise<number[]> }} trainer
 * @param {B[]} batches @param {number} seconds of all pieces together
 */
export async function measure(trainer, batches, seconds) {
  let step = 0;
  let losses_finite = true;
  /** @type {number[]} */
  let losses = [];
  /** Milliseconds of `count` steps. @param {number} count */
  const run = async (count) => {
    const begun = performance.now();
    for (let i = 0; i < count; i++) trainer.step(batches[step++ % batches.length]);
    losses = await trainer.readLosses();
    losses_finite &&= losses.every(Number.isFinite);
    return performance.now() - begun;
  };
  const first_step_ms = await run(1);
  const first_losses = losses;
  const pieceMillis = Math.max(MIN_PIECE_MS, (1000 * seconds) / PIECES);
  // Ever longer runs until one is long enough to foretell how many steps fill a piece.
  let [count, millis] = [1, await run(1)];
  while (millis < pieceMillis / 4) {
    count *= 2;
    millis = await run(count);
  }
  const steps = Math.max(1, Math.ceil((pieceMillis / millis) * count));
  const times = [];
  for (let piece = 0; piece < PIECES; piece++) times.push((await run(steps)) / steps);
  const step_ms_median = median(times);
  return {
    first_step_ms, step_ms_median, step_ms_min: Math.min(...times), step_ms_max: Math.max(...times),
    steps_per_s: 1000 / step_ms_median, steps_per_piece: steps, losses_finite, first_losses, last_losses: losses,
  };
}
