//! Work lists of weight normalisation: sixteen neighbouring output channels of one layer to an entry.

use super::MapsOfNetwork;
use crate::kernels::{CHANNELS_PER_BLOCK, ChannelBlock, constants};
use crate::nn::tensor::Section;

/// One entry per sixteen neighbouring channels of every linear map, with the number of its layer; and the number of
/// channels in all.
pub fn channel_blocks(maps: &MapsOfNetwork<'_>) -> (Vec<(usize, ChannelBlock)>, u32) {
    let mut blocks = Vec::new();
    let mut norm_offset = 0;
    for (layer, map, weight_offset) in maps.maps() {
        let channels = map.units;
        // The unit is the last axis of [kernel_h, kernel_w, big, small], or for transposed convolution the third.
        let inner = if map.is_transposed { map.geometry.small_c } else { 1 };
        let whole = ChannelBlock {
            weight_offset,
            outer: map.weights() / (channels * inner),
            channels,
            inner,
            first_channel: 0,
            gain_offset: maps.layout.layers[layer].offset(Section::Gain).unwrap_or(constants::NO_GAIN),
            norm_offset,
            factor: map.norm_factor,
        };
        let firsts = (0..channels).step_by(CHANNELS_PER_BLOCK as usize);
        blocks.extend(firsts.map(|first_channel| (layer, ChannelBlock { first_channel, ..whole })));
        norm_offset += channels;
    }
    (blocks, norm_offset)
}
