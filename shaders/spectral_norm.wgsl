// Effective weights of spectral norm: w = W/sigma with sigma = |s|. A workgroup takes 16 neighbouring channels.
// use: shared/spectral_block, shared/tree_sum

@group(0) @binding(0) var<storage, read> blocks: array<SpectralBlock>;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read> s: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let block = blocks[group.x];
    var squares = 0.0;
    for (var c = thread; c < block.channels; c += WIDTH) {
        let value = s[block.s_offset + c];
        squares += value * value;
    }
    let sigma = max(sqrt(tree_sum(thread, vec2<f32>(squares, 0.0)).x), MIN_LENGTH);
    for (var i = thread; i < 16u * block.rows; i += WIDTH) {
        let c = block.first + i % 16u;
        if (c < block.channels) {
            let at = block.weight_offset + i / 16u * block.channels + c;
            weights[at] = params[at] / sigma;
        }
    }
}
