// A variant of every implicit GEMM (see gemm_tile.wgsl, whose interface it shares), for software adapters, where a barrier
// costs more than the loads that it saves and compilers choke on large kernels: operands come straight from storage, and
// an invocation computes 4 rows by 4 columns.

override WG_M: u32 = 8u;
override WG_N: u32 = 4u;

fn gemm(group: vec2<u32>, lane: u32, first_k_run: u32, end_k_run: u32) {
    let m = 4u * (WG_M * group.x + lane / WG_N);
    let n4 = WG_N * group.y + lane % WG_N;
    let row0 = describe_row(m);
    let row1 = describe_row(m + 1u);
    let row2 = describe_row(m + 2u);
    let row3 = describe_row(m + 3u);
    var c = mat4x4<f32>(); // a row to a column of the matrix
    let length = k_run_length();
    var at = place(first_k_run);
    for (var s = first_k_run; s < end_k_run; s++) {
        let k_run0 = k_run(row0, at);
        let k_run1 = k_run(row1, at);
        let k_run2 = k_run(row2, at);
        let k_run3 = k_run(row3, at);
        for (var j = 0u; j < length; j += 4u) {
            c += load_b(at, j, n4) * load_a(k_run0, k_run1, k_run2, k_run3, j);
        }
        at = next_place(at);
    }
    store_rows(m, describe_columns(n4), c[0], c[1], c[2], c[3]);
}
