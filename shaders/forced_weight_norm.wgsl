// Forced weight normalisation of a whole network (EDM2, Karras et al. 2024), after every update: the raw weight of every
// output unit or channel c is projected to unit norm, and the effective weight follows as in weight_norm.wgsl:
//   v_c = v_c / n        n = sqrt(factor * |v_c|^2 + 1e-6)        w_c = gain_c * v_c / n, with the norm of the new v_c
// So the norm cannot grow from step to step, and the effective learning rate does not fall.
// use: shared/channel_block, shared/channel_gain, shared/channel_sum

@group(0) @binding(0) var<storage, read> blocks: array<ChannelBlock>;
@group(0) @binding(1) var<storage, read_write> params: array<f32>;
@group(0) @binding(2) var<storage, read_write> norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let block = blocks[group.x];
    let channel = channel_of(block, thread);
    let lane = lane_of(block, thread);
    let c = block.first_channel + channel;
    let exists = c < block.channels;
    let own = elements_of(block, c);
    var sum = 0.0;
    if (exists) {
        for (var run = 0u; run < own.runs; run++) {
            for (var e = lane; e < own.length; e += LANES) {
                let v = params[own.first + run * own.jump + e * own.stride];
                sum += v * v;
            }
        }
    }
    let squares_before = channel_sum(16u * lane + channel, vec2<f32>(sum, 0.0)).x;
    var squares = 0.0;
    if (exists) {
        let before = sqrt(block.factor * squares_before + NORM_EPS);
        for (var run = 0u; run < own.runs; run++) {
            for (var e = lane; e < own.length; e += LANES) {
                let at = own.first + run * own.jump + e * own.stride;
                let v = params[at] / before;
                params[at] = v;
                squares += v * v;
            }
        }
    }
    // Summed as in weight_norm.wgsl, bit for bit: a run that is resumed goes on with the same weights.
    let sum_of_squares = channel_sum(16u * lane + channel, vec2<f32>(squares, 0.0)).x;
    if (exists) {
        let n = sqrt(block.factor * sum_of_squares + NORM_EPS);
        if (lane == 0u) {
            norms[block.norm_offset + c] = n;
        }
        let scale = gain_of(block, c) / n;
        for (var run = 0u; run < own.runs; run++) {
            for (var e = lane; e < own.length; e += LANES) {
                let at = own.first + run * own.jump + e * own.stride;
                weights[at] = scale * params[at];
            }
        }
    }
}
