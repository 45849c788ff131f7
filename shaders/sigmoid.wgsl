// y = 1 / (1 + exp(-x)); the exponential's argument is never positive, so nothing overflows.
// use: shared/elements

struct Params {
    count: u32,
    x_offset: u32,
    y_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn element(i: u32) {
    let value = x[p.x_offset + i];
    let e = exp(-abs(value));
    y[p.y_offset + i] = select(e, 1.0, value >= 0.0) / (1.0 + e);
}
