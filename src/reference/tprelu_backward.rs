//! Gradients of translated parametric ReLU.

use super::Tensor;

/// Gradients of [`tprelu`](super::tprelu::tprelu): `(dx, dslope, dthreshold)` with
/// `dx = dy (x > a ? 1 : s)`, `ds = sum_{x <= a} dy (x - a)`, `da = sum_{x <= a} dy (1 - s)`.
///
/// At the kink `x == a` the derivative is the lower one, as in PyTorch's `prelu`: the reconstruction from `z = 0` starts
/// exactly there. `dy` has the shape of `x`; the sums run over batch and pixels.
pub fn tprelu_backward(x: &Tensor, dy: &Tensor, slope: &[f64], threshold: &[f64]) -> (Tensor, Vec<f64>, Vec<f64>) {
    let (_, channels, inner) = x.around(1);
    let mut dx = dy.clone();
    let (mut dslope, mut dthreshold) = (vec![0.0; channels], vec![0.0; channels]);
    for (i, (&x, dx)) in x.data.iter().zip(&mut dx.data).enumerate() {
        let channel = i / inner % channels;
        let (s, a) = (slope[channel], threshold[channel]);
        if x <= a {
            dslope[channel] += *dx * (x - a);
            dthreshold[channel] += *dx * (1.0 - s);
            *dx *= s;
        }
    }
    (dx, dslope, dthreshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kink_belongs_to_the_lower_side() {
        let x = Tensor::new(&[1, 1, 2], vec![0.5, 0.75]);
        let dy = Tensor::new(&[1, 1, 2], vec![2.0, 8.0]);
        let (dx, dslope, dthreshold) = tprelu_backward(&x, &dy, &[0.25], &[0.5]);
        assert_eq!((dx.data, dslope, dthreshold), (vec![0.5, 8.0], vec![0.0], vec![1.5]));
    }
}
