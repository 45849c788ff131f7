// One of two bodies of every implicit matrix product C[m,n] = sum_k A[m,k] B[k,n]: slices through workgroup memory, for
// GPUs. (shared/gemm_subgroup.wgsl is the other.)
//
// The depth k is cut into segments along which A is evenly strided in memory, so that no address needs a division:
// element j of a segment is read where lo <= j < hi, and zero elsewhere. Operands move in blocks of 4x4. The kernel
// supplies
//   segment_length()              elements of every segment
//   describe_row(m) -> vec4<i32>  what segment() needs of row m, computed once
//   segment(row, s) -> vec3<i32>  (start, lo, hi) of row's segment s
//   load_a(s0, s1, s2, s3, j)     four rows' elements j..j+3 of their segments, a row to a column of the matrix
//   load_b(s, j, n4)              B[k, 4 n4 .. 4 n4 + 3] for elements j..j+3 of segment s, a depth to a column of the
//                                 matrix; anything beyond the last column, zero beyond the segment's end
//   describe_columns(n4)          what store() needs of columns 4 n4 .. 4 n4 + 3
//   store(m, columns, value)      takes C[m, four columns], ignores rows and columns outside
//
// WG_M x WG_N invocations compute a tile of 4 WG_M rows by 4 WG_N columns. (shared/gemm_tile_wide.wgsl: twice as many.)

override WG_M: u32 = 16u;
override WG_N: u32 = 16u;
override DEPTH: u32 = 16u;   // of a slice, a multiple of 4

// Array lengths have names because naga 30 cannot resolve an override without one.
override QUADS_M: u32 = WG_M;
override QUADS_N: u32 = WG_N;
override SLICE_A: u32 = DEPTH * QUADS_M;
override SLICE_B: u32 = DEPTH * QUADS_N;
override TILE_ROWS: u32 = 4u * WG_M;

var<workgroup> slice_a: array<vec4<f32>, SLICE_A>; // [depth, quad of rows]
var<workgroup> slice_b: array<vec4<f32>, SLICE_B>; // [depth, quad of columns]
var<workgroup> rows: array<vec4<i32>, TILE_ROWS>;

// Every invocation must call it, with the same segments.
fn product(group: vec2<u32>, lane: u32, first_segment: u32, end_segment: u32) {
    let threads = WG_M * WG_N;
    let tm = lane / WG_N;
    let tn = lane % WG_N;
    let first_row = group.x * TILE_ROWS;
    let first_n4 = group.y * QUADS_N;
    let length = segment_length();
    for (var r = lane; r < TILE_ROWS; r += threads) {
        rows[r] = describe_row(first_row + r);
    }
    var r0 = vec4<f32>(0.0);
    var r1 = vec4<f32>(0.0);
    var r2 = vec4<f32>(0.0);
    var r3 = vec4<f32>(0.0);
    for (var s = first_segment; s < end_segment; s++) {
        for (var j0 = 0u; j0 < length; j0 += DEPTH) {
            workgroupBarrier();
            for (var i = lane; i < SLICE_A / 4u; i += threads) {
                let k = 4u * (i % (DEPTH / 4u));
                let m4 = i / (DEPTH / 4u);
                let block = transpose(load_a(
                    segment(rows[4u * m4], s),
                    segment(rows[4u * m4 + 1u], s),
                    segment(rows[4u * m4 + 2u], s),
                    segment(rows[4u * m4 + 3u], s),
                    j0 + k,
                ));
                let at = k * QUADS_M + m4;
                slice_a[at] = block[0];
                slice_a[at + QUADS_M] = block[1];
                slice_a[at + 2u * QUADS_M] = block[2];
                slice_a[at + 3u * QUADS_M] = block[3];
            }
            for (var i = lane; i < SLICE_B / 4u; i += threads) {
                let k = 4u * (i / QUADS_N);
                let n4 = i % QUADS_N;
                let block = load_b(s, j0 + k, first_n4 + n4);
                let at = k * QUADS_N + n4;
                slice_b[at] = block[0];
                slice_b[at + QUADS_N] = block[1];
                slice_b[at + 2u * QUADS_N] = block[2];
                slice_b[at + 3u * QUADS_N] = block[3];
            }
            workgroupBarrier();
            for (var k = 0u; k < DEPTH; k++) {
                let a = slice_a[k * QUADS_M + tm];
                let b = slice_b[k * QUADS_N + tn];
                r0 += a.x * b;
                r1 += a.y * b;
                r2 += a.z * b;
                r3 += a.w * b;
            }
        }
    }
    let m = first_row + 4u * tm;
    let known = describe_columns(first_n4 + tn);
    store(m, known, r0);
    store(m + 1u, known, r1);
    store(m + 2u, known, r2);
    store(m + 3u, known, r3);
}
