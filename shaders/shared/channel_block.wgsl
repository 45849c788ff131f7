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

// The channel that an invocation works on, shared by LANES of them. Neighbours read neighbours in memory: channel by
// channel where inner is 1, lane by lane otherwise. Its elements lie in `runs` runs of `length`, which is as long as can be
// and is what the invocations share: element e of run r at first + r*jump + e*stride.
struct Channel {
    block: ChannelBlock,
    number: u32,
    lane: u32,
    place: u32, // among the invocations of a channel_sum
    first: u32,
    runs: u32,
    jump: u32,
    length: u32,
    stride: u32,
}

fn channel_of(block: ChannelBlock, thread: u32) -> Channel {
    let by_channel = block.inner == 1u;
    let channel = select(thread / LANES, thread % 16u, by_channel);
    let lane = select(thread % LANES, thread / 16u, by_channel);
    let c = block.first_channel + channel;
    let first = block.weight_offset + c * block.inner;
    if (by_channel) {
        return Channel(block, c, lane, 16u * lane + channel, first, 1u, 0u, block.outer, block.channels);
    }
    let jump = block.channels * block.inner;
    return Channel(block, c, lane, 16u * lane + channel, first, block.outer, jump, block.inner, 1u);
}

// Whether there is such a channel: a layer's last block may have fewer than sixteen.
fn exists(own: Channel) -> bool {
    return own.number < own.block.channels;
}
