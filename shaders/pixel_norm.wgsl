// Pixel normalisation (Karras et al. 2018), over the channels of every pixel, and its gradient:
//   y = x / r        r = sqrt(mean_c x^2 + 1e-8)
//   dx = (dy - y mean_c(dy y)) / r
// x is [rows, channels]. Without BACKWARD y is written to `image`; with it, `image` holds dy, which dx replaces. A workgroup
// has 16 pixels; LANES neighbouring invocations share the channels of one.
// use: shared/channel_sum

override BACKWARD: bool = false;

struct Params {
    rows: u32,          // pixels of all images
    channels: u32,
    x_offset: u32,      // first element in x
    image_offset: u32,  // first element in image
}

const PIXEL_NORM_EPS: f32 = 1e-8;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> image: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let pixel = invocation / LANES;
    let lane = invocation % LANES;
    let row = 16u * (group.y * groups.x + group.x) + pixel;
    let exists = row < p.rows;
    let x_first = p.x_offset + row * p.channels;
    let image_first = p.image_offset + row * p.channels;
    var sum = vec2<f32>(0.0); // (x^2, dy x)
    if (exists) {
        for (var c = lane; c < p.channels; c += LANES) {
            let value = x[x_first + c];
            sum.x += value * value;
            if (BACKWARD) {
                sum.y += image[image_first + c] * value;
            }
        }
    }
    let mean = channel_sum(16u * lane + pixel, sum) / f32(p.channels);
    if (!exists) {
        return;
    }
    let r = sqrt(mean.x + PIXEL_NORM_EPS);
    for (var c = lane; c < p.channels; c += LANES) {
        let y = x[x_first + c] / r;
        if (BACKWARD) {
            image[image_first + c] = (image[image_first + c] - y * (mean.y / r)) / r;
        } else {
            image[image_first + c] = y;
        }
    }
}
