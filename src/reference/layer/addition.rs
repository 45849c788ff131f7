//! Weight-normalised addition, which joins the two branches of a residual block.

use super::{Layer, Parameters, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;

/// The layer: gates `weight` `[2, C]`.
#[derive(Debug)]
pub struct Addition {
    /// Name of the module.
    pub name: String,
    /// Channels of both branches.
    pub channels: usize,
}

impl Layer for Addition {
    fn name(&self) -> &str {
        &self.name
    }

    fn output(&self, inputs: &[[usize; 3]]) -> [usize; 3] {
        assert_eq!(inputs[0], inputs[1], "both branches of {} must have one shape", self.name);
        inputs[0]
    }

    fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        vec![(self.key("weight"), vec![2, self.channels])]
    }

    fn forward(&self, tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        addition(inputs[0], inputs[1], &tensors[&self.key("weight")])
    }

    fn backward(&self, tensors: &Parameters, trace: Trace, dy: &Tensor, gradients: &mut Parameters) -> Vec<Tensor> {
        let gates = &tensors[&self.key("weight")];
        let (dx0, dx1, dgates) = addition_backward(trace.inputs[0], trace.inputs[1], dy, gates);
        gradients.insert(self.key("weight"), dgates);
        vec![dx0, dx1]
    }
}

/// The epsilon inside the root of the gates' norm.
pub const EPSILON: f64 = 1e-6;

/// `n[c] = sqrt(g[0,c]^2 + g[1,c]^2 + 1e-6)` of the gates `g` `[2, C]`.
pub fn gate_norms(gates: &Tensor) -> Vec<f64> {
    let [_, channels] = gates.axes();
    (0..channels).map(|c| (gates.data[c].powi(2) + gates.data[channels + c].powi(2) + EPSILON).sqrt()).collect()
}

/// `y = (g[0,c] x0 + g[1,c] x1) / n[c]`; `x0` (the residue), `x1` (the shortcut) and `y` are `[B, C, H, W]`, the gates
/// `g` `[2, C]`.
///
/// # Panics
/// If the branches differ in shape, or the gates are not `[2, C]`.
pub fn addition(x0: &Tensor, x1: &Tensor, gates: &Tensor) -> Tensor {
    let (_, channels, inner) = x0.around(1);
    assert_eq!(gates.shape, [2, channels], "one pair of gates per channel");
    assert_eq!(x0.shape, x1.shape, "both branches must have one shape");
    let n = gate_norms(gates);
    let data = x0.data.iter().zip(&x1.data).enumerate().map(|(i, (x0, x1))| {
        let c = i / inner % channels;
        (gates.data[c] * x0 + gates.data[channels + c] * x1) / n[c]
    });
    Tensor::new(&x0.shape, data.collect())
}

/// `(dx0, dx1, dgates)` of [`addition`]: `dx_i = g_i / n dy` and, with `h_i = sum dy x_i` over
/// batch and pixels, `dg_i = (h_i - g_i (g_0 h_0 + g_1 h_1) / n^2) / n`. Shapes as there; `dgates` is `[2, C]`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gates_of_a_fresh_network_let_the_shortcut_through() {
        let (x0, x1) = (Tensor::new(&[1, 1, 1, 2], vec![5.0, 6.0]), Tensor::new(&[1, 1, 1, 2], vec![-1.0, 2.0]));
        let y = addition(&x0, &x1, &Tensor::new(&[2, 1], vec![0.0, 1.0]));
        assert_eq!(y.data, [-1.0, 2.0].map(|x: f64| x / 1.000001f64.sqrt()));
        let y = addition(&x0, &x1, &Tensor::new(&[2, 1], vec![3.0, -4.0]));
        assert_eq!(y.data, [19.0, 10.0].map(|x: f64| x / 25.000001f64.sqrt()));
    }
}
