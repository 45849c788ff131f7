//! A network's parameters in one flat buffer, with the table that says where each layer's lie.
//!
//! Gradients, averages and the optimiser's state have the same layout, so one dispatch updates a network.

use crate::config::Role;
use crate::device::{Buffer, Device, Encoder};
use crate::error::Result;
use crate::nn::layer::LayerSpec;
use crate::nn::optimiser::Optimiser;
use crate::nn::tensor::{Section, Tensor};
use crate::nn::weight::{self, Reparameterisation};

/// Where a layer's parameters and state begin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LayerOffsets {
    /// First element of its block in each section that it has one in.
    pub blocks: Vec<(Section, u32)>,
    /// In the state buffer.
    pub state: Option<u32>,
}

impl LayerOffsets {
    /// First element of the layer's block in a section, if it has one.
    pub fn offset(&self, section: Section) -> Option<u32> {
        self.blocks.iter().find(|(of, _)| *of == section).map(|&(_, first)| first)
    }
}

/// The offset table of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// One entry per layer.
    pub layers: Vec<LayerOffsets>,
    /// Number of weights: the length of the effective-weight buffer.
    pub weights: u32,
    /// First (threshold, slope) pair: from here on every second element is a slope, kept in [0, 1].
    pub kink_begin: u32,
    /// Number of parameters.
    pub count: u32,
    /// Length of the state buffer.
    pub state: u32,
}

impl Layout {
    /// Lays the layers out, section by section.
    pub fn new(specs: &[LayerSpec]) -> Layout {
        let mut layers = vec![LayerOffsets::default(); specs.len()];
        let mut end = 0;
        let (mut weights, mut kink_begin) = (0, 0);
        for section in Section::ALL {
            if section == Section::Kink {
                kink_begin = end;
            }
            for (spec, at) in specs.iter().zip(&mut layers) {
                for block in spec.layer.parameters(spec.io).iter().filter(|block| block.section == section) {
                    at.blocks.push((section, end));
                    end += block.len;
                }
            }
            if section == Section::Weight {
                weights = end;
            }
        }
        let mut state = 0;
        for (spec, at) in specs.iter().zip(&mut layers) {
            if let Some(block) = spec.layer.state(spec.io) {
                at.state = Some(state);
                state += block.len;
            }
        }
        Layout { layers, weights, kink_begin, count: end, state }
    }
}

/// A tensor of a network: its full name, and its place in a flat buffer.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// E.g. `gen.level.0.conv.weight`.
    pub name: String,
    /// First element of its block in the flat buffer.
    pub first: u32,
    /// Shape and layout.
    pub tensor: Tensor,
}

impl NamedTensor {
    /// The tensor's values in PyTorch's order, out of a flat buffer of the network.
    pub fn extract(&self, flat: &[f32]) -> Vec<f32> {
        self.tensor.indices().map(|i| flat[self.first as usize + i]).collect()
    }

    /// Writes values in PyTorch's order into a flat buffer.
    pub fn insert(&self, values: &[f32], flat: &mut [f32]) {
        for (i, &value) in self.tensor.indices().zip(values) {
            flat[self.first as usize + i] = value;
        }
    }
}

/// Every learned tensor of a network, in the order of the layers.
///
/// # Panics
/// If `layout` is not that of `specs`.
pub fn learned_tensors(role: Role, specs: &[LayerSpec], layout: &Layout) -> Vec<NamedTensor> {
    let mut all = Vec::new();
    for (spec, at) in specs.iter().zip(&layout.layers) {
        for block in spec.layer.parameters(spec.io) {
            let first = at.offset(block.section).expect("the layout has every block of every layer");
            all.extend(block.tensors.into_iter().map(|tensor| named(role, spec, first, tensor)));
        }
    }
    all
}

