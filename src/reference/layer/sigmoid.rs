//! The logistic function.

use super::{Layer, Parameters, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;

/// The layer: an image in `(0, 1)`.
#[derive(Debug)]
pub struct Sigmoid {
    /// Name of the module.
    pub name: String,
}

impl Layer for Sigmoid {
    fn name(&self) -> &str {
        &self.name
    }

    fn forward(&self, _tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        sigmoid(inputs[0])
    }

    fn backward(&self, _tensors: &Parameters, trace: Trace, dy: &Tensor, _gradients: &mut Parameters) -> Vec<Tensor> {
        vec![sigmoid_backward(trace.output, dy)]
    }
}

/// `1 / (1 + exp(-x))`, which neither overflows nor loses the small tail.
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// [`logistic`] of every element.
pub fn sigmoid(x: &Tensor) -> Tensor {
    x.map(logistic)
}

/// `dx = dy * y * (1 - y)` from the output `y` of [`sigmoid`].
pub fn sigmoid_backward(y: &Tensor, dy: &Tensor) -> Tensor {
    y.zip_map(dy, |y, dy| dy * y * (1.0 - y))
}
