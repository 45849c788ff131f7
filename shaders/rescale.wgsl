// y = scale * x + shift: D's input 2x - 1 in the ResNet, and with (2, 0) its gradient.
// use: shared/elements

struct Params {
    count: u32,
    x_offset: u32,
    y_offset: u32,
    scale: f32,
    shift: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn element(i: u32) {
    y[p.y_offset + i] = p.scale * x[p.x_offset + i] + p.shift;
}
