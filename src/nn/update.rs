//! A network's update: from the parts of its gradients to new parameters and effective weights.

use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::kernels::{self, GradientBlock, UpdateBlock, WeightNormRmsprop};
use crate::nn::network::{Activations, Network};
use crate::nn::optimiser;
use crate::nn::partial::Parts;
use crate::nn::reparameterisation::Normaliser;
use crate::nn::weight_norm::channel_blocks;

/// Elements of a block.
const BLOCK: u32 = 256;

/// How parameters follow their gradients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// RMSprop, the paper's.
    Rmsprop {
        /// Of the mean square.
        decay: f32,
        /// Outside the root.
        eps: f32,
    },
    /// Adam.
    Adam {
        /// Decays of the mean and of the mean square.
        betas: [f32; 2],
        /// Outside the root.
        eps: f32,
    },
}

/// The update of one network.
#[derive(Debug)]
pub enum Update {
    /// Weight normalisation with RMSprop: one dispatch does all of it.
    Fused {
        /// Channel blocks, then blocks of the other parameters.
        table: Buffer,
        /// What the kernel reads of the optimiser.
        params: WeightNormRmsprop,
    },
    /// Everything else: sums of parts, pull-back, optimiser, effective weights.
    Separate {
        /// Blocks of all gradients that lie in parts.
        table: Buffer,
        /// Their number.
        blocks: u32,
        /// The optimiser.
        rule: Rule,
    },
}

impl Update {
    /// Builds the work list for gradients that a pass over all of `activations` leaves.
    pub fn new(
        device: &Device,
        name: &str,
        network: &Network,
        activations: &Activations,
        rule: Rule,
    ) -> Result<Update> {
        if let (Some(Normaliser::Weight(_)), Rule::Rmsprop { decay, eps }) = (&network.parameters.normaliser, rule) {
            let (blocks, channel_blocks) = update_blocks(network, activations);
            let pair_begin = network.parameters.layout.pair_begin;
            let params = WeightNormRmsprop { channel_blocks, blocks: blocks.len() as u32, pair_begin, decay, eps };
            return Ok(Update::Fused { table: table(device, &format!("{name} update blocks"), &blocks)?, params });
        }
        let blocks: Vec<GradientBlock> = activations.partial_sums().all().flat_map(blocks_of).collect();
        let table = table(device, &format!("{name} gradient blocks"), &blocks)?;
        Ok(Update::Separate { table, blocks: blocks.len() as u32, rule })
    }

    /// The dispatches.
    pub fn calls(&self, network: &Network, activations: &Activations) -> Vec<Dispatch> {
        let p = &network.parameters;
        let partial = activations.partial();
        match self {
            Update::Fused { table, params } => {
                let Some(Normaliser::Weight(norm)) = &p.normaliser else { return Vec::new() };
                let call = Dispatch::new(&kernels::WEIGHT_NORM_RMSPROP, "weight norm and rmsprop")
                    .params(params)
                    .buffers(&[table, partial, &p.values, &norm.norms, &norm.effective, &p.gradients, &p.mean_squares])
                    .workgroups(params.blocks);
                vec![call]
            }
            Update::Separate { table, blocks, rule } => {
                let gather = Dispatch::new(&kernels::GATHER_GRADIENTS, "sums of parts")
                    .buffers(&[table, partial, &p.gradients])
                    .workgroups(*blocks);
                let begin = p.layout.pair_begin;
                let step = match (*rule, &p.means) {
                    (Rule::Adam { betas, eps }, Some(means)) => {
                        optimiser::adam(&p.values, &p.gradients, [means, &p.mean_squares], begin, betas, eps)
                    }
                    (Rule::Rmsprop { decay, eps }, _) | (Rule::Adam { betas: [_, decay], eps }, None) => {
                        optimiser::rmsprop(&p.values, &p.gradients, &p.mean_squares, begin, decay, eps)
                    }
                };
                let mut calls = vec![gather];
                calls.extend(network.pull_back());
                calls.push(step);
                calls.extend(network.normalise());
                calls
            }
        }
    }
}

/// A table on the device.
fn table<T: bytemuck::Pod>(device: &Device, name: &str, blocks: &[T]) -> Result<Buffer> {
    let buffer = Buffer::new(device, name, size_of_val(blocks) / 4)?;
    buffer.write(device, blocks);
    Ok(buffer)
}

/// A tensor's gradient in blocks.
fn blocks_of(parts: Parts) -> impl Iterator<Item = GradientBlock> {
    (0..parts.count).step_by(BLOCK as usize).map(move |first| GradientBlock {
        source: parts.source,
        parts: parts.parts,
        stride: parts.count,
        first,
        count: BLOCK.min(parts.count - first),
        target_offset: parts.target + first,
    })
}

/// Channel blocks of all weights, and blocks of all other parameters but the gains; and the number of the former.
fn update_blocks(network: &Network, activations: &Activations) -> (Vec<UpdateBlock>, u32) {
    let layout = &network.parameters.layout;
    let sums = activations.partial_sums();
    let mut blocks = Vec::new();
    for (layer, channels) in channel_blocks(&network.specs, layout) {
        let parts = sums.weights[layer];
        blocks.push(UpdateBlock {
            weight_offset: channels.weight_offset,
            outer: channels.outer,
            channels: channels.channels,
            inner: channels.inner,
            first_channel: channels.first_channel,
            gain_offset: channels.gain_offset,
            norm_offset: channels.norm_offset,
            factor: channels.factor,
            source: parts.map_or(0, |parts| parts.source),
            parts: parts.map_or(0, |parts| parts.parts),
            stride: parts.map_or(0, |parts| parts.count),
            ..UpdateBlock::default()
        });
    }
    let channel_blocks = blocks.len() as u32;
    for (i, spec) in network.specs.iter().enumerate() {
        let at = &layout.layers[i];
        let bias = at.bias.zip(spec.map()).map(|(target, map)| (target, map.units(), sums.biases[i]));
        let pairs = at.pairs.map(|target| (target, 2 * spec.output.c, sums.pairs[i]));
        for (target, count, parts) in [bias, pairs].into_iter().flatten() {
            // Without parts the gradient is in its place already.
            let parts = parts.unwrap_or(Parts { source: 0, parts: 0, count, target });
            blocks.extend(blocks_of(parts).map(|block| UpdateBlock {
                weight_offset: block.target_offset,
                source: block.source,
                parts: block.parts,
                stride: block.stride,
                first: block.first,
                count: block.count,
                ..UpdateBlock::default()
            }));
        }
    }
    (blocks, channel_blocks)
}
