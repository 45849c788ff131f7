//! A linear map with its reparameterised weight and its bias: forward and backward side by side.

use super::column_sum::column_sum;
use super::conv::{Geometry, conv};
use super::conv_transpose::conv_transpose;
use super::conv_weight_gradient::conv_weight_gradient;
use super::linear::{linear, linear_input_gradient, linear_weight_gradient};
use super::spectral_norm::spectral_norm;
use super::spectral_norm_backward::spectral_norm_backward;
use super::tensor::Tensor;
use super::weight_norm::weight_norm;
use super::weight_norm_backward::weight_norm_backward;
use std::collections::BTreeMap;

/// Tensors by the authors' names with the prefix `gen.` or `dis.`: parameters (and the state beside them: running
/// statistics, directions of spectral normalisation), or gradients, or optimiser state.
pub type Parameters = BTreeMap<String, Tensor>;

/// The linear map of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Map {
    /// Weight `[out, in]`; the result is read as `[B, C, H, W]`.
    Linear,
    /// Weight `[out, in, kh, kw]`.
    Conv(Geometry),
    /// Weight `[in, out, kh, kw]`.
    ConvTranspose(Geometry),
}

/// How the raw weight becomes the effective one, and what is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// The weight as it is, plus a bias.
    Plain,
    /// Divided by its norm; no scale, no bias.
    Strict,
    /// Divided by its norm, times a learned scale, plus a bias.
    Affine,
    /// Divided by its largest singular value, estimated along the state `weight_v`; plus a bias. Not for transposed maps.
    Spectral,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Name of the module with the weight, e.g. `dis.level.0.conv`.
    pub name: String,
    /// The linear map.
    pub map: Map,
    /// Shape of the raw weight, as [`Map`] says.
    pub weight: Vec<usize>,
    /// What becomes of the raw weight.
    pub scaling: Scaling,
    /// `[C, H, W]` of the output.
    pub output: [usize; 3],
}

impl Layer {
    /// Name and shape of every learned parameter.
    pub fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        let units = self.weight[self.axis()];
        let mut list = vec![(self.key("weight"), self.weight.clone())];
        if self.scaling == Scaling::Affine {
            list.push((self.key("scale"), vec![units]));
        }
        if self.scaling != Scaling::Strict {
            list.push((self.key("bias"), vec![units]));
        }
        list
    }

    /// Name and length of the direction that spectral normalisation keeps.
    pub fn state(&self) -> Option<(String, Vec<usize>)> {
        let inputs = self.weight[1..].iter().product();
        (self.scaling == Scaling::Spectral).then(|| (self.key("weight_v"), vec![inputs]))
    }

    /// The effective weight, in the shape of the raw one.
    pub fn effective(&self, parameters: &Parameters) -> Tensor {
        let v = &parameters[&self.key("weight")];
        match self.scaling {
            Scaling::Plain => v.clone(),
            Scaling::Strict | Scaling::Affine => weight_norm(v, self.axis(), self.factor(), &self.gain(parameters)),
            Scaling::Spectral => spectral_norm(v, &parameters[&self.key("weight_v")]),
        }
    }

    /// `map(x, w) + bias` with the effective weight `w`, as `[B, C, H, W]`.
    pub fn forward(&self, parameters: &Parameters, x: &Tensor) -> Tensor {
        let w = self.effective(parameters);
        let [channels, height, width] = self.output;
        let mut y = match self.map {
            Map::Linear => linear(x, &w),
            Map::Conv(geometry) => conv(x, &w, &geometry),
            Map::ConvTranspose(geometry) => conv_transpose(x, &w, &geometry, [height, width]),
        };
        if self.scaling != Scaling::Strict {
            let bias = &parameters[&self.key("bias")].data;
            let (_, units, inner) = y.around(1);
            for (i, value) in y.data.iter_mut().enumerate() {
                *value += bias[i / inner % units];
            }
        }
        y.reshaped(&[x.shape[0], channels, height, width])
    }

    /// From the gradient of the output to that of the input `x`; the parameters' gradients are put into `gradients`.
    ///
    /// All of them are sums over batch and pixels.
    pub fn backward(&self, parameters: &Parameters, x: &Tensor, dy: &Tensor, gradients: &mut Parameters) -> Tensor {
        let mut put = |name: &str, data: Vec<f64>| gradients.insert(self.key(name), Tensor::new(&[data.len()], data));
        let w = &self.effective(parameters);
        let dy = if self.map == Map::Linear { &dy.clone().reshaped(&[x.shape[0], self.weight[0]]) } else { dy };
        if self.scaling != Scaling::Strict {
            put("bias", column_sum(dy));
        }
        let (dx, dw) = match &self.map {
            Map::Linear => (linear_input_gradient(dy, w), linear_weight_gradient(x, dy)),
            Map::Conv(geometry) => {
                let large = [x.shape[2], x.shape[3]];
                (conv_transpose(dy, w, geometry, large), conv_weight_gradient(x, dy, geometry))
            }
            Map::ConvTranspose(geometry) => (conv(dy, w, geometry), conv_weight_gradient(dy, x, geometry)),
        };
        let v = &parameters[&self.key("weight")];
        let dv = match self.scaling {
            Scaling::Plain => dw,
            Scaling::Strict | Scaling::Affine => {
                let (dv, dgain) = weight_norm_backward(v, &dw, self.axis(), self.factor(), &self.gain(parameters));
                if self.scaling == Scaling::Affine {
                    put("scale", dgain);
                }
                dv
            }
            Scaling::Spectral => spectral_norm_backward(v, &dw, &parameters[&self.key("weight_v")]),
        };
        gradients.insert(self.key("weight"), dv);
        dx
    }

    /// The full name of one of this layer's tensors.
    pub fn key(&self, tensor: &str) -> String {
        format!("{}.{tensor}", self.name)
    }

    /// The weight's axis of output units.
    fn axis(&self) -> usize {
        if matches!(self.map, Map::ConvTranspose(_)) { 1 } else { 0 }
    }

    /// `f` of the norm: the share of the taps that reaches one output pixel.
    fn factor(&self) -> f64 {
        match self.map {
            Map::ConvTranspose(geometry) => 1.0 / (geometry.stride[0] * geometry.stride[1]) as f64,
            Map::Linear | Map::Conv(_) => 1.0,
        }
    }

    fn gain(&self, parameters: &Parameters) -> Vec<f64> {
        match self.scaling {
            Scaling::Affine => parameters[&self.key("scale")].data.clone(),
            Scaling::Plain | Scaling::Strict | Scaling::Spectral => vec![1.0; self.weight[self.axis()]],
        }
    }
}
