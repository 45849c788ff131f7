// Sums over the 16 invocations that share `lane % 16` (one channel each), in a fixed order. `lane` must number the
// workgroup's 256 invocations, all of which must call it; each receives the sum of its own channel.

var<workgroup> lanes: array<vec2<f32>, 256>;

fn channel_sum(lane: u32, value: vec2<f32>) -> vec2<f32> {
    workgroupBarrier();
    lanes[lane] = value;
    for (var stride = 128u; stride >= 16u; stride /= 2u) {
        workgroupBarrier();
        if (lane < stride) {
            lanes[lane] += lanes[lane + stride];
        }
    }
    workgroupBarrier();
    return lanes[lane % 16u];
}
