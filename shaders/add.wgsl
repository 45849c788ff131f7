// y = y + x: the gradients of a value that two layers read. x and y start at the same offset.
// use: shared/elements

struct Params {
    count: u32,
    offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn element(i: u32) {
    y[p.offset + i] += x[p.offset + i];
}
