//! Gradients of batch normalisation.

use super::Tensor;
use super::batch_norm::{EPSILON, Moments};
use crate::config::Statistics;

/// `(dx, dweight, dbias)` of [`batch_norm`](super::batch_norm::batch_norm), with `h = (x - mean) / sqrt(variance + eps)`:
/// `dbias = sum dy`, `dweight = sum dy h`, and `dx = weight / sqrt(variance + eps) * (dy - dbias/n - h dweight/n)`.
///
/// The two terms with `n`, the number of values per channel, come from the moments' own dependence on `x`; running
/// moments are constants and have none of them. `x` and `dy` are `[B, C, ...]`; the sums run over batch and pixels.
pub fn batch_norm_backward(
    x: &Tensor,
    dy: &Tensor,
    moments: &Moments,
    weight: &[f64],
    statistics: Statistics,
) -> (Tensor, Vec<f64>, Vec<f64>) {
    let (outer, channels, inner) = x.around(1);
    let normalised = |i: usize| {
        let c = i / inner % channels;
        (x.data[i] - moments.mean[c]) / (moments.variance[c] + EPSILON).sqrt()
    };
    let (mut dweight, mut dbias) = (vec![0.0; channels], vec![0.0; channels]);
    for (i, dy) in dy.data.iter().enumerate() {
        dweight[i / inner % channels] += dy * normalised(i);
        dbias[i / inner % channels] += dy;
    }
    let share = match statistics {
        Statistics::Batch => 1.0 / (outer * inner) as f64,
        Statistics::Running => 0.0,
    };
    let dx = dy.data.iter().enumerate().map(|(i, dy)| {
        let c = i / inner % channels;
        let centred = dy - share * (dbias[c] + normalised(i) * dweight[c]);
        weight[c] / (moments.variance[c] + EPSILON).sqrt() * centred
    });
    (Tensor::new(&x.shape, dx.collect()), dweight, dbias)
}
