// Exponential moving average of parameters, after every update: average = decay average + (1 - decay) value.
// use: shared/grid

struct Params {
    count: u32,
    decay: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read_write> average: array<f32>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = flat_id(group, groups, lane);
    if (i < p.count) {
        average[i] = p.decay * average[i] + (1.0 - p.decay) * value[i];
    }
}
