// Stochastic gradient descent with momentum over one flat buffer of parameters (as PyTorch, without dampening):
//   m = momentum*m + g        p = p - lr * m
// From pair_begin on the buffer holds (threshold, slope) pairs; after the step slopes are projected to [0, 1].
// use: shared/elements, shared/step, shared/slope

struct Params {
    count: u32,
    pair_begin: u32,
    momentum: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> momentum: array<f32>;
@group(0) @binding(4) var<storage, read_write> params: array<f32>;

fn element(i: u32) {
    let m = p.momentum * momentum[i] + gradient[i];
    momentum[i] = m;
    params[i] = projected(params[i] - now.lr * m, i, p.pair_begin);
}
