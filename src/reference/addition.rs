//! Weight-normalised addition, which joins the two branches of a residual block.

use super::Tensor;

/// The epsilon inside the root of the gates' norm.
pub const EPSILON: f64 = 1e-6;

/// `n[c] = sqrt(g[0,c]^2 + g[1,c]^2 + 1e-6)` of the gates `g` `[2, C]`.
pub fn gate_norms(gates: &Tensor) -> Vec<f64> {
    let [_, channels] = gates.axes();
    (0..channels).map(|c| (gates.data[c].powi(2) + gates.data[channels + c].powi(2) + EPSILON).sqrt()).collect()
}

/// `y = (g[0,c] x0 + g[1,c] x1) / n[c]`; `x0` (the residue), `x1` (the shortcut) and `y` are `[B, C, H, W]`.
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
