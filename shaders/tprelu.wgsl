// Translated parametric ReLU (the paper's TPReLU), per channel with threshold a and slope s:
//   y = x if x > a, else s*x + (1-s)*a
// PReLU holds a at 0, TReLU holds s at 0, ReLU holds both. x and y are [rows, channels]; the pair of channel c is
// (threshold, slope) = params[pair_offset + 2c], params[pair_offset + 2c + 1].
// use: shared/elements

struct Params {
    count: u32,       // rows * channels
    channels: u32,
    offset: u32,      // first element in x and in y
    pair_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

fn element(i: u32) {
    let pair = p.pair_offset + 2u * (i % p.channels);
    let a = params[pair];
    let s = params[pair + 1u];
    let value = x[p.offset + i];
    y[p.offset + i] = select(s * value + (1.0 - s) * a, value, value > a);
}
