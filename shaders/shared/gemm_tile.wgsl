// One of two bodies of every implicit matrix product C[m,n] = sum_k A[m,k] B[k,n]: slices through workgroup memory,
// for adapters where that is fast. (shared/gemm_direct.wgsl is the other.)
//
// The depth k is cut into segments along which A is evenly strided in memory, so that no address needs a division:
// element j of a segment is read_a(start + j * step) where lo <= j < hi, and zero elsewhere. The kernel supplies
//   segment_length()              elements of every segment
//   segment_step()                distance of neighbouring elements in memory
//   describe_row(m) -> vec4<i32>  what segment() needs of row m, computed once
//   segment(row, s) -> vec3<i32>  (start, lo, hi) of row's segment s
//   read_a(i)                     element i of A's buffer
//   load_b(s, j, n4)              B[k, 4 n4 .. 4 n4 + 3] for element j of segment s, anything outside
//   store(m, n4, value)           takes C[m, 4 n4 .. 4 n4 + 3], ignores rows and columns outside
//
// WG_N x WG_M invocations compute a tile of 4 WG_M rows by 4 WG_N columns, each a block of 4x4 in four vec4 registers;
// slices of TILE_K rows of A and B pass through workgroup memory.

override WG_M: u32 = 16u;
override WG_N: u32 = 16u;
const TILE_K: u32 = 8u;

// Array lengths have names because naga 30 cannot resolve an override without one.
override TILE_A: u32 = TILE_K * WG_M;
override TILE_B: u32 = TILE_K * WG_N;
override TILE_ROWS: u32 = 4u * WG_M;

var<workgroup> tile_a: array<vec4<f32>, TILE_A>;
var<workgroup> tile_b: array<vec4<f32>, TILE_B>;
var<workgroup> rows: array<vec4<i32>, TILE_ROWS>;

// Every invocation must call it, with the same segments.
fn product(group: vec2<u32>, lane: u32, first_segment: u32, end_segment: u32) {
    let threads = WG_M * WG_N;
    let tm = lane / WG_N;
    let tn = lane % WG_N;
    let first_row = group.x * TILE_ROWS;
    let first_n4 = group.y * WG_N;
    let length = segment_length();
    for (var r = lane; r < TILE_ROWS; r += threads) {
        rows[r] = describe_row(first_row + r);
    }
    var r0 = vec4<f32>(0.0);
    var r1 = vec4<f32>(0.0);
    var r2 = vec4<f32>(0.0);
    var r3 = vec4<f32>(0.0);
    for (var s = first_segment; s < end_segment; s++) {
        for (var j0 = 0u; j0 < length; j0 += TILE_K) {
            workgroupBarrier();
            for (var i = lane; i < TILE_A; i += threads) {
                let j = j0 + i % TILE_K;
                let m4 = i / TILE_K;
                tile_a[(i % TILE_K) * WG_M + m4] = vec4<f32>(
                    element(segment(rows[4u * m4], s), j),
                    element(segment(rows[4u * m4 + 1u], s), j),
                    element(segment(rows[4u * m4 + 2u], s), j),
                    element(segment(rows[4u * m4 + 3u], s), j),
                );
            }
            for (var i = lane; i < TILE_B; i += threads) {
                let j = j0 + i / WG_N;
                var b = vec4<f32>(0.0);
                if (j < length) {
                    b = load_b(s, j, first_n4 + i % WG_N);
                }
                tile_b[i] = b;
            }
            workgroupBarrier();
            for (var k = 0u; k < TILE_K; k++) {
                let a = tile_a[k * WG_M + tm];
                let b = tile_b[k * WG_N + tn];
                r0 += a.x * b;
                r1 += a.y * b;
                r2 += a.z * b;
                r3 += a.w * b;
            }
        }
    }
    let m = first_row + 4u * tm;
    store(m, first_n4 + tn, r0);
    store(m + 1u, first_n4 + tn, r1);
    store(m + 2u, first_n4 + tn, r2);
    store(m + 3u, first_n4 + tn, r3);
}

// Element j of a segment (start, lo, hi).
fn element(segment: vec3<i32>, j: u32) -> f32 {
    if (i32(j) < segment.y || i32(j) >= segment.z) {
        return 0.0;
    }
    return read_a(u32(segment.x) + j * segment_step());
}
