//! The operations that networks consist of; each reads one or two earlier values and writes one.

use super::Tensor;
use super::activation::Activation;
use super::addition::addition;
use super::addition_backward::addition_backward;
use super::average_pool::average_pool;
use super::batch_norm::{Moments, batch_norm, moments};
use super::batch_norm_backward::batch_norm_backward;
use super::channel_affine::{channel_affine, channel_affine_backward};
use super::layer::{Layer, Parameters};
use super::sigmoid::sigmoid;
use super::sigmoid_backward::sigmoid_backward;
use super::upsample::upsample;
use crate::config::Statistics;

/// One operation on values `[B, C, H, W]`. The text is the name of the module with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A linear map, with weight and perhaps bias; the input may be `[B, code]`.
    Layer(Layer),
    /// Batch normalisation: `weight`, `bias`, and the state `running_mean`, `running_var`.
    BatchNorm(String),
    /// ReLU, TReLU, PReLU or TPReLU.
    Activation(Activation),
    /// The logistic function: an image in `(0, 1)`.
    Sigmoid,
    /// `2 x - 1`: from pixels in `[0, 1]` to `[-1, 1]`.
    Rescale,
    /// Zeros around the image, then means of 2x2 pixels.
    AveragePool {
        /// Zeros on every side, `[rows, columns]`.
        padding: [usize; 2],
    },
    /// Every pixel four times, then the rim cut off.
    Upsample {
        /// What is cut from every side, `[rows, columns]`.
        crop: [usize; 2],
    },
    /// Weight-normalised addition of two values: gates `weight` `[2, C]`.
    Addition(String),
    /// `scale` and `bias` per channel.
    ChannelAffine(String),
}

impl Operation {
    /// Name and shape of every learned parameter of an operation that writes `channels` channels.
    pub fn parameters(&self, channels: usize) -> Vec<(String, Vec<usize>)> {
        let named = |name: &str, parameter: &str, shape: &[usize]| (format!("{name}.{parameter}"), shape.to_vec());
        match self {
            Operation::Layer(layer) => layer.parameters(),
            Operation::Activation(activation) => activation.parameters(channels),
            Operation::BatchNorm(name) => vec![named(name, "weight", &[channels]), named(name, "bias", &[channels])],
            Operation::Addition(name) => vec![named(name, "weight", &[2, channels])],
            Operation::ChannelAffine(name) => vec![named(name, "scale", &[channels]), named(name, "bias", &[channels])],
            Operation::Sigmoid | Operation::Rescale => Vec::new(),
            Operation::AveragePool { .. } | Operation::Upsample { .. } => Vec::new(),
        }
    }

    /// Name and shape of what is kept between steps without being learned by gradients.
    pub fn state(&self, channels: usize) -> Vec<(String, Vec<usize>)> {
        match self {
            Operation::Layer(layer) => layer.state().into_iter().collect(),
            Operation::BatchNorm(name) => {
                ["running_mean", "running_var"].map(|kept| (format!("{name}.{kept}"), vec![channels])).to_vec()
            }
            _ => Vec::new(),
        }
    }

    /// The value it writes. `statistics` says what batch normalisation uses.
    pub fn forward(&self, parameters: &Parameters, inputs: &[&Tensor], statistics: Statistics) -> Tensor {
        let of = |name: &str, parameter: &str| &parameters[&format!("{name}.{parameter}")];
        let x = inputs[0];
        match self {
            Operation::Layer(layer) => layer.forward(parameters, x),
            Operation::Activation(activation) => activation.forward(parameters, x),
            Operation::BatchNorm(name) => {
                let moments = used_moments(name, parameters, x, statistics);
                batch_norm(x, &moments, &of(name, "weight").data, &of(name, "bias").data)
            }
            Operation::Sigmoid => sigmoid(x),
            Operation::Rescale => x.map(|x| 2.0 * x - 1.0),
            Operation::AveragePool { padding } => average_pool(x, *padding),
            Operation::Upsample { crop } => upsample(x, *crop),
            Operation::Addition(name) => addition(x, inputs[1], of(name, "weight")),
            Operation::ChannelAffine(name) => channel_affine(x, &of(name, "scale").data, &of(name, "bias").data),
        }
    }

    /// From the gradient `dy` of the output `y` to those of the inputs, in their order; the parameters' gradients are put
    /// into `gradients`. The other arguments are those of [`Operation::forward`].
    pub fn backward(
        &self,
        parameters: &Parameters,
        inputs: &[&Tensor],
        statistics: Statistics,
        [y, dy]: [&Tensor; 2],
        gradients: &mut Parameters,
    ) -> Vec<Tensor> {
        let of = |name: &str, parameter: &str| &parameters[&format!("{name}.{parameter}")];
        let vector = |data: Vec<f64>| Tensor::new(&[data.len()], data);
        let x = inputs[0];
        let dx = match self {
            Operation::Layer(layer) => layer.backward(parameters, x, dy, gradients),
            Operation::Activation(activation) => activation.backward(parameters, x, dy, gradients),
            Operation::BatchNorm(name) => {
                let moments = used_moments(name, parameters, x, statistics);
                let (dx, dweight, dbias) = batch_norm_backward(x, dy, &moments, &of(name, "weight").data, statistics);
                gradients.insert(format!("{name}.weight"), vector(dweight));
                gradients.insert(format!("{name}.bias"), vector(dbias));
                dx
            }
            Operation::Sigmoid => sigmoid_backward(y, dy),
            Operation::Rescale => dy.map(|dy| 2.0 * dy),
            // Each is the other's adjoint, up to the divisor 4.
            Operation::AveragePool { padding } => upsample(dy, *padding).map(|dx| dx / 4.0),
            Operation::Upsample { crop } => average_pool(dy, *crop).map(|dx| 4.0 * dx),
            Operation::Addition(name) => {
                let (dx0, dx1, dgates) = addition_backward(x, inputs[1], dy, of(name, "weight"));
                gradients.insert(format!("{name}.weight"), dgates);
                return vec![dx0, dx1];
            }
            Operation::ChannelAffine(name) => {
                let (dx, dscale, dbias) = channel_affine_backward(x, dy, &of(name, "scale").data);
                gradients.insert(format!("{name}.scale"), vector(dscale));
                gradients.insert(format!("{name}.bias"), vector(dbias));
                dx
            }
        };
        vec![dx]
    }
}

/// The running moments that batch normalisation `name` keeps.
pub fn running_moments(name: &str, parameters: &Parameters) -> Moments {
    let [mean, variance] =
        ["running_mean", "running_var"].map(|kept| parameters[&format!("{name}.{kept}")].data.clone());
    Moments { mean, variance }
}

fn used_moments(name: &str, parameters: &Parameters, x: &Tensor, statistics: Statistics) -> Moments {
    match statistics {
        Statistics::Batch => moments(x),
        Statistics::Running => running_moments(name, parameters),
    }
}
