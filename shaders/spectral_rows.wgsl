// First half of a power iteration of spectral norm (Miyato et al. 2018): t = W s/|s|. A workgroup takes 16 neighbouring
// rows; LANES invocations share one.
// use: shared/spectral_block, shared/channel_sum

@group(0) @binding(0) var<storage, read> blocks: array<SpectralBlock>;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read> s: array<f32>;
@group(0) @binding(3) var<storage, read_write> t: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let block = blocks[group.x];
    let lane = thread % LANES;
    let row = block.first + thread / LANES;
    var sum = vec2<f32>(0.0); // (<W row, s>, |s|^2)
    if (row < block.rows) {
        for (var c = lane; c < block.channels; c += LANES) {
            let value = s[block.s_offset + c];
            sum += value * vec2<f32>(params[block.weight_offset + row * block.channels + c], value);
        }
    }
    let total = channel_sum(16u * lane + thread / LANES, sum);
    if (lane == 0u && row < block.rows) {
        t[block.t_offset + row] = total.x / max(sqrt(total.y), MIN_LENGTH);
    }
}
