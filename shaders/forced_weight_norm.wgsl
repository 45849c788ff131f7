// Forced weight normalisation of a whole network (EDM2, Karras et al. 2024), after every update: the raw weight of every
// output unit or channel c is projected to unit norm, and the effective weight follows as in weight_norm.wgsl:
//   v_c = v_c / n        n = sqrt(factor * |v_c|^2 + 1e-6)        w_c = gain_c * v_c / n, with the norm of the new v_c
// So the norm cannot grow from step to step, and the effective learning rate does not fall.
// use: shared/channel_norm

@group(0) @binding(0) var<storage, read> blocks: array<ChannelBlock>;
@group(0) @binding(1) var<storage, read_write> params: array<f32>;
@group(0) @binding(2) var<storage, read_write> norms: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let own = channel_of(blocks[group.x], thread);
    let before = norm_of(own);
    if (exists(own)) {
        for (var run = 0u; run < own.runs; run++) {
            for (var e = own.lane; e < own.length; e += LANES) {
                params[own.first + run * own.jump + e * own.stride] /= before;
            }
        }
    }
    // As weight_norm.wgsl has it of the same v, bit for bit: a run that is resumed goes on with the same weights.
    let n = norm_of(own);
    if (exists(own)) {
        normalise(own, n);
    }
}
