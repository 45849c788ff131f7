// Adam over one flat buffer of parameters:
//   m1 = beta1*m1 + (1-beta1)*g        m2 = beta2*m2 + (1-beta2)*g^2
//   p = p - lr * (m1/(1-beta1^t)) / (sqrt(m2/(1-beta2^t)) + eps),        t = 1, 2, ...
// The bias corrections 1 - beta^t come from the step block: a power in f32 loses too much. From pair_begin on the
// buffer holds (threshold, slope) pairs; after the step slopes are projected to [0, 1].
// use: shared/elements, shared/step, shared/slope

struct Params {
    count: u32,
    pair_begin: u32,
    beta1: f32,
    beta2: f32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean_square: array<f32>;
@group(0) @binding(5) var<storage, read_write> params: array<f32>;

fn element(i: u32) {
    let g = gradient[i];
    let m1 = p.beta1 * mean[i] + (1.0 - p.beta1) * g;
    let m2 = p.beta2 * mean_square[i] + (1.0 - p.beta2) * g * g;
    mean[i] = m1;
    mean_square[i] = m2;
    let value = params[i] - now.lr * (m1 / now.correction1) / (sqrt(m2 / now.correction2) + p.eps);
    params[i] = projected(value, i, p.pair_begin);
}
