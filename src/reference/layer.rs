//! One layer of a network: weight (raw or normalised), scale and bias, activation; forward and backward side by side.

use super::column_sum::column_sum;
use super::conv::{Geometry, conv};
use super::conv_transpose::conv_transpose;
use super::conv_weight_gradient::conv_weight_gradient;
use super::linear::{linear, linear_input_gradient, linear_weight_gradient};
use super::sigmoid::sigmoid;
use super::sigmoid_backward::sigmoid_backward;
use super::tensor::Tensor;
use super::tprelu::tprelu;
use super::tprelu_backward::tprelu_backward;
use super::weight_norm::weight_norm;
use super::weight_norm_backward::weight_norm_backward;
use std::collections::BTreeMap;

/// Parameters, their gradients or their optimiser state, by the authors' names with the prefix `gen.` or `dis.`.
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
}

/// What follows the linear map. The text is the module's name, e.g. `gen.level.1.tprelu`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activation {
    /// Slope `weight` and threshold `bias` per channel.
    TPReLU(String),
    /// Slope `weight` per channel, threshold 0.
    PReLU(String),
    /// The logistic function.
    Sigmoid,
    /// Nothing: the output is a logit.
    Identity,
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
    /// Plain, strict or affine.
    pub scaling: Scaling,
    /// What follows.
    pub activation: Activation,
    /// `[C, H, W]` of the output.
    pub output: [usize; 3],
}

/// What the backward pass needs of one layer's forward pass.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The layer's input.
    pub input: Tensor,
    /// The effective weight.
    pub weight: Tensor,
    /// The activation's input, `[B, C, H, W]`.
    pub preactivation: Tensor,
    /// The layer's output, `[B, C, H, W]`.
    pub output: Tensor,
}

impl Layer {
    /// Name and shape of every parameter, in the order of the forward pass.
    pub fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        let units = self.weight[self.axis()];
        let mut list = vec![(self.key("weight"), self.weight.clone())];
        if self.scaling == Scaling::Affine {
            list.push((self.key("scale"), vec![units]));
        }
        if self.scaling != Scaling::Strict {
            list.push((self.key("bias"), vec![units]));
        }
        match &self.activation {
            Activation::TPReLU(module) => {
                list.push((format!("{module}.weight"), vec![self.output[0]]));
                list.push((format!("{module}.bias"), vec![self.output[0]]));
            }
            Activation::PReLU(module) => list.push((format!("{module}.weight"), vec![self.output[0]])),
            Activation::Sigmoid | Activation::Identity => {}
        }
        list
    }

    /// Output `activation(map(x, w) + bias)` with effective weight `w`, together with what [`Layer::backward`] needs.
    pub fn forward(&self, parameters: &Parameters, x: &Tensor) -> Trace {
        let v = &parameters[&self.key("weight")];
        let weight = match self.scaling {
            Scaling::Plain => v.clone(),
            Scaling::Strict | Scaling::Affine => weight_norm(v, self.axis(), self.factor(), &self.gain(parameters)),
        };
        let [channels, height, width] = self.output;
        let mut preactivation = match self.map {
            Map::Linear => linear(x, &weight),
            Map::Conv(geometry) => conv(x, &weight, &geometry),
            Map::ConvTranspose(geometry) => conv_transpose(x, &weight, &geometry, [height, width]),
        };
        if self.scaling != Scaling::Strict {
            let bias = &parameters[&self.key("bias")].data;
            let (_, units, inner) = preactivation.around(1);
            for (i, value) in preactivation.data.iter_mut().enumerate() {
                *value += bias[i / inner % units];
            }
        }
        let preactivation = preactivation.reshaped(&[x.shape[0], channels, height, width]);
        let output = match &self.activation {
            Activation::TPReLU(module) | Activation::PReLU(module) => {
                let (slope, threshold) = self.kink(parameters, module);
                tprelu(&preactivation, slope, &threshold)
            }
            Activation::Sigmoid => sigmoid(&preactivation),
            Activation::Identity => preactivation.clone(),
        };
        Trace { input: x.clone(), weight, preactivation, output }
    }

    /// From the gradient of the output to that of the input; the parameters' gradients are put into `gradients`.
    ///
    /// All of them are sums over batch and pixels.
    pub fn backward(&self, parameters: &Parameters, trace: &Trace, dy: &Tensor, gradients: &mut Parameters) -> Tensor {
        let mut put = |name: String, data: Vec<f64>| gradients.insert(name, Tensor::new(&[data.len()], data));
        let d = match &self.activation {
            Activation::TPReLU(module) | Activation::PReLU(module) => {
                let (slope, threshold) = self.kink(parameters, module);
                let (dx, dslope, dthreshold) = tprelu_backward(&trace.preactivation, dy, slope, &threshold);
                put(format!("{module}.weight"), dslope);
                if matches!(self.activation, Activation::TPReLU(_)) {
                    put(format!("{module}.bias"), dthreshold);
                }
                dx
            }
            Activation::Sigmoid => sigmoid_backward(&trace.output, dy),
            Activation::Identity => dy.clone(),
        };
        let batch = trace.input.shape[0];
        let d = if self.map == Map::Linear { d.reshaped(&[batch, self.weight[0]]) } else { d };
        if self.scaling != Scaling::Strict {
            put(self.key("bias"), column_sum(&d));
        }
        let (x, w) = (&trace.input, &trace.weight);
        let (dx, dw) = match &self.map {
            Map::Linear => (linear_input_gradient(&d, w), linear_weight_gradient(x, &d)),
            Map::Conv(geometry) => {
                let large = [x.shape[2], x.shape[3]];
                (conv_transpose(&d, w, geometry, large), conv_weight_gradient(x, &d, geometry))
            }
            Map::ConvTranspose(geometry) => (conv(&d, w, geometry), conv_weight_gradient(&d, x, geometry)),
        };
        let dv = match self.scaling {
            Scaling::Plain => dw,
            Scaling::Strict | Scaling::Affine => {
                let v = &parameters[&self.key("weight")];
                let (dv, dgain) = weight_norm_backward(v, &dw, self.axis(), self.factor(), &self.gain(parameters));
                if self.scaling == Scaling::Affine {
                    put(self.key("scale"), dgain);
                }
                dv
            }
        };
        gradients.insert(self.key("weight"), dv);
        dx
    }

    fn key(&self, parameter: &str) -> String {
        format!("{}.{parameter}", self.name)
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
            Scaling::Plain | Scaling::Strict => vec![1.0; self.weight[self.axis()]],
        }
    }

    /// Slope and threshold of the activation; PReLU holds its threshold at 0.
    fn kink<'a>(&self, parameters: &'a Parameters, module: &str) -> (&'a [f64], Vec<f64>) {
        let threshold = match self.activation {
            Activation::TPReLU(_) => parameters[&format!("{module}.bias")].data.clone(),
            _ => vec![0.0; self.output[0]],
        };
        (&parameters[&format!("{module}.weight")].data, threshold)
    }
}
