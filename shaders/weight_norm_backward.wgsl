// Pull-back of a whole network's weight gradients through weight normalisation (weight_norm.wgsl). With w_hat = v/n and
// dw the gradient of the effective weight w = gain * w_hat:
//   dv = gain/n * (dw - factor * w_hat * <w_hat, dw>)        dgain = <w_hat, dw>
// dv is orthogonal to v up to eps. The gradient buffer holds dw on entry and dv on return, at the offsets of v.
// use: shared/channel_block, shared/channel_sum

@group(0) @binding(0) var<storage, read> blocks: array<ChannelBlock>;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read> norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let block = blocks[group.x];
    let own = channel_of(block, thread);
    var sum = 0.0;
    if (exists(own)) {
        for (var run = 0u; run < own.runs; run++) {
            for (var e = own.lane; e < own.length; e += LANES) {
                let at = own.first + run * own.jump + e * own.stride;
                sum += params[at] * gradient[at];
            }
        }
    }
    let inner_product = channel_sum(own.place, vec2<f32>(sum, 0.0)).x;
    if (exists(own)) {
        let n = norms[block.norm_offset + own.number];
        let projection = inner_product / n; // <w_hat, dw>
        var gain = 1.0;
        if (block.gain_offset != NO_GAIN) {
            gain = params[block.gain_offset + own.number];
            if (own.lane == 0u) {
                gradient[block.gain_offset + own.number] = projection;
            }
        }
        for (var run = 0u; run < own.runs; run++) {
            for (var e = own.lane; e < own.length; e += LANES) {
                let at = own.first + run * own.jump + e * own.stride;
                gradient[at] = gain / n * (gradient[at] - block.factor * projection * params[at] / n);
            }
        }
    }
}
