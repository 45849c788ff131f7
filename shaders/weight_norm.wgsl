// Weight normalisation of a whole network: for every output unit or channel c of every layer
//   n = sqrt(factor * ||v_c||^2 + 1e-6)        w_c = gain_c * v_c / n
// with factor 1 for linear and convolution, 1/stride^2 for transposed convolution, and gain 1 in the paper's strict layers.
//
// A layer's raw weight is v[outer, channels, inner]: element (o, c, i) at (o*channels + c)*inner + i. One workgroup
// takes 16 neighbouring channels and for each LANES invocations, arranged so that neighbours read neighbours in memory:
// channel-fastest where inner is 1, lane-fastest otherwise.
// use: shared/channel_block, shared/channel_gain, shared/channel_sum

@group(0) @binding(0) var<storage, read> blocks: array<ChannelBlock>;
@group(0) @binding(1) var<storage, read> params: array<f32>;
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
    let squares = channel_sum(16u * lane + channel, vec2<f32>(sum, 0.0)).x;
    if (exists) {
        let n = sqrt(block.factor * squares + NORM_EPS);
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
