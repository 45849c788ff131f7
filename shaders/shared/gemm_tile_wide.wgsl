// gemm_tile.wgsl with twice as many rows and columns per invocation, for large products on GPUs: 64 multiply-adds for four
// vec4s read from workgroup memory. An invocation's eight rows (or columns) are two vec4s that lie half a tile apart, so
// that neighbours read neighbouring vec4s. A file of its own, because the compilers of software adapters choke on code
// this size even where it is never reached.
// use: shared/gemm_k_tiles

const THREAD_VEC4: u32 = 2u;

// Every invocation must call it, with the same K-runs.
fn gemm(group: vec2<u32>, lane: u32, first_k_run: u32, end_k_run: u32) {
    let tm = lane / WG_N;
    let tn = lane % WG_N;
    let first_row = group.x * TILE_ROWS;
    let first_n4 = group.y * TILE_N4;
    let length = k_run_length();
    describe_rows(lane, first_row);
    // Rows 0..3 and 4..7, columns 0..3 (left) and 4..7 (right).
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
    var at = place(first_k_run);
    for (var s = first_k_run; s < end_k_run; s += K_RUNS) {
        for (var j0 = 0u; j0 < length; j0 += K_RUN) {
            load_k_tiles(lane, s, end_k_run, at, j0, first_n4);
            for (var k = 0u; k < DEPTH; k++) {
                let upper = tile_a[k * TILE_M4 + tm];
                let left = tile_b[k * TILE_N4 + tn];
                let right = tile_b[k * TILE_N4 + WG_N + tn];
                let lower = tile_a[k * TILE_M4 + WG_M + tm];
                left0 += upper.x * left;
                left1 += upper.y * left;
                left2 += upper.z * left;
                left3 += upper.w * left;
                right0 += upper.x * right;
                right1 += upper.y * right;
                right2 += upper.z * right;
                right3 += upper.w * right;
                left4 += lower.x * left;
                left5 += lower.y * left;
                left6 += lower.z * left;
                left7 += lower.w * left;
                right4 += lower.x * right;
                right5 += lower.y * right;
                right6 += lower.z * right;
                right7 += lower.w * right;
            }
        }
        at = next_place(at);
    }
    let m = first_row + 4u * tm;
    let known_left = describe_columns(first_n4 + tn);
    let known_right = describe_columns(first_n4 + WG_N + tn);
    store_rows(m, known_left, left0, left1, left2, left3);
    store_rows(m, known_right, right0, right1, right2, right3);
    store_rows(m + 4u * WG_M, known_left, left4, left5, left6, left7);
    store_rows(m + 4u * WG_M, known_right, right4, right5, right6, right7);
}
