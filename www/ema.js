/**
 * Debiased exponential moving average: m = w m + (1 - w) x, y = m / (1 - w^n), where n counts the finite values seen.
 * Values that are not finite are passed over: the curve keeps its last height there.
 *
 * @param {ArrayLike<number>} values
 * @param {number} weight in [0, 1); 0 returns the values themselves
 * @returns {(number | null)[]} null until the first finite value
 */
export function ema(values, weight) {
  let mean = 0;
  let rest = 1;
  /** @type {number | null} */
  let last = null;
  return Array.from(values, (value) => {
    if (Number.isFinite(value)) {
      mean = weight * mean + (1 - weight) * value;
      rest *= weight;
      last = mean / (1 - rest);
    }
    return last;
  });
}
