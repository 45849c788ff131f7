// One of the kernel variants of every implicit GEMM C[m,n] = sum_k A[m,k] B[k,n]: K-tiles, here called slices, through
// workgroup memory (gemm_slices.wgsl), for GPUs. The others: gemm_tile_wide.wgsl with more registers to an invocation, for
// large products on GPUs; gemm_plain.wgsl without that memory, for software adapters; gemm_panel.wgsl for the CPU without a
// driver.
//
// The depth k is cut into segments along which A is evenly strided in memory, so that no element's address needs a division:
// element j of a segment is read where lo <= j < hi, and zero elsewhere. Operands move in blocks of 4x4. The kernel
// supplies
//   segments_across()             segments are numbered in two dimensions, and this is the size of the second
//   segment_length()              elements of every segment
//   describe_row(m) -> vec4<i32>  what segment() needs of row m, computed once
//   segment(row, at) -> vec3<i32> (start, lo, hi) of row's segment at `at`
//   load_a(s0, s1, s2, s3, j)     four rows' elements j..j+3 of their segments, a row to a column of the matrix
//   load_b(at, j, n4)             B[k, 4 n4 .. 4 n4 + 3] for elements j..j+3 of a segment, a depth to a column of the
//                                 matrix; anything beyond the last column, zero beyond the segment's end
//   describe_columns(n4)          what store() needs of columns 4 n4 .. 4 n4 + 3
//   store(m, columns, value)      takes C[m, four columns], ignores rows and columns outside
//
// An invocation computes 4 rows by 4 columns.
// use: shared/gemm_slices

const QUADS: u32 = 1u;

// Every invocation must call it, with the same segments.
fn product(group: vec2<u32>, lane: u32, first_segment: u32, end_segment: u32) {
    let tm = lane / WG_N;
    let tn = lane % WG_N;
    let first_row = group.x * TILE_ROWS;
    let first_n4 = group.y * QUADS_N;
    let length = segment_length();
    describe_rows(lane, first_row);
    var r0 = vec4<f32>(0.0);
    var r1 = vec4<f32>(0.0);
    var r2 = vec4<f32>(0.0);
    var r3 = vec4<f32>(0.0);
    var at = place(first_segment);
    for (var s = first_segment; s < end_segment; s += SPAN) {
        for (var j0 = 0u; j0 < length; j0 += SEGMENT) {
            load_slices(lane, s, end_segment, at, j0, first_n4);
            for (var k = 0u; k < DEPTH; k++) {
                let a = slice_a[k * QUADS_M + tm];
                let b = slice_b[k * QUADS_N + tn];
                r0 += a.x * b;
                r1 += a.y * b;
                r2 += a.z * b;
                r3 += a.w * b;
            }
        }
        at = next_place(at);
    }
    let m = first_row + 4u * tm;
    store_quad(m, describe_columns(first_n4 + tn), r0, r1, r2, r3);
}
