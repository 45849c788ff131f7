// The body of gemm_subgroup.wgsl and gemm_quad.wgsl for products of at most four columns (images, logits), where sharing
// rows gains nothing: every lane computes four rows of its own, and four lanes share what they load of B, four depths
// each. WG_N lanes, a whole subgroup, compute 4 WG_N rows.

const WG_M: u32 = 1u;
override WG_N: u32 = 4u;

fn product(group: vec2<u32>, lane: u32, first_segment: u32, end_segment: u32) {
    let m = 4u * (WG_N * group.x + lane);
    let row0 = describe_row(m);
    let row1 = describe_row(m + 1u);
    let row2 = describe_row(m + 2u);
    let row3 = describe_row(m + 3u);
    var c = mat4x4<f32>();
    let length = segment_length();
    var at = place(first_segment);
    for (var s = first_segment; s < end_segment; s++) {
        let segment0 = segment(row0, at);
        let segment1 = segment(row1, at);
        let segment2 = segment(row2, at);
        let segment3 = segment(row3, at);
        for (var j = 0u; j < length; j += 16u) {
            let b = load_b(at, j + 4u * (lane % 4u), 0u);
            for (var source = 0u; source < 4u; source++) {
                c += from_lane(source, b) * load_a(segment0, segment1, segment2, segment3, j + 4u * source);
            }
        }
        at = next_place(at);
    }
    store_quad(m, describe_columns(0u), c[0], c[1], c[2], c[3]);
}

// What another lane holds, in every lane.
fn from_lane(lane: u32, b: mat4x4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(
        subgroupShuffle(b[0], lane),
        subgroupShuffle(b[1], lane),
        subgroupShuffle(b[2], lane),
        subgroupShuffle(b[3], lane),
    );
}
