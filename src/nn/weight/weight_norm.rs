//! Weight normalisation: w = gain v/n with n = sqrt(f |v|^2 + 1e-6) per output unit. The paper's strict layer has no gain,
//! its affine layer has one.

use super::channel_blocks::channel_blocks;
use super::{FusedUpdate, MapsOfNetwork, Reparameterisation};
use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::kernels::{self, ChannelBlock, Kernel, UpdateBlock, WeightNormRmsprop};
use crate::nn::layer::linear_map::LinearMap;
use crate::nn::parameters::{Parameters, Weights};
use crate::nn::tensor::{Block, Section};
use crate::nn::update::{blocks_of, in_place, table};

/// Norms and effective weights of a network, with the work list of its channels.
#[derive(Debug)]
pub struct WeightNorm {
    effective: Buffer,
    /// n of every unit, layer after layer.
    norms: Buffer,
    /// The same of a copy's.
    norms_of_copy: Buffer,
    blocks: Vec<(usize, ChannelBlock)>,
    table: Buffer,
    dispatched: u32,
}

/// Nothing is kept.
pub fn state(_: &LinearMap) -> Option<Block> {
    None
}

impl WeightNorm {
    /// Builds the work list of all linear maps.
    pub(super) fn new(device: &Device, maps: &MapsOfNetwork<'_>) -> Result<WeightNorm> {
        let (blocks, units) = channel_blocks(maps);
        let norms = |what: &str| Buffer::new(device, &format!("{} {what}", maps.name), units as usize);
        let entries: Vec<_> = blocks.iter().map(|&(_, block)| block).collect();
        Ok(WeightNorm {
            effective: maps.effective_weights(device)?,
            norms: norms("norms")?,
            norms_of_copy: norms("norms of a copy")?,
            table: maps.table(device, "channel blocks", &entries)?,
            dispatched: entries.len() as u32,
            blocks,
        })
    }

    /// A kernel that walks through all channels of the live parameters and writes n and w.
    pub(super) fn of_live_channels(&self, kernel: &'static Kernel, label: &str, weights: &Weights) -> Dispatch {
        self.of_channels(kernel, label, weights, &self.norms)
    }

    fn of_channels(&self, kernel: &'static Kernel, label: &str, weights: &Weights, norms: &Buffer) -> Dispatch {
        Dispatch::new(kernel, label).buffers(&[&self.table, &weights.params, norms, &weights.effective]).grid([
            self.dispatched,
            1,
            1,
        ])
    }
}

impl Reparameterisation for WeightNorm {
    fn effective(&self) -> &Buffer {
        &self.effective
    }

    fn normalise(&self, weights: &Weights) -> Vec<Dispatch> {
        vec![self.of_live_channels(&kernels::WEIGHT_NORM, "weight norm", weights)]
    }

    fn normalise_copy(&self, copy: &Weights) -> Vec<Dispatch> {
        vec![self.of_channels(&kernels::WEIGHT_NORM, "weight norm", copy, &self.norms_of_copy)]
    }

    /// dv = gain/n (dw - f v/n <v/n, dw>), orthogonal to v up to the 1e-6 in n; dgain = <v/n, dw>.
    fn pull_back(&self, values: &Buffer, gradients: &Buffer) -> Vec<Dispatch> {
        let dispatch = Dispatch::new(&kernels::WEIGHT_NORM_BACKWARD, "weight norm backward")
            .buffers(&[&self.table, values, &self.norms, gradients])
            .grid([self.dispatched, 1, 1]);
        vec![dispatch]
    }

    /// One dispatch with RMSprop: sums of parts, pull-back, optimiser, effective weights.
    fn fused_update(&self, update: &FusedUpdate<'_>) -> Result<Option<Dispatch>> {
        let Some(rmsprop) = update.optimiser.as_rmsprop() else { return Ok(None) };
        let Parameters { layout, values, gradients, optimiser_state, .. } = update.parameters;
        let [(_, mean_square)] = optimiser_state.as_slice() else { return Ok(None) };
        let plan = update.activations.gradient_parts();
        let of_weight = |&(layer, channels): &(usize, ChannelBlock)| {
            let parts = plan.of(layer, Section::Weight);
            UpdateBlock {
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
            }
        };
        let mut blocks: Vec<UpdateBlock> = self.blocks.iter().map(of_weight).collect();
        for (layer, spec) in update.specs.iter().enumerate() {
            let others = spec.layer.parameters(spec.io).into_iter();
            for block in others.filter(|block| !matches!(block.section, Section::Weight | Section::Gain)) {
                let target = layout.layers[layer].offset(block.section).unwrap_or_default();
                let parts = plan.of(layer, block.section).unwrap_or_else(|| in_place(target, block.len));
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
        let params = WeightNormRmsprop {
            channel_blocks: self.blocks.len() as u32,
            blocks: blocks.len() as u32,
            pair_begin: layout.kink_begin,
            decay: rmsprop.decay,
            eps: rmsprop.eps,
        };
        let table = table(update.device, &format!("{} update blocks", update.name), &blocks)?;
        let partial = update.activations.partial();
        let dispatch = Dispatch::new(&kernels::WEIGHT_NORM_RMSPROP, "weight norm and rmsprop")
            .params(&params)
            .buffers(&[&table, partial, values, &self.norms, &self.effective, gradients, mean_square])
            .workgroups(params.blocks);
        Ok(Some(dispatch))
    }
}
