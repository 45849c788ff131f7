//! The layers that networks consist of, one file for each: what it computes, its tensors, and its backward pass.
//!
//! Every file also has the layer's formulas as plain functions, against which `shaders/NAME.wgsl` and
//! `shaders/NAME_backward.wgsl` are checked.

use super::Tensor;
use super::weight::Weight;
use crate::config::{NormalisationLayer, Statistics, layers};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

/// Tensors by the authors' names with the prefix `gen.` or `dis.`: parameters (and the state beside them: running
/// statistics, directions of spectral normalisation), or gradients, or optimiser state.
pub type Parameters = BTreeMap<String, Tensor>;

/// A tensor that is kept between steps without being learned by gradients.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What all of its elements are in a fresh network; none where they are drawn at random.
    pub start: Option<f64>,
}

/// What a layer read and wrote in a forward pass.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    /// The values it read, `[B, C, H, W]`; a latent code is `[B, code]`.
    pub inputs: &'a [&'a Tensor],
    /// The value it wrote, `[B, C, H, W]`.
    pub output: &'a Tensor,
    /// Which statistics normalisation over the batch used.
    pub statistics: Statistics,
}

/// A function of one or two earlier values of a network.
pub trait Layer: Debug + Send + Sync {
    /// Name of its module, e.g. `gen.level.1.conv`; the names of its tensors begin with it.
    fn name(&self) -> &str;

    /// `[C, H, W]` of the value it writes, from those of the values it reads; a latent code is `[code, 1, 1]`.
    fn output(&self, inputs: &[[usize; 3]]) -> [usize; 3] {
        inputs[0]
    }

    /// The weight of a linear map.
    fn weight(&self) -> Option<&Weight> {
        None
    }

    /// Name and shape of every learned parameter.
    fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        self.weight().map_or(Vec::new(), Weight::parameters)
    }

    /// What is kept between steps without being learned by gradients.
    fn state(&self) -> Vec<State> {
        self.weight().map_or(Vec::new(), Weight::state)
    }

    /// Whether in training an image's output depends on the other images of its batch.
    fn couples_images(&self) -> bool {
        false
    }

    /// The value it writes. `tensors` holds the learned parameters and the state of the whole network; `statistics` says
    /// what normalisation over the batch uses.
    fn forward(&self, tensors: &Parameters, inputs: &[&Tensor], statistics: Statistics) -> Tensor;

    /// From the gradient `dy` of the output to those of the inputs, in their order; the parameters' gradients, sums over
    /// batch and pixels, are put into `gradients`.
    fn backward(&self, tensors: &Parameters, trace: Trace, dy: &Tensor, gradients: &mut Parameters) -> Vec<Tensor>;

    /// Moves the state by a forward pass of training that read `inputs`.
    fn observe(&self, _tensors: &mut Parameters, _inputs: &[&Tensor]) {}

    /// What is done to parameters and state after an update by the optimiser, before which they were `before`.
    fn updated(&self, before: &Parameters, tensors: &mut Parameters) {
        if let Some(weight) = self.weight() {
            weight.updated(before, tensors);
        }
    }

    /// The full name of one of its tensors.
    fn key(&self, tensor: &str) -> String {
        format!("{}.{tensor}", self.name())
    }
}

macro_rules! modules {
    ([$($normalisation:ident $variant:ident)*] [$($other:ident)*]) => {
        $(pub mod $normalisation;)*
        $(pub mod $other;)*

        /// The layer that normalises the outputs of hidden linear maps of `module`, which have `channels` channels.
        pub(super) fn behind(layer: NormalisationLayer, module: &str, channels: usize) -> Arc<dyn Layer> {
            match layer {
                $(NormalisationLayer::$variant => Arc::new($normalisation::$variant::behind(module, channels)),)*
            }
        }
    };
}
layers! { modules }
