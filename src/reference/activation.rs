//! The activations of hidden layers: TPReLU with both of its numbers learned, or with some held at 0.

use super::Tensor;
use super::layer::Parameters;
use super::tprelu::tprelu;
use super::tprelu_backward::tprelu_backward;
use crate::config::{self, Config, Norm};

/// ReLU, TReLU, PReLU or TPReLU per channel. What is not learned is held at 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Name of the module, e.g. `gen.level.1.tprelu`.
    pub name: String,
    /// Whether the slope `NAME.weight` is learned.
    pub slope: bool,
    /// Whether the threshold `NAME.bias` is learned.
    pub threshold: bool,
}

impl Activation {
    /// What `config` puts behind the hidden layers of `module`: TPReLU with norm `weight` and PReLU with the others,
    /// unless it names one.
    pub fn new(config: &Config, module: &str) -> Activation {
        let (kind, slope, threshold) = match (config.activation, config.norm) {
            (config::Activation::Tprelu, _) | (config::Activation::Auto, Norm::Weight) => ("tprelu", true, true),
            (config::Activation::Prelu, _) | (config::Activation::Auto, _) => ("prelu", true, false),
            (config::Activation::Trelu, _) => ("trelu", false, true),
            (config::Activation::Relu, _) => ("relu", false, false),
        };
        Activation { name: format!("{module}.{kind}"), slope, threshold }
    }

    /// Name and shape of every learned parameter.
    pub fn parameters(&self, channels: usize) -> Vec<(String, Vec<usize>)> {
        let learned = [(self.slope, "weight"), (self.threshold, "bias")].into_iter().filter(|(learned, _)| *learned);
        learned.map(|(_, parameter)| (format!("{}.{parameter}", self.name), vec![channels])).collect()
    }

    /// The output for `x` `[B, C, H, W]`.
    pub fn forward(&self, parameters: &Parameters, x: &Tensor) -> Tensor {
        let [slope, threshold] = self.kink(parameters, x.shape[1]);
        tprelu(x, &slope, &threshold)
    }

    /// From the gradient of the output to that of the input `x`; those of learned parameters are put into `gradients`.
    pub fn backward(&self, parameters: &Parameters, x: &Tensor, dy: &Tensor, gradients: &mut Parameters) -> Tensor {
        let channels = x.shape[1];
        let [slope, threshold] = self.kink(parameters, channels);
        let (dx, dslope, dthreshold) = tprelu_backward(x, dy, &slope, &threshold);
        if self.slope {
            gradients.insert(format!("{}.weight", self.name), Tensor::new(&[channels], dslope));
        }
        if self.threshold {
            gradients.insert(format!("{}.bias", self.name), Tensor::new(&[channels], dthreshold));
        }
        dx
    }

    /// Slope and threshold of every channel.
    fn kink(&self, parameters: &Parameters, channels: usize) -> [Vec<f64>; 2] {
        [(self.slope, "weight"), (self.threshold, "bias")].map(|(learned, parameter)| {
            if learned { parameters[&format!("{}.{parameter}", self.name)].data.clone() } else { vec![0.0; channels] }
        })
    }
}
