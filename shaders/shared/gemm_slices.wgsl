// Slices (K-tiles) of both operands in workgroup memory, for gemm_tile.wgsl and gemm_tile_wide.wgsl, whose constant QUADS
// says how many quads of rows, and of columns, an invocation has. A workgroup is WG_M x WG_N invocations and
// computes 4 QUADS WG_M rows by 4 QUADS WG_N columns.

override WG_M: u32 = 8u;
override WG_N: u32 = 8u;
override DEPTH: u32 = 16u;   // of a slice, a multiple of 4
override SEGMENT: u32 = 16u; // depths of one segment in a slice, a multiple of 4 that divides DEPTH; a slice has room
                            // for several where segments are short

// Array lengths have names because naga 30 cannot resolve an override without one.
override QUADS_M: u32 = QUADS * WG_M;
override QUADS_N: u32 = QUADS * WG_N;
override SLICE_A: u32 = DEPTH * QUADS_M;
override SLICE_B: u32 = DEPTH * QUADS_N;
override SPAN: u32 = DEPTH / SEGMENT; // segments in a slice
override TILE_ROWS: u32 = 4u * QUADS_M;

var<workgroup> slice_a: array<vec4<f32>, SLICE_A>; // [depth, quad of rows]
var<workgroup> slice_b: array<vec4<f32>, SLICE_B>; // [depth, quad of columns]
var<workgroup> rows: array<vec4<i32>, TILE_ROWS>;

// Keeps what segment() needs of the tile's rows.
fn describe_rows(lane: u32, first_row: u32) {
    for (var r = lane; r < TILE_ROWS; r += WG_M * WG_N) {
        rows[r] = describe_row(first_row + r);
    }
}

// Loads depths j0 .. j0 + SEGMENT of SPAN segments, the first of which is number s and lies at `at`, of all rows and of
// the columns from quad first_n4 on; zero from segment `end` on.
fn load_slices(lane: u32, s: u32, end: u32, at: vec2<u32>, j0: u32, first_n4: u32) {
    workgroupBarrier();
    for (var i = lane; i < SLICE_A / 4u; i += WG_M * WG_N) {
        let k = 4u * (i % (DEPTH / 4u));
        let m4 = i / (DEPTH / 4u);
        let there = place_in_slice(s, at, k);
        var block = mat4x4<f32>();
        if (s + k / SEGMENT < end) {
            block = transpose(load_a(
                segment(rows[4u * m4], there),
                segment(rows[4u * m4 + 1u], there),
                segment(rows[4u * m4 + 2u], there),
                segment(rows[4u * m4 + 3u], there),
                j0 + k % SEGMENT,
            ));
        }
        let to = k * QUADS_M + m4;
        slice_a[to] = block[0];
        slice_a[to + QUADS_M] = block[1];
        slice_a[to + 2u * QUADS_M] = block[2];
        slice_a[to + 3u * QUADS_M] = block[3];
    }
    for (var i = lane; i < SLICE_B / 4u; i += WG_M * WG_N) {
        let k = 4u * (i / QUADS_N);
        let n4 = i % QUADS_N;
        var block = mat4x4<f32>();
        if (s + k / SEGMENT < end) {
            block = load_b(place_in_slice(s, at, k), j0 + k % SEGMENT, first_n4 + n4);
        }
        let to = k * QUADS_N + n4;
        slice_b[to] = block[0];
        slice_b[to + QUADS_N] = block[1];
        slice_b[to + 2u * QUADS_N] = block[2];
        slice_b[to + 3u * QUADS_N] = block[3];
    }
    workgroupBarrier();
}

// Where the segment lies that depth k of a slice belongs to.
fn place_in_slice(s: u32, at: vec2<u32>, k: u32) -> vec2<u32> {
    if (SPAN == 1u) {
        return at;
    }
    return place(s + k / SEGMENT);
}
