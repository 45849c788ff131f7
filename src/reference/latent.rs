//! Normally distributed latent codes.

use super::Tensor;
use crate::rng::words;
use std::f64::consts::TAU;

/// Latent codes `[batch, code]` of `stream` at `step`: element `e` is element `e % 4` of counter `e / 4`.
///
/// The four words of a counter give two pairs, and each pair two normals by the Box-Muller transform:
/// `u = (floor(a / 2^8) + 1) 2^-24` in `(0, 1]`, `t = floor(b / 2^8) 2^-24` in `[0, 1)`, `r = sqrt(-2 ln u)`, and the
/// normals are `r cos(2 pi t)` and `r sin(2 pi t)`.
pub fn latent(batch: usize, code: usize, step: u32, stream: u32, seed: u32) -> Tensor {
    let count = batch * code;
    let counters = 0..count.div_ceil(4) as u32;
    let normals = counters.flat_map(|counter| {
        let [a, b, c, d] = words(counter, step, stream, seed);
        [box_muller(a, b), box_muller(c, d)].into_iter().flatten()
    });
    Tensor::new(&[batch, code], normals.take(count).collect())
}

fn box_muller(a: u32, b: u32) -> [f64; 2] {
    let grid = 1.0 / 16_777_216.0;
    let (u, t) = (f64::from((a >> 8) + 1) * grid, f64::from(b >> 8) * grid);
    let r = (-2.0 * u.ln()).sqrt();
    [r * (TAU * t).cos(), r * (TAU * t).sin()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn codes_have_the_moments_of_the_normal_distribution() {
        let n = 100_000;
        let z = latent(1000, 100, 3, Stream::LatentG as u32, 7);
        let moment = |power: i32| z.data.iter().map(|v| v.powi(power)).sum::<f64>() / n as f64;
        // Standard errors: sqrt(Var(x^p) / n) with Var(x) = 1, Var(x^2) = 2, Var(x^3) = 15, Var(x^4) = 96. Five of each.
        for (power, mean, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
            let bound = 5.0 * f64::sqrt(variance / n as f64);
            assert!((moment(power) - mean).abs() < bound, "moment {power} is {}", moment(power));
        }
    }

    #[test]
    fn a_smaller_batch_is_the_head_of_a_larger_one() {
        let (large, small) = (latent(4, 7, 1, 0, 9), latent(1, 7, 1, 0, 9));
        assert_eq!(large.data[..7], small.data);
    }
}
