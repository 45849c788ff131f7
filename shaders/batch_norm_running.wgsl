// Running statistics as those of every group, for samples and reconstructions:
//   statistics[group, c] = (running mean, 1/sqrt(running variance + 1e-5))
// use: shared/grid, shared/variance

struct Params {
    channels: u32,
    groups: u32,
    running_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> running: array<f32>;
@group(0) @binding(2) var<storage, read_write> statistics: array<f32>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = flat_id(workgroup, workgroups, lane);
    if (i >= p.groups * p.channels) {
        return;
    }
    let index = p.running_offset + 2u * (i % p.channels);
    statistics[2u * i] = running[index];
    statistics[2u * i + 1u] = 1.0 / sqrt(running[index + 1u] + VARIANCE_EPS);
}
