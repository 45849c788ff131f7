// Every big pixel = factor * its small pixel: nearest-neighbour upsampling with factor 1, cropped by the padding, and
// with factor 1/4 the gradient of average pooling.
// use: shared/elements, shared/pooling

@group(0) @binding(0) var<uniform> p: Pooling;
@group(0) @binding(1) var<storage, read> small: array<f32>;
@group(0) @binding(2) var<storage, read_write> big: array<f32>;

fn element(i: u32) {
    let c = i % p.channels;
    let x = (i / p.channels % p.big_w + p.pad_w) / 2u;
    let y = (i / p.channels / p.big_w % p.big_h + p.pad_h) / 2u;
    let image = i / p.channels / p.big_w / p.big_h;
    big[p.big_offset + i] = p.factor * small[p.small_offset + ((image * p.small_h + y) * p.small_w + x) * p.channels + c];
}
