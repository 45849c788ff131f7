// Pull-back of weight gradients through spectral norm, with the singular vectors u = s/|s| and v = t/|t| held constant
// (Miyato et al. 2018):
//   dW = (dw - <dw, w> v u^T)/sigma,        <dw, w> = sum of inner / sigma
// The gradient buffer holds dw on entry and dW on return. A workgroup takes 16 neighbouring channels.
// use: shared/spectral_block, shared/tree_sum

@group(0) @binding(0) var<storage, read> blocks: array<SpectralBlock>;
@group(0) @binding(1) var<storage, read> t: array<f32>;
@group(0) @binding(2) var<storage, read> s: array<f32>;
@group(0) @binding(3) var<storage, read> inner: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let block = blocks[group.x];
    var of_channels = vec2<f32>(0.0); // (|s|^2, <dw, W>)
    for (var c = thread; c < block.channels; c += WIDTH) {
        let value = s[block.s_offset + c];
        of_channels += vec2<f32>(value * value, inner[block.s_offset + c]);
    }
    let over_channels = tree_sum(thread, of_channels);
    var squares = 0.0;
    for (var row = thread; row < block.rows; row += WIDTH) {
        let value = t[block.t_offset + row];
        squares += value * value;
    }
    let length = max(sqrt(tree_sum(thread, vec2<f32>(squares, 0.0)).x), MIN_LENGTH);
    let sigma = max(sqrt(over_channels.x), MIN_LENGTH);
    for (var i = thread; i < 16u * block.rows; i += WIDTH) {
        let c = block.first + i % 16u;
        let row = i / 16u;
        if (c < block.channels) {
            let along = over_channels.y / sigma * (s[block.s_offset + c] / sigma) / length;
            let at = block.weight_offset + row * block.channels + c;
            gradient[at] = (gradient[at] - along * t[block.t_offset + row]) / sigma;
        }
    }
}
