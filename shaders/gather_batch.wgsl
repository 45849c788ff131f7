// A batch of images from the packed data set: pixels [batch, values] = byte / 255, values = height*width*channels,
// four bytes to a word. Training batches walk through a fresh permutation of the `count` images from `first` on in
// every epoch: image number step*batch + row, counted over the whole run. Held-out batches (shuffle 0) are the
// images now.first, now.first + 1, ..., the last of the data set where they run out.
// use: shared/grid, shared/step, shared/rng

struct Params {
    batch: u32,
    values: u32,        // a multiple of 4
    first: u32,         // first training image
    count: u32,         // number of training images
    half_bits: u32,     // of the permutation, rng::half_bits(count)
    shuffle: u32,
    output_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> packed: array<u32>;
@group(0) @binding(3) var<storage, read_write> pixels: array<f32>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = flat_id(group, groups, lane);
    let words = p.values / 4u;
    if (i >= p.batch * words) {
        return;
    }
    let row = i / words;
    var image = min(now.first + row, p.first + p.count - 1u);
    if (p.shuffle == 1u) {
        let position = now.step * p.batch + row;
        image = p.first + shuffled(position % p.count, p.count, position / p.count, now.seed, p.half_bits);
    }
    let bytes = unpack4x8unorm(packed[image * words + i % words]);
    let at = p.output_offset + 4u * i;
    pixels[at] = bytes.x;
    pixels[at + 1u] = bytes.y;
    pixels[at + 2u] = bytes.z;
    pixels[at + 3u] = bytes.w;
}
