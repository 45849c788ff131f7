// RMSprop over one flat buffer of parameters (the paper's optimiser; eps outside the root, no bias correction):
//   m = decay*m + (1-decay)*g^2        p = p - lr * g / (sqrt(m) + eps)
// From pair_begin on the buffer holds (threshold, slope) pairs; after the step slopes are projected to [0, 1].
// use: shared/elements, shared/step, shared/slope

struct Params {
    count: u32,
    pair_begin: u32,
    decay: f32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean_square: array<f32>;
@group(0) @binding(4) var<storage, read_write> params: array<f32>;

fn element(i: u32) {
    let g = gradient[i];
    let m = p.decay * mean_square[i] + (1.0 - p.decay) * g * g;
    mean_square[i] = m;
    params[i] = projected(params[i] - now.lr * g / (sqrt(m) + p.eps), i, p.pair_begin);
}
