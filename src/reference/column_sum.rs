//! Sums per channel: the gradient of a bias.

use super::Tensor;

/// `sums[c] = sum x[b,c,...]` over the batch and all inner axes. For a matrix `[rows, columns]` these are column sums.
pub fn column_sum(x: &Tensor) -> Vec<f64> {
    let (_, channels, inner) = x.around(1);
    let mut sums = vec![0.0; channels];
    for (i, value) in x.data.iter().enumerate() {
        sums[i / inner % channels] += value;
    }
    sums
}
