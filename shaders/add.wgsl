// y = y + x: the gradients of a value that two layers read. x and y start at the same offset.
// use: shared/grid

struct Params {
    count: u32,
    offset: u32,
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
    if (i < p.count) {
        y[p.offset + i] += x[p.offset + i];
    }
}
