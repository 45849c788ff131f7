// Gradient of batch normalisation with respect to its input, in place of dy. With x^ = (x - mean)/std and the group's
// sums over its n rows:
//   batch statistics:   dx = scale/std * (dy - (sum dy + x^ sum dy x^)/n)
//   given statistics:   dx = scale/std * dy
// Images behind the first now.rows of a group had no part in batch statistics and get no gradient.
// x and dy are [groups, rows, channels]; sums[group, c] = (sum dy, sum dy x^).
// use: shared/elements, shared/step

struct Params {
    count: u32,         // elements of all groups
    channels: u32,
    pixels: u32,
    group_size: u32,    // elements of one group
    first_group: u32,   // of the statistics
    offset: u32,        // first element in x and in dy
    pair_offset: u32,   // of (bias, scale) in params
    coupled: u32,       // 1: the statistics are those of the batch
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> params: array<f32>;
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read> x: array<f32>;
@group(0) @binding(6) var<storage, read_write> dy: array<f32>;

fn element(i: u32) {
    let c = i % p.channels;
    let group = i / p.group_size;
    let index = 2u * ((p.first_group + group) * p.channels + c);
    var gradient = dy[p.offset + i];
    if (p.coupled != 0u) {
        let standard = (x[p.offset + i] - statistics[index]) * statistics[index + 1u];
        let group_sums = 2u * (group * p.channels + c);
        let image = i % p.group_size / (p.pixels * p.channels);
        if (image >= now.rows) {
            dy[p.offset + i] = 0.0;
            return;
        }
        gradient -= (sums[group_sums] + standard * sums[group_sums + 1u]) / f32(now.rows * p.pixels);
    }
    dy[p.offset + i] = params[p.pair_offset + 2u * c + 1u] * statistics[index + 1u] * gradient;
}
