//! Scale and bias per channel, the last layer of the residual generator before its sigmoid.

use super::{Layer, Parameters, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;
use crate::reference::column_sum::column_sum;

/// The layer: `scale` and `bias` per channel.
#[derive(Debug)]
pub struct ChannelAffine {
    /// Name of the module.
    pub name: String,
    /// Channels of input and output.
    pub channels: usize,
}

impl Layer for ChannelAffine {
    fn name(&self) -> &str {
        &self.name
    }

    fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        ["scale", "bias"].map(|name| (self.key(name), vec![self.channels])).to_vec()
    }

    fn forward(&self, tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        channel_affine(inputs[0], &tensors[&self.key("scale")].data, &tensors[&self.key("bias")].data)
    }

    fn backward(&self, tensors: &Parameters, trace: Trace, dy: &Tensor, gradients: &mut Parameters) -> Vec<Tensor> {
        let scale = &tensors[&self.key("scale")].data;
        let (dx, dscale, dbias) = channel_affine_backward(trace.inputs[0], dy, scale);
        gradients.insert(self.key("scale"), Tensor::vector(dscale));
        gradients.insert(self.key("bias"), Tensor::vector(dbias));
        vec![dx]
    }
}

/// `y = scale[c] x + bias[c]`; `x` is `[B, C, ...]`.
pub fn channel_affine(x: &Tensor, scale: &[f64], bias: &[f64]) -> Tensor {
    let (_, channels, inner) = x.around(1);
    let data = x.data.iter().enumerate().map(|(i, x)| scale[i / inner % channels] * x + bias[i / inner % channels]);
    Tensor::new(&x.shape, data.collect())
}

/// `(dx, dscale, dbias)`: `dx = scale dy`, `dscale = sum dy x`, `dbias = sum dy` over batch and pixels.
pub fn channel_affine_backward(x: &Tensor, dy: &Tensor, scale: &[f64]) -> (Tensor, Vec<f64>, Vec<f64>) {
    let dx = channel_affine(dy, scale, &vec![0.0; scale.len()]);
    (dx, column_sum(&x.zip_map(dy, |x, dy| x * dy)), column_sum(dy))
}
