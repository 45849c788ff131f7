// Everything that a weight-normalised network's update does to its weights, in one pass over sixteen channels per
// workgroup: the sum over the parts of dw, the pull-back (weight_norm_backward.wgsl), RMSprop (rmsprop.wgsl) on v and
// the gains, and the new norms and effective weights (weight_norm.wgsl):
//   dv = gain/n * (dw - factor * v/n * <v/n, dw>)        dgain = <v/n, dw>
//   m = decay*m + (1-decay)*dv^2                         v = v - lr * dv / (sqrt(m) + eps)
//   n = sqrt(factor * |v|^2 + 1e-6)                      w = gain * v/n
// A workgroup beyond the channel blocks takes a block of the other parameters: sum of parts, RMSprop, projection.
// use: shared/step, shared/channel_norm, shared/slope, shared/part_sum

struct Params {
    channel_blocks: u32,
    blocks: u32,      // channel blocks and blocks of other parameters
    pair_begin: u32,
    decay: f32,
    eps: f32,
}

// A channel block and where the gradient of its layer's weight lies.
struct UpdateBlock {
    weight_offset: u32,
    outer: u32,
    channels: u32,
    inner: u32,
    first_channel: u32,
    gain_offset: u32,
    norm_offset: u32,
    factor: f32,
    source: u32,      // first element of the first part of dw
    parts: u32,       // or 0: dw is in the gradient already
    stride: u32,      // elements of a part
    first: u32,       // of a block of other parameters: first element in each part
    count: u32,       // of a block of other parameters: its elements, which begin at weight_offset
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> blocks: array<UpdateBlock>;
@group(0) @binding(3) var<storage, read> partial: array<f32>;
@group(0) @binding(4) var<storage, read_write> params: array<f32>;
@group(0) @binding(5) var<storage, read_write> norms: array<f32>;
@group(0) @binding(6) var<storage, read_write> weights: array<f32>;
@group(0) @binding(7) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(8) var<storage, read_write> mean_square: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let number = group.y * groups.x + group.x;
    if (number >= p.blocks) {
        return;
    }
    if (number >= p.channel_blocks) {
        other(number, thread);
        return;
    }
    let update = blocks[number];
    let block = ChannelBlock(
        update.weight_offset, update.outer, update.channels, update.inner,
        update.first_channel, update.gain_offset, update.norm_offset, update.factor,
    );
    let own = channel_of(block, thread);

    var sum = 0.0;
    if (exists(own)) {
        for (var run = 0u; run < own.runs; run++) {
            for (var e = own.lane; e < own.length; e += LANES) {
                let at = own.first + run * own.jump + e * own.stride;
                var dw = gradient[at]; // where the sum was not cut into parts
                if (update.parts > 0u) {
                    dw = part_sum(update.source, update.parts, update.stride, at - block.weight_offset);
                    gradient[at] = dw;
                }
                sum += params[at] * dw;
            }
        }
    }
    let inner_product = channel_sum(own.place, vec2<f32>(sum, 0.0)).x;

    var squares = 0.0;
    let gain = gain_of(own);
    if (exists(own)) {
        let n = norms[block.norm_offset + own.number];
        let projection = inner_product / n; // <v/n, dw>
        for (var run = 0u; run < own.runs; run++) {
            for (var e = own.lane; e < own.length; e += LANES) {
                let at = own.first + run * own.jump + e * own.stride;
                let v = params[at];
                let new_v = rmsprop(at, v, gain / n * (gradient[at] - block.factor * projection * v / n));
                squares += new_v * new_v;
            }
        }
    }
    // No invocation may change the gain before all of its channel have read it.
    let new_squares = channel_sum(own.place, vec2<f32>(squares, 0.0)).x;
    if (exists(own) && own.lane == 0u && block.gain_offset != NO_GAIN) {
        rmsprop(block.gain_offset + own.number, gain, inner_product / norms[block.norm_offset + own.number]);
    }
    if (LANES > 1u) {
        storageBarrier(); // The others of the channel read the new gain.
    }
    if (exists(own)) {
        normalise(own, sqrt(block.factor * new_squares + NORM_EPS));
    }
}

// RMSprop on parameter `at` with the given value and gradient; returns the new value.
fn rmsprop(at: u32, value: f32, g: f32) -> f32 {
    let m = p.decay * mean_square[at] + (1.0 - p.decay) * g * g;
    let new_value = projected(value - now.lr * g / (sqrt(m) + p.eps), at, p.pair_begin);
    gradient[at] = g;
    mean_square[at] = m;
    params[at] = new_value;
    return new_value;
}

// A block of biases or of pairs per channel.
fn other(number: u32, thread: u32) {
    let block = blocks[number];
    for (var i = thread; i < block.count; i += INVOCATIONS) {
        let at = block.weight_offset + i;
        var g = gradient[at];
        if (block.parts > 0u) {
            g = part_sum(block.source, block.parts, block.stride, block.first + i);
        }
        rmsprop(at, params[at], g);
    }
}
