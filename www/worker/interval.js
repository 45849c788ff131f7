/** The 97.5 % point of the normal distribution. */
const NORMAL = 1.959964;

/**
 * Mean of a test's losses and half the width of its 95 % interval, `1.96 s / sqrt(n)` with the sample's standard
 * deviation s: how far the mean over other images of the kind may lie.
 * @param {ArrayLike<number>} losses
 * @returns {{ mean: number, half: number }} a single loss has no interval: NaN
 */
export function interval(losses) {
  const n = losses.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += losses[i];
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (losses[i] - mean) ** 2;
  return { mean, half: NORMAL * Math.sqrt(squares / (n - 1) / n) };
}
