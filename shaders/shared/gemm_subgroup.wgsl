// A body of every implicit matrix product (see shared/gemm_tile.wgsl, whose interface it shares): operands
// travel through the registers of a subgroup, for adapters that run on a processor. There workgroup memory and barriers
// are slow, and a load costs as much as hundreds of multiplications because it visits lane after lane; but a shuffle
// from a fixed lane is one instruction. So no two lanes of a subgroup load the same number: each loads a block of four
// rows and one of four columns, and all of them multiply every row, shuffled over, with their own columns.
//
// A workgroup is one subgroup of eight lanes, which compute 32 rows by 32 columns: 32 vec4 registers an invocation.
// Written out, because an array in registers that is indexed by a loop variable becomes memory.

const WG_M: u32 = 1u;
const WG_N: u32 = 8u;

fn product(group: vec2<u32>, lane: u32, first_segment: u32, end_segment: u32) {
    let m = 32u * group.x + 4u * lane;
    let n4 = 8u * group.y + lane;
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
    var c16 = vec4<f32>(0.0);
    var c17 = vec4<f32>(0.0);
    var c18 = vec4<f32>(0.0);
    var c19 = vec4<f32>(0.0);
    var c20 = vec4<f32>(0.0);
    var c21 = vec4<f32>(0.0);
    var c22 = vec4<f32>(0.0);
    var c23 = vec4<f32>(0.0);
    var c24 = vec4<f32>(0.0);
    var c25 = vec4<f32>(0.0);
    var c26 = vec4<f32>(0.0);
    var c27 = vec4<f32>(0.0);
    var c28 = vec4<f32>(0.0);
    var c29 = vec4<f32>(0.0);
    var c30 = vec4<f32>(0.0);
    var c31 = vec4<f32>(0.0);
    let length = segment_length();
    // One loop over segments and their elements: every number carried around a second one would cost a move.
    var at = place(first_segment);
    var s = first_segment;
    var j = 0u;
    while (s < end_segment) {
        let a = load_a(segment(row0, at), segment(row1, at), segment(row2, at), segment(row3, at), j);
        let b = load_b(at, j, n4);
        c00 += b * from_lane(0u, a[0]);
        c01 += b * from_lane(0u, a[1]);
        c02 += b * from_lane(0u, a[2]);
        c03 += b * from_lane(0u, a[3]);
        c04 += b * from_lane(1u, a[0]);
        c05 += b * from_lane(1u, a[1]);
        c06 += b * from_lane(1u, a[2]);
        c07 += b * from_lane(1u, a[3]);
        c08 += b * from_lane(2u, a[0]);
        c09 += b * from_lane(2u, a[1]);
        c10 += b * from_lane(2u, a[2]);
        c11 += b * from_lane(2u, a[3]);
        c12 += b * from_lane(3u, a[0]);
        c13 += b * from_lane(3u, a[1]);
        c14 += b * from_lane(3u, a[2]);
        c15 += b * from_lane(3u, a[3]);
        c16 += b * from_lane(4u, a[0]);
        c17 += b * from_lane(4u, a[1]);
        c18 += b * from_lane(4u, a[2]);
        c19 += b * from_lane(4u, a[3]);
        c20 += b * from_lane(5u, a[0]);
        c21 += b * from_lane(5u, a[1]);
        c22 += b * from_lane(5u, a[2]);
        c23 += b * from_lane(5u, a[3]);
        c24 += b * from_lane(6u, a[0]);
        c25 += b * from_lane(6u, a[1]);
        c26 += b * from_lane(6u, a[2]);
        c27 += b * from_lane(6u, a[3]);
        c28 += b * from_lane(7u, a[0]);
        c29 += b * from_lane(7u, a[1]);
        c30 += b * from_lane(7u, a[2]);
        c31 += b * from_lane(7u, a[3]);
        j += 4u;
        if (j >= length) {
            at = next_place(at);
            s++;
            j = 0u;
        }
    }
    let first = 32u * group.x;
    let known = describe_columns(n4);
    store(first + 0u, known, c00);
    store(first + 1u, known, c01);
    store(first + 2u, known, c02);
    store(first + 3u, known, c03);
    store(first + 4u, known, c04);
    store(first + 5u, known, c05);
    store(first + 6u, known, c06);
    store(first + 7u, known, c07);
    store(first + 8u, known, c08);
    store(first + 9u, known, c09);
    store(first + 10u, known, c10);
    store(first + 11u, known, c11);
    store(first + 12u, known, c12);
    store(first + 13u, known, c13);
    store(first + 14u, known, c14);
    store(first + 15u, known, c15);
    store(first + 16u, known, c16);
    store(first + 17u, known, c17);
    store(first + 18u, known, c18);
    store(first + 19u, known, c19);
    store(first + 20u, known, c20);
    store(first + 21u, known, c21);
    store(first + 22u, known, c22);
    store(first + 23u, known, c23);
    store(first + 24u, known, c24);
    store(first + 25u, known, c25);
    store(first + 26u, known, c26);
    store(first + 27u, known, c27);
    store(first + 28u, known, c28);
    store(first + 29u, known, c29);
    store(first + 30u, known, c30);
    store(first + 31u, known, c31);
}

// What another lane holds, in every lane.
fn from_lane(lane: u32, value: vec4<f32>) -> vec4<f32> {
    return vec4<f32>(
        subgroupShuffle(value.x, lane),
        subgroupShuffle(value.y, lane),
        subgroupShuffle(value.z, lane),
        subgroupShuffle(value.w, lane),
    );
}
