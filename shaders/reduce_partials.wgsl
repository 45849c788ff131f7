// Adds equally long parts: total[i] = partial[0,i] + partial[1,i] + ..., in this order. The second stage of batch
// normalisation's gradient sums; a network's other gradients are added by its update (part_sum.wgsl).
// use: shared/elements

struct Params {
    parts: u32,
    count: u32,
    total_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> partial: array<f32>;
@group(0) @binding(2) var<storage, read_write> total: array<f32>;

fn element(i: u32) {
    var sum = 0.0;
    for (var part = 0u; part < p.parts; part++) {
        sum += partial[part * p.count + i];
    }
    total[p.total_offset + i] = sum;
}
