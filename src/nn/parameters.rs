//! A network's parameters in one flat buffer, with the table that says where each tensor lies.
//!
//! Order: raw weights v of every layer, then gains, then biases, then pairs per channel, of which the (threshold,
//! slope) pairs come last. Gradients and the optimiser's state have the same layout, so one dispatch updates a network.

use crate::device::{Buffer, Device, Encoder};
use crate::error::Result;
use crate::nn::layer::{LayerSpec, Op, Reparameterisation};
use crate::nn::reparameterisation::Normaliser;

/// Where a layer's parameters start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayerOffsets {
    /// Raw weight v, [kernel_h, kernel_w, big_c, small_c]; 0 where there is none.
    pub weight: u32,
    /// Gains, one per unit.
    pub gain: Option<u32>,
    /// Biases, one per unit.
    pub bias: Option<u32>,
    /// Pairs, one per channel: (threshold, slope), (bias, scale) or gates of (residue, shortcut).
    pub pairs: Option<u32>,
    /// What training moves without a gradient, in the state buffer: pairs of running (mean, variance), or spectral
    /// norm's vector t.
    pub state: Option<u32>,
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
    /// Length of the state buffer.
    pub state: u32,
}

impl Layout {
    /// Lays the layers out.
    pub fn new(specs: &[LayerSpec]) -> Layout {
        let mut layers = vec![LayerOffsets::default(); specs.len()];
        let mut end = 0;
        let mut take = |len: u32| {
            let start = end;
            end += len;
            start
        };
        let all = || specs.iter().enumerate();
        let maps = || all().filter_map(|(i, spec)| Some((i, spec.map()?)));
        for (i, map) in maps() {
            layers[i].weight = take(map.weights());
        }
        let weights = take(0);
        for (i, map) in maps() {
            layers[i].gain = map.has_gain().then(|| take(map.units()));
        }
        for (i, map) in maps() {
            layers[i].bias = map.has_bias().then(|| take(map.units()));
        }
        for (i, spec) in all().filter(|(_, spec)| matches!(spec.op, Op::BatchNorm | Op::ChannelAffine | Op::Addition)) {
            layers[i].pairs = Some(take(2 * spec.output.c));
        }
        let pair_begin = take(0);
        for (i, spec) in all().filter(|(_, spec)| matches!(spec.op, Op::Tprelu { .. })) {
            layers[i].pairs = Some(take(2 * spec.output.c));
        }
        let count = take(0);
        let mut state = 0;
        for (i, spec) in all() {
            let len = match (spec.op, spec.map()) {
                (Op::BatchNorm, _) => 2 * spec.output.c,
                (Op::Map(_, Reparameterisation::Spectral), Some(map)) => map.fan_in(),
                _ => continue,
            };
            layers[i].state = Some(state);
            state += len;
        }
        Layout { layers, weights, pair_begin, count, state }
    }
}

/// What a forward or backward pass reads of a network.
#[derive(Debug, Clone)]
pub struct Weights {
    /// Effective weights w; the parameters themselves where nothing is normalised.
    pub effective: Buffer,
    /// The flat parameters, for biases and pairs.
    pub params: Buffer,
    /// Running statistics.
    pub state: Buffer,
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
    /// The optimiser's running mean of squared gradients.
    pub mean_squares: Buffer,
    /// Adam's running mean of gradients.
    pub means: Option<Buffer>,
    /// What training moves without a gradient.
    pub state: Buffer,
    /// What makes effective weights, in normalised networks.
    pub normaliser: Option<Normaliser>,
}

impl Parameters {
    /// Allocates everything but the gradients, which lie at the front of `gradients`; `means` for an optimiser that keeps
    /// them. Values are zero until written.
    pub fn new(
        device: &Device,
        name: &str,
        specs: &[LayerSpec],
        means: bool,
        gradients: &Buffer,
    ) -> Result<Parameters> {
        let layout = Layout::new(specs);
        let buffer = |role: &str| Buffer::new(device, &format!("{name} {role}"), layout.count as usize);
        let state = Buffer::new(device, &format!("{name} state"), layout.state as usize)?;
        Ok(Parameters {
            values: buffer("parameters")?,
            gradients: gradients.front(layout.count as usize),
            mean_squares: buffer("mean squares")?,
            means: means.then(|| buffer("means")).transpose()?,
            normaliser: Normaliser::new(device, name, specs, &layout, &state)?,
            state,
            layout,
        })
    }

    /// The live weights.
    pub fn weights(&self) -> Weights {
        let effective = self.normaliser.as_ref().map_or(&self.values, Normaliser::effective);
        Weights { effective: effective.clone(), params: self.values.clone(), state: self.state.clone() }
    }

    /// A second set of weight buffers, for a frozen copy.
    pub fn frozen(&self, device: &Device, name: &str) -> Result<Weights> {
        let params = Buffer::new(device, &format!("{name} frozen parameters"), self.layout.count as usize)?;
        let effective = match &self.normaliser {
            Some(norm) => Buffer::new(device, &format!("{name} frozen weights"), norm.effective().len())?,
            None => params.clone(),
        };
        let state = Buffer::new(device, &format!("{name} frozen state"), self.layout.state as usize)?;
        Ok(Weights { effective, params, state })
    }

    /// Records copying the live weights into a frozen set.
    pub fn freeze(&self, encoder: &mut Encoder, frozen: &Weights) {
        encoder.copy(&self.values, &frozen.params);
        encoder.copy(&self.state, &frozen.state);
        if let Some(norm) = &self.normaliser {
            encoder.copy(norm.effective(), &frozen.effective);
        }
    }
}
