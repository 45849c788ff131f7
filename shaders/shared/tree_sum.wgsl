// Sum over a workgroup of WIDTH in a fixed order, so that two runs on one adapter are bit-equal.
// Every invocation must call it (it has barriers); all receive the sum.

// A power of two; 1 on the CPU without a driver, which runs one invocation after the other.
override WIDTH: u32 = 256u;

var<workgroup> tree: array<vec2<f32>, WIDTH>;

fn tree_sum(lane: u32, value: vec2<f32>) -> vec2<f32> {
    if (WIDTH == 1u) {
        return value;
    }
    workgroupBarrier();
    tree[lane] = value;
    for (var stride = WIDTH / 2u; stride > 0u; stride /= 2u) {
        workgroupBarrier();
        if (lane < stride) {
            tree[lane] += tree[lane + stride];
        }
    }
    workgroupBarrier();
    return tree[0];
}
