// Second half of a power iteration of spectral norm: s = W^T t/|t|, of length sigma. A workgroup takes 16 neighbouring
// channels; LANES invocations share one.
// use: shared/spectral_block, shared/channel_sum

@group(0) @binding(0) var<storage, read> blocks: array<SpectralBlock>;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read> t: array<f32>;
@group(0) @binding(3) var<storage, read_write> s: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let block = blocks[group.x];
    let c = block.first + thread % 16u;
    var sum = vec2<f32>(0.0); // (<W column, t>, |t|^2)
    if (c < block.channels) {
        for (var row = thread / 16u; row < block.rows; row += LANES) {
            let value = t[block.t_offset + row];
            sum += value * vec2<f32>(params[block.weight_offset + row * block.channels + c], value);
        }
    }
    let total = channel_sum(thread, sum);
    if (thread < 16u && c < block.channels) {
        s[block.s_offset + c] = total.x / max(sqrt(total.y), MIN_LENGTH);
    }
}
