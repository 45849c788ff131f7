// The other body of every implicit matrix product (see shared/gemm_tile.wgsl, whose interface it shares): registers
// only, for adapters that run on a processor. There workgroup memory and barriers are slow, and a load costs as much as
// a dozen multiplications, so an invocation computes a large block: 8 rows by 8 columns, which takes 16 loads for 64
// multiply-adds, or by 4 columns where there are no more. Written out because an array in registers that is indexed by
// a loop variable becomes memory.

override WG_M: u32 = 64u;
override WG_N: u32 = 1u;
override COLUMNS: u32 = 8u;

fn product(group: vec2<u32>, lane: u32, first_segment: u32, end_segment: u32) {
    let m = 8u * (group.x * WG_M + lane / WG_N);
    let n4 = COLUMNS / 4u * (group.y * WG_N + lane % WG_N);
    let row0 = describe_row(m + 0u);
    let row1 = describe_row(m + 1u);
    let row2 = describe_row(m + 2u);
    let row3 = describe_row(m + 3u);
    let row4 = describe_row(m + 4u);
    let row5 = describe_row(m + 5u);
    let row6 = describe_row(m + 6u);
    let row7 = describe_row(m + 7u);
    var left0 = vec4<f32>(0.0);
    var left1 = vec4<f32>(0.0);
    var left2 = vec4<f32>(0.0);
    var left3 = vec4<f32>(0.0);
    var left4 = vec4<f32>(0.0);
    var left5 = vec4<f32>(0.0);
    var left6 = vec4<f32>(0.0);
    var left7 = vec4<f32>(0.0);
    var right0 = vec4<f32>(0.0);
    var right1 = vec4<f32>(0.0);
    var right2 = vec4<f32>(0.0);
    var right3 = vec4<f32>(0.0);
    var right4 = vec4<f32>(0.0);
    var right5 = vec4<f32>(0.0);
    var right6 = vec4<f32>(0.0);
    var right7 = vec4<f32>(0.0);
    let length = segment_length();
    for (var s = first_segment; s < end_segment; s++) {
        let segment0 = segment(row0, s);
        let segment1 = segment(row1, s);
        let segment2 = segment(row2, s);
        let segment3 = segment(row3, s);
        let segment4 = segment(row4, s);
        let segment5 = segment(row5, s);
        let segment6 = segment(row6, s);
        let segment7 = segment(row7, s);
        for (var j = 0u; j < length; j++) {
            let a0 = element(segment0, j);
            let a1 = element(segment1, j);
            let a2 = element(segment2, j);
            let a3 = element(segment3, j);
            let a4 = element(segment4, j);
            let a5 = element(segment5, j);
            let a6 = element(segment6, j);
            let a7 = element(segment7, j);
            let left = load_b(s, j, n4);
            left0 += a0 * left;
            left1 += a1 * left;
            left2 += a2 * left;
            left3 += a3 * left;
            left4 += a4 * left;
            left5 += a5 * left;
            left6 += a6 * left;
            left7 += a7 * left;
            if (COLUMNS == 8u) {
                let right = load_b(s, j, n4 + 1u);
                right0 += a0 * right;
                right1 += a1 * right;
                right2 += a2 * right;
                right3 += a3 * right;
                right4 += a4 * right;
                right5 += a5 * right;
                right6 += a6 * right;
                right7 += a7 * right;
            }
        }
    }
    store(m + 0u, n4, left0);
    store(m + 1u, n4, left1);
    store(m + 2u, n4, left2);
    store(m + 3u, n4, left3);
    store(m + 4u, n4, left4);
    store(m + 5u, n4, left5);
    store(m + 6u, n4, left6);
    store(m + 7u, n4, left7);
    if (COLUMNS == 8u) {
        store(m + 0u, n4 + 1u, right0);
        store(m + 1u, n4 + 1u, right1);
        store(m + 2u, n4 + 1u, right2);
        store(m + 3u, n4 + 1u, right3);
        store(m + 4u, n4 + 1u, right4);
        store(m + 5u, n4 + 1u, right5);
        store(m + 6u, n4 + 1u, right6);
        store(m + 7u, n4 + 1u, right7);
    }
}

// Element j of a segment (start, lo, hi).
fn element(segment: vec3<i32>, j: u32) -> f32 {
    let inside = i32(j) >= segment.y && i32(j) < segment.z;
    let value = read_a(select(0u, u32(segment.x) + j * segment_step(), inside));
    return select(0.0, value, inside);
}
