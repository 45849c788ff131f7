// Sum over a workgroup of 256 in a fixed order, so that two runs on one adapter are bit-equal.
// Every invocation must call it (it has barriers); all receive the sum.

var<workgroup> tree: array<vec2<f32>, 256>;

fn tree_sum(lane: u32, value: vec2<f32>) -> vec2<f32> {
    workgroupBarrier();
    tree[lane] = value;
    for (var stride = 128u; stride > 0u; stride /= 2u) {
        workgroupBarrier();
        if (lane < stride) {
            tree[lane] += tree[lane + stride];
        }
    }
    workgroupBarrier();
    return tree[0];
}