/// Every tensor of a network's state buffer, which training moves without a gradient.
pub fn state_tensors(role: Role, specs: &[LayerSpec], layout: &Layout) -> Vec<NamedTensor> {
    let mut all = Vec::new();
    for (spec, at) in specs.iter().zip(&layout.layers) {
        let Some((block, first)) = spec.layer.state(spec.io).zip(at.state) else { continue };
        all.extend(block.tensors.into_iter().map(|tensor| named(role, spec, first, tensor)));
    }
    all
}

fn named(role: Role, spec: &LayerSpec, first: u32, tensor: Tensor) -> NamedTensor {
    NamedTensor { name: format!("{}.{}.{}", role.prefix(), spec.name, tensor.name), first, tensor }
}

/// What a forward or backward pass reads of a network.
#[derive(Debug, Clone)]
pub struct Weights {
    /// Effective weights w, as many as [`Layout::weights`]; the parameters themselves where weights are plain.
    pub effective: Buffer,
    /// The flat parameters, for biases and pairs.
    pub params: Buffer,
    /// Running statistics, and what reparameterisations keep.
    pub state: Buffer,
}

/// A network's parameters, gradients, optimiser state and effective weights on the device.
#[derive(Debug)]
pub struct Parameters {
    /// The offset table.
    pub layout: Layout,
    /// The flat parameters, as many as [`Layout::count`].
    pub values: Buffer,
    /// Their gradients.
    pub gradients: Buffer,
    /// The optimiser's state: tensors of its own names, each laid out as the parameters.
    pub optimiser_state: Vec<(&'static str, Buffer)>,
    /// What training moves without a gradient.
    pub state: Buffer,
    /// What makes effective weights of the values.
    pub reparameterisation: Box<dyn Reparameterisation>,
}

impl Parameters {
    /// Allocates everything but the gradients, which lie at the front of `gradients`. Values are zero until written.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] when a buffer is too large for the device.
    pub fn new(
        device: &Device,
        name: &str,
        specs: &[LayerSpec],
        optimiser: &dyn Optimiser,
        gradients: &Buffer,
    ) -> Result<Parameters> {
        let layout = Layout::new(specs);
        let buffer = |role: &str| Buffer::new(device, &format!("{name} {role}"), layout.count as usize);
        let state = Buffer::new(device, &format!("{name} state"), layout.state as usize)?;
        let values = buffer("parameters")?;
        let of_optimiser = optimiser.state().iter().map(|&state| Ok((state, buffer(state)?)));
        Ok(Parameters {
            gradients: gradients.front(layout.count as usize),
            optimiser_state: of_optimiser.collect::<Result<_>>()?,
            reparameterisation: weight::of_network(device, name, specs, &layout, &values, &state)?,
            values,
            state,
            layout,
        })
    }

    /// The live weights.
    pub fn weights(&self) -> Weights {
        let effective = self.reparameterisation.effective().clone();
        Weights { effective, params: self.values.clone(), state: self.state.clone() }
    }

    /// A second set of weights, for a copy that stays as it is.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] when a buffer is too large for the device.
    pub fn copy(&self, device: &Device, name: &str) -> Result<Weights> {
        let params = Buffer::new(device, &format!("{name} parameters"), self.layout.count as usize)?;
        let is_own = self.reparameterisation.has_own_weights();
        let weights = || Buffer::new(device, &format!("{name} effective weights"), self.layout.weights as usize);
        let effective = if is_own { weights()? } else { params.clone() };
        let state = Buffer::new(device, &format!("{name} state"), self.layout.state as usize)?;
        Ok(Weights { effective, params, state })
    }

    /// Records copying weights of this network to a copy of them.
    pub fn record_copy(&self, encoder: &mut Encoder, from: &Weights, to: &Weights) {
        encoder.copy(&from.params, &to.params);
        encoder.copy(&from.state, &to.state);
        if self.reparameterisation.has_own_weights() {
            encoder.copy(&from.effective, &to.effective);
        }
    }
}
