// Elementwise kernels run 256 invocations per workgroup on a grid of up to two dimensions, because one dimension is
// limited to 65,535 workgroups. `groups` is num_workgroups; the caller tests the result against its element count.

const WORKGROUP: u32 = 256u;

fn flat_id(group: vec3<u32>, groups: vec3<u32>, lane: u32) -> u32 {
    return (group.y * groups.x + group.x) * WORKGROUP + lane;
}
