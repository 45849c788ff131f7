// A batch of images from the packed data set: pixels [batch, values] = byte / 255, values = height*width*channels,
// four bytes to a word. Training batches walk through a fresh permutation of the `count` images from `first` on in
// every epoch: image number draw*batch + row, counted over the whole run. Held-out batches (shuffle 0) are the
// images now.first, now.first + 1, ..., the last of the data set where they run out.
// use: shared/elements, shared/step, shared/rng

struct Params {
    count: u32,         // words of four values in the batch
    batch: u32,
    values: u32,        // a multiple of 4
    first: u32,         // first training image
    images: u32,        // number of training images
    half_bits: u32,     // of the permutation, rng::half_bits(images)
    shuffle: u32,
    output_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> packed: array<u32>;
@group(0) @binding(3) var<storage, read_write> pixels: array<f32>;

fn element(i: u32) {
    let words = p.values / 4u;
    let row = i / words;
    var image = min(now.first + row, p.first + p.images - 1u);
    if (p.shuffle == 1u) {
        let position = now.draw * p.batch + row;
        image = p.first + shuffled(position % p.images, p.images, position / p.images, now.seed, p.half_bits);
    }
    let bytes = unpack4x8unorm(packed[image * words + i % words]);
    let at = p.output_offset + 4u * i;
    pixels[at] = bytes.x;
    pixels[at + 1u] = bytes.y;
    pixels[at + 2u] = bytes.z;
    pixels[at + 3u] = bytes.w;
}
