// dx = dy * y * (1 - y), where y is the sigmoid's output. y and dy are read at y_offset, dx is written at dx_offset.

struct Params {
    count: u32,
    y_offset: u32,
    dx_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

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
    let value = y[p.y_offset + i];
    dx[p.dx_offset + i] = dy[p.y_offset + i] * value * (1.0 - value);
}
