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
    return select(thread / LANES, thread % 16u, block.inner == 1u);
}

fn lane_of(block: ChannelBlock, thread: u32) -> u32 {
    return select(thread % LANES, thread / 16u, block.inner == 1u);
}

// Where the elements of a channel lie: `runs` runs of `length` elements, element e of run r at first + r*jump + e*stride.
// The invocations of a channel share each run, which is as long as can be.
struct Elements {
    first: u32,
    runs: u32,
    jump: u32,
    length: u32,
    stride: u32,
}

fn elements_of(block: ChannelBlock, c: u32) -> Elements {
    let first = block.weight_offset + c * block.inner;
    if (block.inner == 1u) {
        return Elements(first, 1u, 0u, block.outer, block.channels);
    }
    return Elements(first, block.outer, block.channels * block.inner, block.inner, 1u);
}
