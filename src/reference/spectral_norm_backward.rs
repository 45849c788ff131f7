//! The pull-back of spectral normalisation.

use super::Tensor;
use super::spectral_norm::{estimate, unit};

/// From the gradient `dw` of the effective weight to that of the raw one: `dW = (dw - <dw, w> u v^T) / sigma`, where
/// `u = s / |s|` and `v = t / |t|` count as constants. Shapes as in [`spectral_norm`](super::spectral_norm::spectral_norm).
pub fn spectral_norm_backward(weight: &Tensor, dw: &Tensor, t: &Tensor) -> Tensor {
    let found = estimate(weight, t);
    let u = unit(&found.s);
    let along = weight.data.iter().zip(&dw.data).map(|(w, dw)| w / found.sigma * dw).sum::<f64>();
    let columns = found.v.len();
    let data = dw.data.iter().enumerate();
    let data = data.map(|(i, dw)| (dw - along * u[i / columns] * found.v[i % columns]) / found.sigma);
    Tensor::new(&weight.shape, data.collect())
}
