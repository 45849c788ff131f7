// Sixteen neighbouring output channels of one weight-normalised layer, the unit of work of weight_norm*.wgsl.

struct ChannelBlock {
    weight_offset: u32, // of the layer's v in params, and of w in weights
    outer: u32,
    channels: u32,
    inner: u32,
    first_channel: u32,
    gain_offset: u32,   // of the layer's gains in params, or NO_GAIN in a strict layer
    norm_offset: u32,   // of the layer's norms
    factor: f32,        // 1, or 1/stride^2 for a transposed convolution
}

const NO_GAIN: u32 = 0xffffffffu;
const NORM_EPS: f32 = 1e-6;

fn channel_of(block: ChannelBlock, thread: u32) -> u32 {
    return select(thread / 16u, thread % 16u, block.inner == 1u);
}

fn lane_of(block: ChannelBlock, thread: u32) -> u32 {
    return select(thread % 16u, thread / 16u, block.inner == 1u);
}

// Where element e = o*inner + i of channel c is stored.
fn element(block: ChannelBlock, c: u32, e: u32) -> u32 {
    let o = e / block.inner;
    let i = e % block.inner;
    return block.weight_offset + (o * block.channels + c) * block.inner + i;
}
