//! Weight normalisation: the effective weight of strict and affine layers (paper, section 2).

use super::Tensor;

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

/// The effective weight `w = gain[u] * v / n[u]`, in the shape of `v`. A strict layer has gain 1, an affine one learns it.
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
}
