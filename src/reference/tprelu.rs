//! Translated parametric ReLU and its special cases.

use super::Tensor;

/// `y = x` where `x > a`, else `s x + (1 - s) a`, with slope `s` and threshold `a` per channel.
///
/// `x` is `[B, C]` or `[B, C, ...]`, `slope` and `threshold` have `C` elements. PReLU is `a = 0`, TReLU (`max(x, a)`) is
/// `s = 0`, ReLU is both.
pub fn tprelu(x: &Tensor, slope: &[f64], threshold: &[f64]) -> Tensor {
    let (_, channels, inner) = x.around(1);
    assert_eq!([slope.len(), threshold.len()], [channels; 2], "one slope and one threshold per channel");
    let data = x.data.iter().enumerate().map(|(i, &x)| {
        let (s, a) = (slope[i / inner % channels], threshold[i / inner % channels]);
        if x > a { x } else { s * x + (1.0 - s) * a }
    });
    Tensor::new(&x.shape, data.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relu_trelu_and_prelu_are_special_cases() {
        let x = Tensor::new(&[1, 1, 3], vec![-2.0, 0.5, 3.0]);
        assert_eq!(tprelu(&x, &[0.0], &[0.0]).data, [0.0, 0.5, 3.0]);
        assert_eq!(tprelu(&x, &[0.0], &[1.0]).data, [1.0, 1.0, 3.0]);
        assert_eq!(tprelu(&x, &[0.25], &[0.0]).data, [-0.5, 0.5, 3.0]);
        assert_eq!(tprelu(&x, &[0.25], &[1.0]).data, [0.25, 0.875, 3.0]);
    }
}
