// Weight normalisation of a whole network: for every output unit or channel c of every layer
//   n = sqrt(factor * ||v_c||^2 + 1e-6)        w_c = gain_c * v_c / n
// with factor 1 for linear and convolution, 1/stride^2 for transposed convolution, and gain 1 in the paper's strict layers.
//
// A layer's raw weight is v[outer, channels, inner]: element (o, c, i) at (o*channels + c)*inner + i. One workgroup
// takes 16 neighbouring channels and for each LANES invocations, arranged so that neighbours read neighbours in memory:
// channel-fastest where inner is 1, lane-fastest otherwise.
// use: shared/channel_norm

@group(0) @binding(0) var<storage, read> blocks: array<ChannelBlock>;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read_write> norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let own = channel_of(blocks[group.x], thread);
    let n = norm_of(own);
    if (exists(own)) {
        normalise(own, n);
    }
}
