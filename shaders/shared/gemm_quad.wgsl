// A body of every implicit matrix product (see shared/gemm_tile.wgsl, whose interface it shares), for SwiftShader,
// which runs on a processor in browsers. As in shared/gemm_subgroup.wgsl operands travel through the registers of a
// subgroup, but one of four lanes, which compute 16 rows by 16 columns: SwiftShader's compiler takes minutes for more.

const WG_M: u32 = 1u;
const WG_N: u32 = 4u;

fn product(group: vec2<u32>, lane: u32, first_segment: u32, end_segment: u32) {
    let m = 16u * group.x + 4u * lane;
    let n4 = 4u * group.y + lane;
    let row0 = describe_row(m);
    let row1 = describe_row(m + 1u);
    let row2 = describe_row(m + 2u);
    let row3 = describe_row(m + 3u);
    var c00 = vec4<f32>(0.0);
    var c01 = vec4<f32>(0.0);
    var c02 = vec4<f32>(0.0);
    var c03 = vec4<f32>(0.0);
    var c04 = vec4<f32>(0.0);
    var c05 = vec4<f32>(0.0);
    var c06 = vec4<f32>(0.0);
    var c07 = vec4<f32>(0.0);
    var c08 = vec4<f32>(0.0);
    var c09 = vec4<f32>(0.0);
    var c10 = vec4<f32>(0.0);
    var c11 = vec4<f32>(0.0);
    var c12 = vec4<f32>(0.0);
    var c13 = vec4<f32>(0.0);
    var c14 = vec4<f32>(0.0);
    var c15 = vec4<f32>(0.0);
    let length = segment_length();
    // One loop over segments and their elements: every number carried around a second one would cost a move.
    var at = place(first_segment);
    var s = first_segment;
    var j = 0u;
    while (s < end_segment) {
        let a = load_a(segment(row0, at), segment(row1, at), segment(row2, at), segment(row3, at), j);
        let b = load_b(at, j, n4);
        c00 += b * quadBroadcast(a[0], 0u);
        c01 += b * quadBroadcast(a[1], 0u);
        c02 += b * quadBroadcast(a[2], 0u);
        c03 += b * quadBroadcast(a[3], 0u);
        c04 += b * quadBroadcast(a[0], 1u);
        c05 += b * quadBroadcast(a[1], 1u);
        c06 += b * quadBroadcast(a[2], 1u);
        c07 += b * quadBroadcast(a[3], 1u);
        c08 += b * quadBroadcast(a[0], 2u);
        c09 += b * quadBroadcast(a[1], 2u);
        c10 += b * quadBroadcast(a[2], 2u);
        c11 += b * quadBroadcast(a[3], 2u);
        c12 += b * quadBroadcast(a[0], 3u);
        c13 += b * quadBroadcast(a[1], 3u);
        c14 += b * quadBroadcast(a[2], 3u);
        c15 += b * quadBroadcast(a[3], 3u);
        j += 4u;
        if (j >= length) {
            at = next_place(at);
            s++;
            j = 0u;
        }
    }
    let first = 16u * group.x;
    let known = describe_columns(n4);
    // A loop, because every store written out is four branches of machine code for each number.
    for (var r = 0u; r < 4u; r++) {
        store(first + r, known, pick(r, c00, c01, c02, c03));
        store(first + 4u + r, known, pick(r, c04, c05, c06, c07));
        store(first + 8u + r, known, pick(r, c08, c09, c10, c11));
        store(first + 12u + r, known, pick(r, c12, c13, c14, c15));
    }
}

// The r-th of four.
fn pick(r: u32, v0: vec4<f32>, v1: vec4<f32>, v2: vec4<f32>, v3: vec4<f32>) -> vec4<f32> {
    return select(select(v0, v1, r == 1u), select(v2, v3, r == 3u), r > 1u);
}
