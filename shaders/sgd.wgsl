// Stochastic gradient descent with momentum over one flat buffer of parameters (as PyTorch, without dampening):
//   m = momentum*m + g        p = p - lr * m
// From pair_begin on the buffer holds (threshold, slope) pairs; after the step slopes are projected to [0, 1].
// use: shared/grid, shared/step, shared/slope

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

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = flat_id(group, groups, lane);
    if (i >= p.count) {
        return;
    }
    let m = p.momentum * momentum[i] + gradient[i];
    momentum[i] = m;
    params[i] = projected(params[i] - now.lr * m, i, p.pair_begin);
}
