// A variant of every implicit GEMM (see gemm_tile.wgsl, whose interface it shares), for the CPU without a driver: one
// invocation computes 4 TILE_M4 rows by 4 TILE_N4 columns. It gathers K-tiles of both operands, so that what is multiplied
// lies side by side in the CPU's cache, and then multiplies 4 rows by 8 columns at a time, whose sums fit into its
// registers.

const WG_M: u32 = 1u;
const WG_N: u32 = 1u;

override TILE_M4: u32 = 4u;
override TILE_N4: u32 = 2u;
override DEPTH: u32 = 16u;   // of a K-tile, a multiple of 4
override K_RUN: u32 = 16u;   // depths of one K-run in a K-tile, a multiple of 4 that divides DEPTH; a K-tile has room
                            // for several where K-runs are short

// Array lengths have names because naga 30 cannot resolve an override without one.
override K_RUNS: u32 = DEPTH / K_RUN; // K-runs in a K-tile
override PAIRS_N: u32 = (TILE_N4 + 1u) / 2u;
override ROWS: u32 = 4u * TILE_M4;
override SUMS: u32 = ROWS * TILE_N4;
override TILE_A: u32 = TILE_M4 * DEPTH;
override TILE_B: u32 = PAIRS_N * DEPTH;

var<workgroup> rows: array<vec4<i32>, ROWS>;
var<workgroup> tile_a: array<mat4x4<f32>, TILE_A>; // [vec4 of rows, depth]: every number four times, for four columns
var<workgroup> tile_b: array<mat2x4<f32>, TILE_B>; // [pair of vec4s of columns, depth]
var<workgroup> sums: array<vec4<f32>, SUMS>;         // [vec4 of columns, row]

fn gemm(group: vec2<u32>, lane: u32, first_k_run: u32, end_k_run: u32) {
    let first_row = group.x * ROWS;
    let first_n4 = group.y * TILE_N4;
    let length = k_run_length();
    for (var r = 0u; r < ROWS; r++) {
        rows[r] = describe_row(first_row + r);
    }
    for (var i = 0u; i < SUMS; i++) {
        sums[i] = vec4<f32>(0.0);
    }
    var at = place(first_k_run);
    for (var s = first_k_run; s < end_k_run; s += K_RUNS) {
        for (var j0 = 0u; j0 < length; j0 += K_RUN) {
            var there = at;
            for (var part = 0u; part < K_RUNS; part++) {
                gather(there, j0, part * K_RUN, first_n4, s + part < end_k_run);
                there = next_place(there);
            }
            multiply();
        }
        for (var part = 0u; part < K_RUNS; part++) {
            at = next_place(at);
        }
    }
    for (var n4 = 0u; n4 < TILE_N4; n4++) {
        let known = describe_columns(first_n4 + n4);
        for (var m = 0u; m < ROWS; m++) {
            store(first_row + m, known, sums[n4 * ROWS + m]);
        }
    }
}

// Puts depths j0 .. j0 + K_RUN of the K-run at `at` into the K-tiles from depth `to` on; zeros for a K-run beyond the
// last one.
fn gather(at: vec2<u32>, j0: u32, to: u32, first_n4: u32, exists: bool) {
    for (var m4 = 0u; m4 < TILE_M4; m4++) {
        let s0 = k_run(rows[4u * m4], at);
        let s1 = k_run(rows[4u * m4 + 1u], at);
        let s2 = k_run(rows[4u * m4 + 2u], at);
        let s3 = k_run(rows[4u * m4 + 3u], at);
        for (var j = 0u; j < K_RUN; j += 4u) {
            var block = mat4x4<f32>();
            if (exists) {
                block = load_a(s0, s1, s2, s3, j0 + j);
            }
            let first = m4 * DEPTH + to + j;
            tile_a[first] = fourfold(block[0].x, block[1].x, block[2].x, block[3].x);
            tile_a[first + 1u] = fourfold(block[0].y, block[1].y, block[2].y, block[3].y);
            tile_a[first + 2u] = fourfold(block[0].z, block[1].z, block[2].z, block[3].z);
            tile_a[first + 3u] = fourfold(block[0].w, block[1].w, block[2].w, block[3].w);
        }
    }
    for (var pair = 0u; pair < PAIRS_N; pair++) {
        for (var j = 0u; j < K_RUN; j += 4u) {
            var left = mat4x4<f32>();
            var right = mat4x4<f32>();
            if (exists) {
                left = load_b(at, j0 + j, first_n4 + 2u * pair);
                right = load_b(at, j0 + j, first_n4 + 2u * pair + 1u);
            }
            let first = pair * DEPTH + to + j;
            tile_b[first] = mat2x4<f32>(left[0], right[0]);
            tile_b[first + 1u] = mat2x4<f32>(left[1], right[1]);
            tile_b[first + 2u] = mat2x4<f32>(left[2], right[2]);
            tile_b[first + 3u] = mat2x4<f32>(left[3], right[3]);
        }
    }
}

fn fourfold(a: f32, b: f32, c: f32, d: f32) -> mat4x4<f32> {
    return mat4x4<f32>(vec4<f32>(a), vec4<f32>(b), vec4<f32>(c), vec4<f32>(d));
}

// Adds the K-tiles' products to the sums.
fn multiply() {
    for (var m4 = 0u; m4 < TILE_M4; m4++) {
        for (var n4 = 0u; n4 + 1u < TILE_N4; n4 += 2u) {
            multiply_wide(m4, n4);
        }
        if (TILE_N4 % 2u == 1u) {
            multiply_narrow(m4, TILE_N4 - 1u);
        }
    }
}

// Four rows by eight columns.
fn multiply_wide(m4: u32, n4: u32) {
    let left = n4 * ROWS + 4u * m4;
    let right = left + ROWS;
    var left0 = sums[left];
    var left1 = sums[left + 1u];
    var left2 = sums[left + 2u];
    var left3 = sums[left + 3u];
    var right0 = sums[right];
    var right1 = sums[right + 1u];
    var right2 = sums[right + 2u];
    var right3 = sums[right + 3u];
    for (var k = 0u; k < DEPTH; k++) {
        let a = tile_a[m4 * DEPTH + k];
        let b = tile_b[n4 / 2u * DEPTH + k];
        left0 += a[0] * b[0];
        left1 += a[1] * b[0];
        left2 += a[2] * b[0];
        left3 += a[3] * b[0];
        right0 += a[0] * b[1];
        right1 += a[1] * b[1];
        right2 += a[2] * b[1];
        right3 += a[3] * b[1];
    }
    sums[left] = left0;
    sums[left + 1u] = left1;
    sums[left + 2u] = left2;
    sums[left + 3u] = left3;
    sums[right] = right0;
    sums[right + 1u] = right1;
    sums[right + 2u] = right2;
    sums[right + 3u] = right3;
}

// Four rows by four columns, where no more are left.
fn multiply_narrow(m4: u32, n4: u32) {
    let at = n4 * ROWS + 4u * m4;
    var c0 = sums[at];
    var c1 = sums[at + 1u];
    var c2 = sums[at + 2u];
    var c3 = sums[at + 3u];
    for (var k = 0u; k < DEPTH; k++) {
        let a = tile_a[m4 * DEPTH + k];
        let b = tile_b[n4 / 2u * DEPTH + k][0];
        c0 += a[0] * b;
        c1 += a[1] * b;
        c2 += a[2] * b;
        c3 += a[3] * b;
    }
    sums[at] = c0;
    sums[at + 1u] = c1;
    sums[at + 2u] = c2;
    sums[at + 3u] = c3;
}
