//! Gradients of weight-normalised addition.

use super::Tensor;
use super::addition::gate_norms;

/// `(dx0, dx1, dgates)` of [`addition`](super::addition::addition): `dx_i = g_i / n dy` and, with `h_i = sum dy x_i` over
/// batch and pixels, `dg_i = (h_i - g_i (g_0 h_0 + g_1 h_1) / n^2) / n`.
pub fn addition_backward(x0: &Tensor, x1: &Tensor, dy: &Tensor, gates: &Tensor) -> (Tensor, Tensor, Tensor) {
    let (_, channels, inner) = dy.around(1);
    let n = gate_norms(gates);
    let [(dx0, h0), (dx1, h1)] = [(x0, 0), (x1, 1)].map(|(x, row)| {
        let gate = &gates.data[row * channels..][..channels];
        let mut h = vec![0.0; channels];
        for (i, (x, dy)) in x.data.iter().zip(&dy.data).enumerate() {
            h[i / inner % channels] += dy * x;
        }
        let dx = dy.data.iter().enumerate().map(|(i, dy)| gate[i / inner % channels] / n[i / inner % channels] * dy);
        (Tensor::new(&dy.shape, dx.collect()), h)
    });
    let mut dgates = Tensor::zeros(&gates.shape);
    for c in 0..channels {
        let (g0, g1) = (gates.data[c], gates.data[channels + c]);
        let along = (g0 * h0[c] + g1 * h1[c]) / n[c].powi(2);
        dgates.data[c] = (h0[c] - g0 * along) / n[c];
        dgates.data[channels + c] = (h1[c] - g1 * along) / n[c];
    }
    (dx0, dx1, dgates)
}
