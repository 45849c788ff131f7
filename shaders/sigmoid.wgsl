// y = 1 / (1 + exp(-x)); the exponential's argument is never positive, so nothing overflows.
// use: shared/grid

struct Params {
    count: u32,
    x_offset: u32,
    y_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

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
    let value = x[p.x_offset + i];
    let e = exp(-abs(value));
    y[p.y_offset + i] = select(e, 1.0, value >= 0.0) / (1.0 + e);
}
