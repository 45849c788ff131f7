// The entry point of a kernel of elements: element(i), which the kernel supplies, for each i below its
// `p.count`.
// use: shared/grid

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = flat_id(group, groups, lane);
    if (i < p.count) {
        element(i);
    }
}
