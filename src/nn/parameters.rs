//! A network's parameters in one flat buffer, with the table that says where each tensor lies.
//!
//! Order: raw weights v of every layer, then gains, then biases, then (threshold, slope) pairs. Gradients and the
//! optimiser's mean squares have the same layout, so one dispatch updates a network.

use crate::error::Result;
use crate::gpu::{Buffer, Gpu};
use crate::nn::layer::{Activation, LayerSpec};
use crate::nn::reparameterisation::NormTable;

/// Where a layer's parameters start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerOffsets {
    /// Raw weight v, [kernel_h, kernel_w, big_c, small_c].
    pub weight: u32,
    /// Gains, one per unit.
    pub gain: Option<u32>,
    /// Biases, one per unit.
    pub bias: Option<u32>,
    /// (threshold, slope) pairs, one per channel.
    pub pairs: Option<u32>,
}

/// The offset table of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// One entry per layer.
    pub layers: Vec<LayerOffsets>,
    /// Number of weights: the length of the effective-weight buffer.
    pub weights: u32,
    /// First (threshold, slope) pair: from here on every second element is a slope, kept in [0, 1].
    pub pair_begin: u32,
    /// Number of parameters.
    pub count: u32,
}

impl Layout {
    /// Lays the layers out.
    pub fn new(specs: &[LayerSpec]) -> Layout {
        let mut end = 0;
        let mut take = |len: u32| {
            let start = end;
            end += len;
            start
        };
        let weight: Vec<_> = specs.iter().map(|spec| take(spec.weights())).collect();
        let weights = take(0);
        let gain: Vec<_> = specs.iter().map(|spec| spec.has_gain().then(|| take(spec.units()))).collect();
        let bias: Vec<_> = specs.iter().map(|spec| spec.has_bias().then(|| take(spec.units()))).collect();
        let pair_begin = take(0);
        let has_pairs = |spec: &LayerSpec| matches!(spec.activation, Activation::Tprelu { .. });
        let pairs: Vec<_> = specs.iter().map(|spec| has_pairs(spec).then(|| take(2 * spec.output.c))).collect();
        let layers = (0..specs.len())
            .map(|i| LayerOffsets { weight: weight[i], gain: gain[i], bias: bias[i], pairs: pairs[i] })
            .collect();
        Layout { layers, weights, pair_begin, count: take(0) }
    }
}

/// What a forward or backward pass reads of a network.
#[derive(Debug, Clone)]
pub struct Weights {
    /// Effective weights w; the parameters themselves where nothing is normalised.
    pub effective: Buffer,
    /// The flat parameters, for biases and activation pairs.
    pub params: Buffer,
}

/// A network's parameters, gradients, optimiser state and effective weights on the device.
#[derive(Debug)]
pub struct Parameters {
    /// The offset table.
    pub layout: Layout,
    /// The flat parameters.
    pub values: Buffer,
    /// Their gradients.
    pub gradients: Buffer,
    /// RMSprop's running mean of squared gradients.
    pub mean_squares: Buffer,
    /// Norms and effective weights, for normalised networks.
    pub norm: Option<NormTable>,
}

impl Parameters {
    /// Allocates everything; values are zero until written.
    pub fn new(gpu: &Gpu, name: &str, specs: &[LayerSpec]) -> Result<Parameters> {
        let layout = Layout::new(specs);
        let buffer = |role: &str| Buffer::new(gpu, &format!("{name} {role}"), layout.count as usize);
        Ok(Parameters {
            values: buffer("parameters")?,
            gradients: buffer("gradients")?,
            mean_squares: buffer("mean squares")?,
            norm: NormTable::new(gpu, name, specs, &layout)?,
            layout,
        })
    }

    /// The live weights.
    pub fn weights(&self) -> Weights {
        let effective = self.norm.as_ref().map_or(&self.values, |norm| &norm.effective);
        Weights { effective: effective.clone(), params: self.values.clone() }
    }

    /// A second set of weight buffers, for a frozen copy.
    pub fn frozen(&self, gpu: &Gpu, name: &str) -> Result<Weights> {
        let params = Buffer::new(gpu, &format!("{name} frozen parameters"), self.layout.count as usize)?;
        let effective = match &self.norm {
            Some(norm) => Buffer::new(gpu, &format!("{name} frozen weights"), norm.effective.len())?,
            None => params.clone(),
        };
        Ok(Weights { effective, params })
    }

    /// Records copying the live weights into a frozen set.
    pub fn freeze(&self, encoder: &mut wgpu::CommandEncoder, frozen: &Weights) {
        self.values.copy_to(encoder, &frozen.params);
        if let Some(norm) = &self.norm {
            norm.effective.copy_to(encoder, &frozen.effective);
        }
    }
}
