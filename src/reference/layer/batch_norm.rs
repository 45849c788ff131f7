//! Batch normalisation with the statistics of the batch at hand, or with running ones.

use super::{Layer, Parameters, State, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;

/// The layer: `weight` and `bias` per channel, and the state `running_mean` and `running_var`.
#[derive(Debug)]
pub struct BatchNorm {
    name: String,
    channels: usize,
}

impl BatchNorm {
    /// The one behind a linear map of `module`.
    pub fn behind(module: &str, channels: usize) -> BatchNorm {
        BatchNorm { name: format!("{module}.batchnorm"), channels }
    }

    fn running(&self, tensors: &Parameters) -> Moments {
        let [mean, variance] = ["running_mean", "running_var"].map(|kept| tensors[&self.key(kept)].data.clone());
        Moments { mean, variance }
    }

    fn used(&self, tensors: &Parameters, x: &Tensor, statistics: Statistics) -> Moments {
        match statistics {
            Statistics::Batch => moments(x),
            Statistics::Running => self.running(tensors),
        }
    }
}

impl Layer for BatchNorm {
    fn name(&self) -> &str {
        &self.name
    }

    fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        ["weight", "bias"].map(|name| (self.key(name), vec![self.channels])).to_vec()
    }

    fn state(&self) -> Vec<State> {
        let of = |(name, start)| State { name: self.key(name), shape: vec![self.channels], start: Some(start) };
        [("running_mean", 0.0), ("running_var", 1.0)].map(of).to_vec()
    }

    fn couples_images(&self) -> bool {
        true
    }

    fn forward(&self, tensors: &Parameters, inputs: &[&Tensor], statistics: Statistics) -> Tensor {
        let [weight, bias] = ["weight", "bias"].map(|name| &tensors[&self.key(name)].data);
        batch_norm(inputs[0], &self.used(tensors, inputs[0], statistics), weight, bias)
    }

    fn backward(&self, tensors: &Parameters, trace: Trace, dy: &Tensor, gradients: &mut Parameters) -> Vec<Tensor> {
        let (x, weight) = (trace.inputs[0], &tensors[&self.key("weight")].data);
        let moments = self.used(tensors, x, trace.statistics);
        let (dx, dweight, dbias) = batch_norm_backward(x, dy, &moments, weight, trace.statistics);
        gradients.insert(self.key("weight"), Tensor::vector(dweight));
        gradients.insert(self.key("bias"), Tensor::vector(dbias));
        vec![dx]
    }

    fn observe(&self, tensors: &mut Parameters, inputs: &[&Tensor]) {
        let count = inputs[0].data.len() / self.channels;
        let moved = self.running(tensors).moved(&moments(inputs[0]), count);
        tensors.insert(self.key("running_mean"), Tensor::vector(moved.mean));
        tensors.insert(self.key("running_var"), Tensor::vector(moved.variance));
    }
}

/// The epsilon beside the variance, inside the root.
pub const EPSILON: f64 = 1e-5;

/// The share of a new batch in the running statistics.
pub const MOMENTUM: f64 = 0.1;

/// Mean and variance of every channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// `[C]`
    pub mean: Vec<f64>,
    /// `[C]`
    pub variance: Vec<f64>,
}

/// Mean and biased variance `mean (x - mean)^2` over the batch and all inner axes of `x` `[B, C, ...]`.
pub fn moments(x: &Tensor) -> Moments {
    let (outer, channels, inner) = x.around(1);
    let count = (outer * inner) as f64;
    let mut mean = vec![0.0; channels];
    for (i, value) in x.data.iter().enumerate() {
        mean[i / inner % channels] += value / count;
    }
    let mut variance = vec![0.0; channels];
    for (i, value) in x.data.iter().enumerate() {
        let channel = i / inner % channels;
        variance[channel] += (value - mean[channel]).powi(2) / count;
    }
    Moments { mean, variance }
}

/// `y = weight (x - mean) / sqrt(variance + 1e-5) + bias` per channel; `x` is `[B, C, ...]`.
pub fn batch_norm(x: &Tensor, moments: &Moments, weight: &[f64], bias: &[f64]) -> Tensor {
    let (_, channels, inner) = x.around(1);
    let data = x.data.iter().enumerate().map(|(i, x)| {
        let c = i / inner % channels;
        weight[c] * (x - moments.mean[c]) / (moments.variance[c] + EPSILON).sqrt() + bias[c]
    });
    Tensor::new(&x.shape, data.collect())
}

impl Moments {
    /// These running statistics after a batch of `count` values per channel with the given moments:
    /// `(1 - 0.1) running + 0.1 new`, where the new variance is the unbiased one, `count / (count - 1)` times the biased.
    pub fn moved(&self, batch: &Moments, count: usize) -> Moments {
        let unbiased = count as f64 / (count as f64 - 1.0);
        let mix = |running: &[f64], new: &[f64], factor: f64| {
            running.iter().zip(new).map(|(old, new)| (1.0 - MOMENTUM) * old + MOMENTUM * factor * new).collect()
        };
        Moments { mean: mix(&self.mean, &batch.mean, 1.0), variance: mix(&self.variance, &batch.variance, unbiased) }
    }
}

/// `(dx, dweight, dbias)` of [`batch_norm`], with `h = (x - mean) / sqrt(variance + eps)`:
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_gets_mean_bias_and_deviation_weight() {
        // Channel 0 holds 1, 3, 5, 7 (mean 4, variance 5), channel 1 holds -2, -2, 2, 2 (mean 0, variance 4).
        let x = Tensor::new(&[2, 2, 2], vec![1.0, 3.0, -2.0, -2.0, 5.0, 7.0, 2.0, 2.0]);
        let found = moments(&x);
        assert_eq!(found, Moments { mean: vec![4.0, 0.0], variance: vec![5.0, 4.0] });
        let y = batch_norm(&x, &found, &[2.0, 0.5], &[1.0, -1.0]);
        let moved = moments(&y);
        for (c, (mean, variance)) in
            [(1.0, 4.0 * 5.0 / (5.0 + 1e-5)), (-1.0, 0.25 * 4.0 / (4.0 + 1e-5))].iter().enumerate()
        {
            assert!((moved.mean[c] - mean).abs() < 1e-15 && (moved.variance[c] - variance).abs() < 1e-14, "{moved:?}");
        }
        let running = Moments { mean: vec![0.0, 1.0], variance: vec![1.0, 1.0] }.moved(&found, 4);
        let expected = [0.4, 0.9, 0.9 + 0.1 * 20.0 / 3.0, 0.9 + 0.1 * 16.0 / 3.0];
        for (found, expected) in running.mean.iter().chain(&running.variance).zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{running:?}");
        }
    }
}
