//! The weights of linear maps: how the effective weight is made of the raw one, a file for each way, and what is learned
//! beside it.

use super::Tensor;
use super::column_sum::column_sum;
use super::layer::{Parameters, State};
use crate::config::{self, NormParts, reparameterisations};
use std::fmt::Debug;

/// The weight of a linear map with its gain and its bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// Name of the map's module, e.g. `dis.level.0.conv`.
    pub module: String,
    /// Shape of the raw weight and of the effective one.
    pub shape: Vec<usize>,
    /// The axis of output units: 1 for a transposed convolution, otherwise 0.
    pub axis: usize,
    /// The share of a unit's weights that reaches any one output pixel: `1 / (stride_h stride_w)` for a transposed
    /// convolution, otherwise 1.
    pub share: f64,
    /// What is made of it.
    pub parts: WeightParts,
}

/// How an effective weight is made and what is learned beside the raw one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightParts {
    /// How the effective weight is made.
    pub reparameterisation: config::Reparameterisation,
    /// Whether a `scale` per output unit is learned; for weights that are divided by their own length.
    pub gain: bool,
    /// Whether a `bias` per output unit is learned.
    pub bias: bool,
}

impl WeightParts {
    /// Those of a layer, the last of its network or not.
    pub fn of(norm: &NormParts, is_last: bool) -> WeightParts {
        WeightParts {
            reparameterisation: norm.weight,
            gain: norm.gain.includes(is_last),
            bias: norm.bias.includes(is_last),
        }
    }
}

/// A way to make the effective weight of the raw one. `tensors` holds the parameters and the state of the network.
pub trait Reparameterisation: Debug + Sync {
    /// What it keeps for a weight beside the learned parameters.
    fn state(&self, _weight: &Weight) -> Vec<State> {
        Vec::new()
    }

    /// The effective weight, in the shape of the raw one; the gain, where there is one, is in it.
    fn effective(&self, weight: &Weight, tensors: &Parameters) -> Tensor;

    /// From the gradient `dw` of the effective weight to those of the raw weight and of the gain, if it is learned.
    fn backward(&self, weight: &Weight, tensors: &Parameters, dw: &Tensor) -> (Tensor, Option<Vec<f64>>);

    /// What is done after an update by the optimiser, before which the tensors were `before`.
    fn updated(&self, _weight: &Weight, _before: &Parameters, _tensors: &mut Parameters) {}
}

impl Weight {
    /// Name and shape of every learned parameter.
    pub fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        let beside =
            [(self.parts.gain, "scale"), (self.parts.bias, "bias")].into_iter().filter(|(learned, _)| *learned);
        let beside = beside.map(|(_, name)| (self.key(name), vec![self.shape[self.axis]]));
        [(self.key("weight"), self.shape.clone())].into_iter().chain(beside).collect()
    }

    /// What the reparameterisation keeps.
    pub fn state(&self) -> Vec<State> {
        self.reparameterisation().state(self)
    }

    /// The effective weight, in the shape of the raw one.
    pub fn effective(&self, tensors: &Parameters) -> Tensor {
        self.reparameterisation().effective(self, tensors)
    }

    /// The map's output `y` `[B, units, ...]` with the bias added, if there is one.
    pub fn biased(&self, tensors: &Parameters, mut y: Tensor) -> Tensor {
        if self.parts.bias {
            let bias = &tensors[&self.key("bias")].data;
            let (_, units, inner) = y.around(1);
            for (i, value) in y.data.iter_mut().enumerate() {
                *value += bias[i / inner % units];
            }
        }
        y
    }

    /// Puts the gradients of raw weight, gain and bias into `gradients`: from the gradient `dw` of the effective weight
    /// and that of the output, `dy` `[B, units, ...]`.
    pub fn backward(&self, tensors: &Parameters, dw: &Tensor, dy: &Tensor, gradients: &mut Parameters) {
        let (dv, dgain) = self.reparameterisation().backward(self, tensors, dw);
        gradients.insert(self.key("weight"), dv);
        if let Some(dgain) = dgain {
            gradients.insert(self.key("scale"), Tensor::vector(dgain));
        }
        if self.parts.bias {
            gradients.insert(self.key("bias"), Tensor::vector(column_sum(dy)));
        }
    }

    /// What the reparameterisation does after an update.
    pub fn updated(&self, before: &Parameters, tensors: &mut Parameters) {
        self.reparameterisation().updated(self, before, tensors);
    }

    /// The raw weight.
    pub fn raw<'a>(&self, tensors: &'a Parameters) -> &'a Tensor {
        &tensors[&self.key("weight")]
    }

    /// The gain of every output unit; 1 where none is learned.
    pub fn gain(&self, tensors: &Parameters) -> Vec<f64> {
        if self.parts.gain { tensors[&self.key("scale")].data.clone() } else { vec![1.0; self.shape[self.axis]] }
    }

    /// The full name of one of the map's tensors.
    pub fn key(&self, tensor: &str) -> String {
        format!("{}.{tensor}", self.module)
    }

    fn reparameterisation(&self) -> &'static dyn Reparameterisation {
        of(self.parts.reparameterisation)
    }
}

macro_rules! modules {
    ($($module:ident $variant:ident;)*) => {
        $(pub mod $module;)*

        /// The reparameterisation of this name.
        pub fn of(reparameterisation: config::Reparameterisation) -> &'static dyn Reparameterisation {
            match reparameterisation { $(config::Reparameterisation::$variant => &$module::$variant,)* }
        }
    };
}
reparameterisations! { modules }
