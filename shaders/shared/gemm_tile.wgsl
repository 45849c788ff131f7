// One of the kernel variants of every implicit GEMM C[m,n] = sum_k A[m,k] B[k,n]: K-tiles through
// workgroup memory (gemm_k_tiles.wgsl), for GPUs. The others: gemm_tile_wide.wgsl with more registers to an invocation, for
// large products on GPUs; gemm_plain.wgsl without that memory, for software adapters; gemm_panel.wgsl for the CPU without a
// driver.
//
// The depth k is cut into K-runs along which A is evenly strided in memory, so that no element's address needs a division:
// element j of a K-run is read where lo <= j < hi, and zero elsewhere. Operands move in blocks of 4x4. The kernel
// supplies
//   k_runs_across()               K-runs are numbered in two dimensions, and this is the size of the second
//   k_run_length()                elements of every K-run
//   describe_row(m) -> vec4<i32>  what k_run() needs of row m, computed once
//   k_run(row, at) -> vec3<i32>   (start, lo, hi) of row's K-run at `at`
//   load_a(s0, s1, s2, s3, j)     four rows' elements j..j+3 of their K-runs, a row to a column of the matrix
//   load_b(at, j, n4)             B[k, 4 n4 .. 4 n4 + 3] for elements j..j+3 of a K-run, a depth to a column of the
//                                 matrix; anything beyond the last column, zero beyond the K-run's end
//   describe_columns(n4)          what store() needs of columns 4 n4 .. 4 n4 + 3
//   store(m, columns, value)      takes C[m, four columns], ignores rows and columns outside
//
// An invocation computes 4 rows by 4 columns.
// use: shared/gemm_k_tiles

const THREAD_VEC4: u32 = 1u;

// Every invocation must call it, with the same K-runs.
fn gemm(group: vec2<u32>, lane: u32, first_k_run: u32, end_k_run: u32) {
    let tm = lane / WG_N;
    let tn = lane % WG_N;
    let first_row = group.x * TILE_ROWS;
    let first_n4 = group.y * TILE_N4;
    let length = k_run_length();
    describe_rows(lane, first_row);
    var r0 = vec4<f32>(0.0);
    var r1 = vec4<f32>(0.0);
    var r2 = vec4<f32>(0.0);
    var r3 = vec4<f32>(0.0);
    var at = place(first_k_run);
    for (var s = first_k_run; s < end_k_run; s += K_RUNS) {
        for (var j0 = 0u; j0 < length; j0 += K_RUN) {
            load_k_tiles(lane, s, end_k_run, at, j0, first_n4);
            for (var k = 0u; k < DEPTH; k++) {
                let a = tile_a[k * TILE_M4 + tm];
                let b = tile_b[k * TILE_N4 + tn];
                r0 += a.x * b;
                r1 += a.y * b;
                r2 += a.z * b;
                r3 += a.w * b;
            }
        }
        at = next_place(at);
    }
    let m = first_row + 4u * tm;
    store_rows(m, describe_columns(first_n4 + tn), r0, r1, r2, r3);
}
