// Sums over the LANES invocations that share `lane % 16` (one channel each), in a fixed order. `lane` must number the
// workgroup's invocations, all of which must call it; each receives the sum of its own channel.

// A power of two; 1 where barriers cost more than anything else, on CPUs.
override LANES: u32 = 16u;
override INVOCATIONS: u32 = 16u * LANES;

var<workgroup> lanes: array<vec2<f32>, INVOCATIONS>;

fn channel_sum(lane: u32, value: vec2<f32>) -> vec2<f32> {
    if (LANES == 1u) {
        return value;
    }
    workgroupBarrier();
    lanes[lane] = value;
    for (var stride = INVOCATIONS / 2u; stride >= 16u; stride /= 2u) {
        workgroupBarrier();
        if (lane < stride) {
            lanes[lane] += lanes[lane + stride];
        }
    }
    workgroupBarrier();
    return lanes[lane % 16u];
}
