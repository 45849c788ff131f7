// Batch normalisation with given statistics (mean, 1/std) of the group and a (bias, scale) pair per channel:
//   y = scale * (x - mean)/std + bias
// With the statistics (0, 1) it is the affine map of the ResNet's last block. x and y are [groups, rows, channels].
// use: shared/elements

struct Params {
    count: u32,         // elements of all groups
    channels: u32,
    group_size: u32,    // elements of one group
    first_group: u32,   // of the statistics
    offset: u32,        // first element in x
    y_offset: u32,
    pair_offset: u32,   // of (bias, scale) in params
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read> statistics: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn element(i: u32) {
    let c = i % p.channels;
    let pair = p.pair_offset + 2u * c;
    let index = 2u * ((p.first_group + i / p.group_size) * p.channels + c);
    let standard = (x[p.offset + i] - statistics[index]) * statistics[index + 1u];
    y[p.y_offset + i] = params[pair + 1u] * standard + params[pair];
}
