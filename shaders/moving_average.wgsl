// Exponential moving average of parameters, after every update: average = decay average + (1 - decay) value.
// use: shared/elements

struct Params {
    count: u32,
    decay: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read_write> average: array<f32>;

fn element(i: u32) {
    average[i] = p.decay * average[i] + (1.0 - p.decay) * value[i];
}
