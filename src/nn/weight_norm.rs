//! Weight normalisation (paper, section 2): w = gain * v / n, and the way back for gradients.

use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::kernels::{self, CHANNELS_PER_BLOCK, ChannelBlock, constants::NO_GAIN};
use crate::nn::layer::{Kind, LayerSpec};
use crate::nn::parameters::Layout;

/// Norms and effective weights of a network, with the work list of its channels.
#[derive(Debug)]
pub struct WeightNorm {
    /// Effective weights w, at the offsets of v.
    pub effective: Buffer,
    /// n of every unit, layer after layer.
    pub norms: Buffer,
    blocks: Buffer,
    block_count: u32,
}

impl WeightNorm {
    /// Builds the work list of all linear maps of `specs`.
    pub fn new(device: &Device, name: &str, specs: &[LayerSpec], layout: &Layout) -> Result<WeightNorm> {
        let blocks: Vec<_> = channel_blocks(specs, layout).into_iter().map(|(_, block)| block).collect();
        let units: u32 = specs.iter().filter_map(LayerSpec::map).map(|map| map.units()).sum();
        let table =
            Buffer::new(device, &format!("{name} channel blocks"), blocks.len() * size_of::<ChannelBlock>() / 4)?;
        table.write(device, &blocks);
        Ok(WeightNorm {
            effective: Buffer::new(device, &format!("{name} effective weights"), layout.weights as usize)?,
            norms: Buffer::new(device, &format!("{name} norms"), units as usize)?,
            blocks: table,
            block_count: blocks.len() as u32,
        })
    }

    /// Recomputes norms and effective weights: after every update and after loading.
    pub fn normalise(&self, values: &Buffer) -> Dispatch {
        Dispatch::new(&kernels::WEIGHT_NORM, "weight norm")
            .buffers(&[&self.blocks, values, &self.norms, &self.effective])
            .grid([self.block_count, 1, 1])
    }

    /// Turns gradients of w into gradients of v and of the gains, in place.
    pub fn pull_back(&self, values: &Buffer, gradients: &Buffer) -> Dispatch {
        Dispatch::new(&kernels::WEIGHT_NORM_BACKWARD, "weight norm backward")
            .buffers(&[&self.blocks, values, &self.norms, gradients])
            .grid([self.block_count, 1, 1])
    }
}

/// One entry per sixteen neighbouring channels of every linear map, with the number of its layer.
pub fn channel_blocks(specs: &[LayerSpec], layout: &Layout) -> Vec<(usize, ChannelBlock)> {
    let mut blocks = Vec::new();
    let mut norm_offset = 0;
    for (layer, (spec, at)) in specs.iter().zip(&layout.layers).enumerate() {
        let Some(map) = spec.map() else { continue };
        let channels = map.units();
        // The unit is the last axis of [kernel_h, kernel_w, big, small], or for transposed convolution the third.
        let inner = if let Kind::ConvTranspose { .. } = map.kind { map.input.c } else { 1 };
        let outer = map.weights() / (channels * inner);
        let whole = ChannelBlock {
            weight_offset: at.weight,
            outer,
            channels,
            inner,
            first_channel: 0,
            gain_offset: at.gain.unwrap_or(NO_GAIN),
            norm_offset,
            factor: map.norm_factor(),
        };
        let firsts = (0..channels).step_by(CHANNELS_PER_BLOCK as usize);
        blocks.extend(firsts.map(|first_channel| (layer, ChannelBlock { first_channel, ..whole })));
        norm_offset += channels;
    }
    blocks
}
