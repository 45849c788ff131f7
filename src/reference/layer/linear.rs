//! The linear layer and its two gradients.

use super::{Layer, Parameters, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;
use crate::reference::weight::{Weight, WeightParts};

/// The layer: from latent codes to images; weight `[C H W, code]`.
#[derive(Debug)]
pub struct Linear {
    weight: Weight,
    output: [usize; 3],
}

impl Linear {
    /// A map of codes of length `code` to images `output` `[C, H, W]`.
    pub fn new(module: String, code: usize, output: [usize; 3], parts: WeightParts) -> Linear {
        let shape = vec![output.iter().product(), code];
        Linear { weight: Weight { module, shape, axis: 0, share: 1.0, parts }, output }
    }
}

impl Layer for Linear {
    fn name(&self) -> &str {
        &self.weight.module
    }

    fn output(&self, _inputs: &[[usize; 3]]) -> [usize; 3] {
        self.output
    }

    fn weight(&self) -> Option<&Weight> {
        Some(&self.weight)
    }

    fn forward(&self, tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        let y = self.weight.biased(tensors, linear(inputs[0], &self.weight.effective(tensors)));
        let [channels, height, width] = self.output;
        y.reshaped(&[inputs[0].shape[0], channels, height, width])
    }

    fn backward(&self, tensors: &Parameters, trace: Trace, dy: &Tensor, gradients: &mut Parameters) -> Vec<Tensor> {
        let x = trace.inputs[0];
        let dy = &dy.clone().reshaped(&[x.shape[0], self.weight.shape[0]]);
        self.weight.backward(tensors, &linear_weight_gradient(x, dy), dy, gradients);
        vec![linear_input_gradient(dy, &self.weight.effective(tensors))]
    }
}

/// `y[b,o] = sum_i w[o,i] x[b,i]`: `x` is `[B, I]`, `w` is `[O, I]`, the result `[B, O]`.
///
/// # Panics
/// If `x` and `w` differ in `I`.
pub fn linear(x: &Tensor, w: &Tensor) -> Tensor {
    let ([batch, inputs], [outputs, i]) = (x.axes(), w.axes());
    assert_eq!(i, inputs, "the weight must fit the input");
    let mut y = Tensor::zeros(&[batch, outputs]);
    for b in 0..batch {
        for o in 0..outputs {
            for i in 0..inputs {
                y.data[b * outputs + o] += w.data[o * inputs + i] * x.data[b * inputs + i];
            }
        }
    }
    y
}

/// `dx[b,i] = sum_o dy[b,o] w[o,i]`: `dy` is `[B, O]`, `w` is `[O, I]`, the result `[B, I]`.
///
/// # Panics
/// If `dy` and `w` differ in `O`.
pub fn linear_input_gradient(dy: &Tensor, w: &Tensor) -> Tensor {
    let ([batch, outputs], [o, inputs]) = (dy.axes(), w.axes());
    assert_eq!(o, outputs, "the weight must fit the gradient");
    let mut dx = Tensor::zeros(&[batch, inputs]);
    for b in 0..batch {
        for o in 0..outputs {
            for i in 0..inputs {
                dx.data[b * inputs + i] += dy.data[b * outputs + o] * w.data[o * inputs + i];
            }
        }
    }
    dx
}

/// `dw[o,i] = sum_b dy[b,o] x[b,i]`: `x` is `[B, I]`, `dy` is `[B, O]`, the result `[O, I]`.
///
/// # Panics
/// If `x` and `dy` differ in `B`.
pub fn linear_weight_gradient(x: &Tensor, dy: &Tensor) -> Tensor {
    let ([batch, inputs], [b, outputs]) = (x.axes(), dy.axes());
    assert_eq!(b, batch, "the gradient must fit the input");
    let mut dw = Tensor::zeros(&[outputs, inputs]);
    for b in 0..batch {
        for o in 0..outputs {
            for i in 0..inputs {
                dw.data[o * inputs + i] += dy.data[b * outputs + o] * x.data[b * inputs + i];
            }
        }
    }
    dw
}
