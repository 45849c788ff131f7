//! The pull-back of weight normalisation.

use super::Tensor;
use super::weight_norm::norms;

/// From the gradient `dw` of the effective weight to those of the raw weight and of the gain, with `w_hat = v / n`:
/// `dv = gain / n * (dw - f * w_hat * <w_hat, dw>)` and `dgain[u] = <w_hat[u], dw[u]>`.
///
/// Shapes, `axis` and `f` as in [`weight_norm`](super::weight_norm::weight_norm); returns `(dv, dgain)`.
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
    use super::super::weight_norm::EPSILON;
    use super::*;

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
