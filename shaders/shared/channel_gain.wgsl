// The gain of channel c, from a binding `params`.

fn gain_of(block: ChannelBlock, c: u32) -> f32 {
    if (block.gain_offset == NO_GAIN) {
        return 1.0;
    }
    return params[block.gain_offset + c];
}
