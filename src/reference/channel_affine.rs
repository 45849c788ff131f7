//! Scale and bias per channel, the last layer of the residual generator before its sigmoid.

use super::Tensor;
use super::column_sum::column_sum;

/// `y = scale[c] x + bias[c]`; `x` is `[B, C, ...]`.
pub fn channel_affine(x: &Tensor, scale: &[f64], bias: &[f64]) -> Tensor {
    let (_, channels, inner) = x.around(1);
    let data = x.data.iter().enumerate().map(|(i, x)| scale[i / inner % channels] * x + bias[i / inner % channels]);
    Tensor::new(&x.shape, data.collect())
}

/// `(dx, dscale, dbias)`: `dx = scale dy`, `dscale = sum dy x`, `dbias = sum dy` over batch and pixels.
pub fn channel_affine_backward(x: &Tensor, dy: &Tensor, scale: &[f64]) -> (Tensor, Vec<f64>, Vec<f64>) {
    let dx = channel_affine(dy, scale, &vec![0.0; scale.len()]);
    (dx, column_sum(&x.zip_map(dy, |x, dy| x * dy)), column_sum(dy))
}
