// Reconstruction loss of each image and its gradient (the paper's evaluation):
//   loss[i] = mean over pixels and channels of (y - target)^2        dy = 2 (y - target) / (rows * values)
// y and target are [images, values] with values = height*width*channels; `rows` images of the batch count, the others
// get a zero gradient. One workgroup per image.
// use: shared/step, shared/tree_sum

struct Params {
    values: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> wanted: array<f32>;
@group(0) @binding(4) var<storage, read_write> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> loss: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let counts = group.x < now.rows;
    let scale = select(0.0, 2.0 / (f32(now.rows) * f32(p.values)), counts);
    var sum = 0.0;
    for (var i = lane; i < p.values; i += WIDTH) {
        let at = group.x * p.values + i;
        let difference = y[at] - wanted[at];
        sum += difference * difference;
        dy[at] = scale * difference;
    }
    let total = tree_sum(lane, vec2<f32>(sum, 0.0));
    if (lane == 0u) {
        loss[group.x] = total.x / f32(p.values);
    }
}
