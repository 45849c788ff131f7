//! Spectral normalisation (Miyato et al. 2018): a weight divided by an estimate of its largest singular value.

use super::{Reparameterisation, Weight};
use crate::reference::Tensor;
use crate::reference::layer::{Parameters, State};

/// `w = W / sigma`, where sigma is estimated along the state `weight_v`. The output units must be the first axis: not for
/// transposed convolutions.
#[derive(Debug)]
pub struct SpectralNorm;

/// Name of the direction that is kept, `t` `[K]`.
const DIRECTION: &str = "weight_v";

impl Reparameterisation for SpectralNorm {
    fn state(&self, weight: &Weight) -> Vec<State> {
        assert_eq!(weight.axis, 0, "{}: the weight is flattened to [out, K]", weight.module);
        let inputs = weight.shape[1..].iter().product();
        vec![State { name: weight.key(DIRECTION), shape: vec![inputs], start: None }]
    }

    fn effective(&self, weight: &Weight, tensors: &Parameters) -> Tensor {
        spectral_norm(weight.raw(tensors), &tensors[&weight.key(DIRECTION)])
    }

    fn backward(&self, weight: &Weight, tensors: &Parameters, dw: &Tensor) -> (Tensor, Option<Vec<f64>>) {
        (spectral_norm_backward(weight.raw(tensors), dw, &tensors[&weight.key(DIRECTION)]), None)
    }

    /// One power iteration, from the old weight's `s` with the new weight.
    fn updated(&self, weight: &Weight, before: &Parameters, tensors: &mut Parameters) {
        let s = estimate(weight.raw(before), &before[&weight.key(DIRECTION)]).s;
        let direction = next_direction(weight.raw(tensors), &s);
        tensors.insert(weight.key(DIRECTION), direction);
    }
}

/// The least divisor.
pub const EPSILON: f64 = 1e-12;

/// The estimate from a direction `t` in the input space of `W`.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// `W t / |t|`, `[out]`.
    pub s: Vec<f64>,
    /// `v = t / |t|`, `[K]`.
    pub v: Vec<f64>,
    /// `|s|`, at least [`EPSILON`]: the largest singular value of `W` when `v` is its singular vector.
    pub sigma: f64,
}

/// `s`, `v` and `sigma` of `weight` `[out, ...]`, flattened to `W` `[out, K]`, for the direction `t` `[K]`.
pub fn estimate(weight: &Tensor, t: &Tensor) -> Estimate {
    let v = unit(&t.data);
    let rows = weight.data.chunks_exact(v.len());
    let s: Vec<f64> = rows.map(|row| row.iter().zip(&v).map(|(w, v)| w * v).sum()).collect();
    let sigma = length(&s).max(EPSILON);
    Estimate { s, v, sigma }
}

/// The effective weight `W / sigma`.
pub fn spectral_norm(weight: &Tensor, t: &Tensor) -> Tensor {
    let sigma = estimate(weight, t).sigma;
    weight.map(|w| w / sigma)
}

/// One power iteration: the next direction `t = W^T s / |s|`, in general not of unit length. `s` is the estimate's from
/// before an update, `weight` the updated one.
pub fn next_direction(weight: &Tensor, s: &[f64]) -> Tensor {
    let mut t = Tensor::zeros(&[weight.data.len() / s.len()]);
    for (row, u) in weight.data.chunks_exact(t.data.len()).zip(unit(s)) {
        for (t, w) in t.data.iter_mut().zip(row) {
            *t += u * w;
        }
    }
    t
}

fn length(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

pub(super) fn unit(x: &[f64]) -> Vec<f64> {
    let length = length(x).max(EPSILON);
    x.iter().map(|x| x / length).collect()
}

/// From the gradient `dw` of the effective weight to that of the raw one: `dW = (dw - <dw, w> u v^T) / sigma`, where
/// `u = s / |s|` and `v = t / |t|` count as constants. Shapes as in [`spectral_norm`].
pub fn spectral_norm_backward(weight: &Tensor, dw: &Tensor, t: &Tensor) -> Tensor {
    let found = estimate(weight, t);
    let u = unit(&found.s);
    let along = weight.data.iter().zip(&dw.data).map(|(w, dw)| w / found.sigma * dw).sum::<f64>();
    let columns = found.v.len();
    let data = dw.data.iter().enumerate();
    let data = data.map(|(i, dw)| (dw - along * u[i / columns] * found.v[i % columns]) / found.sigma);
    Tensor::new(&weight.shape, data.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_iterations_find_the_largest_singular_value() {
        // A rotation by (a, b), then diag(3, 1), then a rotation by (b, a): the singular values are 3 and 1.
        let (a, b) = (0.6f64, 0.8f64);
        let (off, other) = (3.0 * a * a - b * b, 3.0 * b * b - a * a);
        let weight = Tensor::new(&[2, 2], vec![4.0 * a * b, off, other, 4.0 * a * b]);
        let mut t = Tensor::new(&[2], vec![1.0, 7.0]);
        for _ in 0..20 {
            t = next_direction(&weight, &estimate(&weight, &t).s);
        }
        // The error falls by (1/3)^4 in every iteration (twice as many powers in sigma as in the direction).
        assert!((estimate(&weight, &t).sigma - 3.0).abs() < 1e-14, "{:?}", estimate(&weight, &t));
        assert!((estimate(&spectral_norm(&weight, &t), &t).sigma - 1.0).abs() < 1e-15);
        assert_eq!(spectral_norm(&Tensor::zeros(&[2, 2]), &t).data, [0.0; 4], "a zero weight stays zero");
    }
}
