//! From pixels in `[0, 1]` to `[-1, 1]`.

use super::{Layer, Parameters, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;

/// The layer: `2 x - 1`.
#[derive(Debug)]
pub struct Rescale {
    /// Name of the module.
    pub name: String,
}

impl Layer for Rescale {
    fn name(&self) -> &str {
        &self.name
    }

    fn forward(&self, _tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        inputs[0].map(|x| 2.0 * x - 1.0)
    }

    fn backward(&self, _tensors: &Parameters, _trace: Trace, dy: &Tensor, _gradients: &mut Parameters) -> Vec<Tensor> {
        vec![dy.map(|dy| 2.0 * dy)]
    }
}
