// K-tiles of both operands in workgroup memory, for gemm_tile.wgsl and gemm_tile_wide.wgsl, whose constant THREAD_VEC4
// says how many vec4s of rows, and of columns, an invocation has. A workgroup is WG_M x WG_N invocations and
// computes 4 THREAD_VEC4 WG_M rows by 4 THREAD_VEC4 WG_N columns.

override WG_M: u32 = 8u;
override WG_N: u32 = 8u;
override DEPTH: u32 = 16u;   // of a K-tile, a multiple of 4
override K_RUN: u32 = 16u;   // depths of one K-run in a K-tile, a multiple of 4 that divides DEPTH; a K-tile has room
                            // for several where K-runs are short

// Array lengths have names because naga 30 cannot resolve an override without one.
override TILE_M4: u32 = THREAD_VEC4 * WG_M;
override TILE_N4: u32 = THREAD_VEC4 * WG_N;
override TILE_A: u32 = DEPTH * TILE_M4;
override TILE_B: u32 = DEPTH * TILE_N4;
override K_RUNS: u32 = DEPTH / K_RUN; // K-runs in a K-tile
override TILE_ROWS: u32 = 4u * TILE_M4;

var<workgroup> tile_a: array<vec4<f32>, TILE_A>; // [depth, vec4 of rows]
var<workgroup> tile_b: array<vec4<f32>, TILE_B>; // [depth, vec4 of columns]
var<workgroup> rows: array<vec4<i32>, TILE_ROWS>;

// Keeps what k_run() needs of the tile's rows.
fn describe_rows(lane: u32, first_row: u32) {
    for (var r = lane; r < TILE_ROWS; r += WG_M * WG_N) {
        rows[r] = describe_row(first_row + r);
    }
}

// Loads depths j0 .. j0 + K_RUN of K_RUNS K-runs, the first of which is number s and lies at `at`, of all rows and of
// the columns from vec4 first_n4 on; zero from K-run `end` on.
fn load_k_tiles(lane: u32, s: u32, end: u32, at: vec2<u32>, j0: u32, first_n4: u32) {
    workgroupBarrier();
    for (var i = lane; i < TILE_A / 4u; i += WG_M * WG_N) {
        let k = 4u * (i % (DEPTH / 4u));
        let m4 = i / (DEPTH / 4u);
        let there = place_in_k_tile(s, at, k);
        var block = mat4x4<f32>();
        if (s + k / K_RUN < end) {
            block = transpose(load_a(
                k_run(rows[4u * m4], there),
                k_run(rows[4u * m4 + 1u], there),
                k_run(rows[4u * m4 + 2u], there),
                k_run(rows[4u * m4 + 3u], there),
                j0 + k % K_RUN,
            ));
        }
        let to = k * TILE_M4 + m4;
        tile_a[to] = block[0];
        tile_a[to + TILE_M4] = block[1];
        tile_a[to + 2u * TILE_M4] = block[2];
        tile_a[to + 3u * TILE_M4] = block[3];
    }
    for (var i = lane; i < TILE_B / 4u; i += WG_M * WG_N) {
        let k = 4u * (i / TILE_N4);
        let n4 = i % TILE_N4;
        var block = mat4x4<f32>();
        if (s + k / K_RUN < end) {
            block = load_b(place_in_k_tile(s, at, k), j0 + k % K_RUN, first_n4 + n4);
        }
        let to = k * TILE_N4 + n4;
        tile_b[to] = block[0];
        tile_b[to + TILE_N4] = block[1];
        tile_b[to + 2u * TILE_N4] = block[2];
        tile_b[to + 3u * TILE_N4] = block[3];
    }
    workgroupBarrier();
}

// Where the K-run lies that depth k of a K-tile belongs to.
fn place_in_k_tile(s: u32, at: vec2<u32>, k: u32) -> vec2<u32> {
    if (K_RUNS == 1u) {
        return at;
    }
    return place(s + k / K_RUN);
}
