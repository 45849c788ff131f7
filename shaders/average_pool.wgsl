// small = factor * the sum of its four big pixels, zero outside: average pooling with factor 1/4, and with factor 1 the
// gradient of nearest-neighbour upsampling.
// use: shared/elements, shared/pooling

@group(0) @binding(0) var<uniform> p: Pooling;
@group(0) @binding(1) var<storage, read> big: array<f32>;
@group(0) @binding(2) var<storage, read_write> small: array<f32>;

fn element(i: u32) {
    let c = i % p.channels;
    let x = i / p.channels % p.small_w;
    let y = i / p.channels / p.small_w % p.small_h;
    let image = i / p.channels / p.small_w / p.small_h;
    var sum = 0.0;
    for (var tap = 0u; tap < 4u; tap++) {
        // An index below zero wraps around and is beyond the image, too.
        let row = 2u * y + tap / 2u - p.pad_h;
        let column = 2u * x + tap % 2u - p.pad_w;
        if (row < p.big_h && column < p.big_w) {
            sum += big[p.big_offset + ((image * p.big_h + row) * p.big_w + column) * p.channels + c];
        }
    }
    small[p.small_offset + i] = p.factor * sum;
}
