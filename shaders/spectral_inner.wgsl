// First stage of spectral norm's pull-back: inner[c] = <dw, W> over the rows of channel c. A workgroup takes 16
// neighbouring channels; LANES invocations share one.
// use: shared/spectral_block, shared/channel_sum

@group(0) @binding(0) var<storage, read> blocks: array<SpectralBlock>;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> inner: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let block = blocks[group.x];
    let c = block.first + thread % 16u;
    var sum = 0.0;
    if (c < block.channels) {
        for (var row = thread / 16u; row < block.rows; row += LANES) {
            let at = block.weight_offset + row * block.channels + c;
            sum += gradient[at] * params[at];
        }
    }
    let total = channel_sum(thread, vec2<f32>(sum, 0.0));
    if (thread < 16u && c < block.channels) {
        inner[block.s_offset + c] = total.x;
    }
}
