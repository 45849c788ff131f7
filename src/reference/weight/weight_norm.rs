//! Weight normalisation: weights divided by their own length (the paper's strict and affine layers).

use super::{Reparameterisation, Weight};
use crate::reference::Tensor;
use crate::reference::layer::Parameters;

/// `w = gain v / n`; without a learned gain the layer is strict.
#[derive(Debug)]
pub struct WeightNorm;

impl Reparameterisation for WeightNorm {
    fn effective(&self, weight: &Weight, tensors: &Parameters) -> Tensor {
        weight_norm(weight.raw(tensors), weight.axis, weight.share, &weight.gain(tensors))
    }

    fn backward(&self, weight: &Weight, tensors: &Parameters, dw: &Tensor) -> (Tensor, Option<Vec<f64>>) {
        let (v, gain) = (weight.raw(tensors), weight.gain(tensors));
        let (dv, dgain) = weight_norm_backward(v, dw, weight.axis, weight.share, &gain);
        (dv, weight.parts.gain.then_some(dgain))
    }
}

/// The epsilon inside the root of the norm.
pub const EPSILON: f64 = 1e-6;

/// `n[u] = sqrt(f * sum v[u]^2 + 1e-6)` of every output unit.
///
/// The units lie along `axis` of `v`: 0 for linear `[O, I]` and convolution `[O, I, kh, kw]`, 1 for transposed
/// convolution `[I, O, kh, kw]`. `f` is 1, and `1 / (stride_h stride_w)` for a transposed convolution, of whose taps only
/// that share reaches any one output pixel.
pub fn norms(v: &Tensor, axis: usize, f: f64) -> Vec<f64> {
    let (_, units, inner) = v.around(axis);
    let mut squares = vec![0.0; units];
    for (i, value) in v.data.iter().enumerate() {
        squares[i / inner % units] += value * value;
    }
    squares.iter().map(|square| (f * square + EPSILON).sqrt()).collect()
}

/// The effective weight `w = gain[u] * v / n[u]`, in the shape of `v`, with `axis` and `f` as in [`norms`]. A strict layer
/// has gain 1, an affine one learns it.
///
/// # Panics
/// If there is not one gain per output unit.
pub fn weight_norm(v: &Tensor, axis: usize, f: f64, gain: &[f64]) -> Tensor {
    let (_, units, inner) = v.around(axis);
    assert_eq!(gain.len(), units, "one gain per output unit");
    let n = norms(v, axis, f);
    let data = v.data.iter().enumerate().map(|(i, value)| {
        let unit = i / inner % units;
        gain[unit] * value / n[unit]
    });
    Tensor::new(&v.shape, data.collect())
}

/// From the gradient `dw` of the effective weight to those of the raw weight and of the gain, with `w_hat = v / n`:
/// `dv = gain / n * (dw - f * w_hat * <w_hat, dw>)` and `dgain[u] = <w_hat[u], dw[u]>`.
///
/// Shapes, `axis` and `f` as in [`weight_norm`]; returns `(dv, dgain)`.
/// `<dv, v>` vanishes up to the epsilon of the norm: the gradient is orthogonal to the weight.
pub fn weight_norm_backward(v: &Tensor, dw: &Tensor, axis: usize, f: f64, gain: &[f64]) -> (Tensor, Vec<f64>) {
    let (_, units, inner) = v.around(axis);
    let n = norms(v, axis, f);
    let mut dgain = vec![0.0; units];
    for (i, (v, dw)) in v.data.iter().zip(&dw.data).enumerate() {
        let unit = i / inner % units;
        dgain[unit] += v / n[unit] * dw;
    }
    let dv = v.data.iter().zip(&dw.data).enumerate().map(|(i, (v, dw))| {
        let unit = i / inner % units;
        gain[unit] / n[unit] * (dw - f * (v / n[unit]) * dgain[unit])
    });
    (Tensor::new(&v.shape, dv.collect()), dgain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_have_unit_length_up_to_epsilon() {
        let v = Tensor::new(&[2, 2, 1, 1], vec![3.0, 5.0, 4.0, 12.0]);
        // Squares of the rows are 34 and 160, of the columns 25 and 169.
        for (axis, f, squares) in [(0, 1.0, [34.0, 160.0]), (1, 0.25, [25.0, 169.0])] {
            let expected = squares.map(|square: f64| (f * square + 1e-6).sqrt());
            assert_eq!(norms(&v, axis, f), expected, "axis {axis}");
        }
        let w = weight_norm(&v, 1, 1.0, &[1.0, 2.0]);
        let n = norms(&v, 1, 1.0);
        assert_eq!(w.data, [3.0 / n[0], 2.0 * 5.0 / n[1], 4.0 / n[0], 2.0 * 12.0 / n[1]]);
    }

    #[test]
    fn only_the_epsilon_of_the_norm_keeps_the_gradient_from_being_orthogonal() {
        // <dv, v> = gain / n * <dw, v> * (1 - f |v|^2 / n^2), and the last factor is eps / n^2.
        let v = Tensor::new(&[1, 4], vec![0.3, -0.4, 0.8, 0.1]);
        let dw = Tensor::new(&[1, 4], vec![1.0, 2.0, -3.0, 5.0]);
        let dot = |a: &Tensor, b: &Tensor| a.zip_map(b, |a, b| a * b).data.iter().sum::<f64>();
        for (f, gain) in [(1.0, 1.0), (0.25, 1.7)] {
            let (dv, _) = weight_norm_backward(&v, &dw, 0, f, &[gain]);
            let n = norms(&v, 0, f)[0];
            let expected = gain / n * dot(&dw, &v) * EPSILON / (n * n);
            // Terms of size 10 cancel to some 1e-5: rounding is some 1e-15, a sixteenth digit of 10.
            assert!((dot(&dv, &v) - expected).abs() < 1e-14, "{} instead of {expected}", dot(&dv, &v));
        }
    }
}
