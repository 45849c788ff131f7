// A variant of every implicit GEMM (see gemm_tile.wgsl, whose interface it shares), for the CPU without a driver: one
// invocation computes 4 QUADS_M rows by 4 QUADS_N columns. It gathers slices of both operands, so that what is multiplied
// lies side by side in the CPU's cache, and then multiplies 4 rows by 8 columns at a time, whose sums fit into its
// registers.

const WG_M: u32 = 1u;
const WG_N: u32 = 1u;

override QUADS_M: u32 = 4u;
override QUADS_N: u32 = 2u;
override DEPTH: u32 = 16u;   // of a slice, a multiple of 4
override SEGMENT: u32 = 16u; // depths of one segment in a slice, a multiple of 4 that divides DEPTH; a slice has room
                            // for several where segments are short

// Array lengths have names because naga 30 cannot resolve an override without one.
override SPAN: u32 = DEPTH / SEGMENT; // segments in a slice
override PAIRS_N: u32 = (QUADS_N + 1u) / 2u;
override ROWS: u32 = 4u * QUADS_M;
override SUMS: u32 = ROWS * QUADS_N;
override SLICE_A: u32 = QUADS_M * DEPTH;
override SLICE_B: u32 = PAIRS_N * DEPTH;

var<workgroup> rows: array<vec4<i32>, ROWS>;
var<workgroup> slice_a: array<mat4x4<f32>, SLICE_A>; // [quad of rows, depth]: every number four times, for four columns
var<workgroup> slice_b: array<mat2x4<f32>, SLICE_B>; // [pair of quads of columns, depth]
var<workgroup> sums: array<vec4<f32>, SUMS>;         // [quad of columns, row]

fn product(group: vec2<u32>, lane: u32, first_segment: u32, end_segment: u32) {
    let first_row = group.x * ROWS;
    let first_n4 = group.y * QUADS_N;
    let length = segment_length();
    for (var r = 0u; r < ROWS; r++) {
        rows[r] = describe_row(first_row + r);
    }
    for (var i = 0u; i < SUMS; i++) {
        sums[i] = vec4<f32>(0.0);
    }
    var at = place(first_segment);
    for (var s = first_segment; s < end_segment; s += SPAN) {
        for (var j0 = 0u; j0 < length; j0 += SEGMENT) {
            var there = at;
            for (var part = 0u; part < SPAN; part++) {
                gather(there, j0, part * SEGMENT, first_n4, s + part < end_segment);
                there = next_place(there);
            }
            multiply();
        }
        for (var part = 0u; part < SPAN; part++) {
            at = next_place(at);
        }
    }
    for (var n4 = 0u; n4 < QUADS_N; n4++) {
        let known = describe_columns(first_n4 + n4);
        for (var m = 0u; m < ROWS; m++) {
            store(first_row + m, known, sums[n4 * ROWS + m]);
        }
    }
}

// Puts depths j0 .. j0 + SEGMENT of the segment at `at` into the slices from depth `to` on; zeros for a segment beyond the
// last one.
fn gather(at: vec2<u32>, j0: u32, to: u32, first_n4: u32, exists: bool) {
    for (var m4 = 0u; m4 < QUADS_M; m4++) {
        let s0 = segment(rows[4u * m4], at);
        let s1 = segment(rows[4u * m4 + 1u], at);
        let s2 = segment(rows[4u * m4 + 2u], at);
        let s3 = segment(rows[4u * m4 + 3u], at);
        for (var j = 0u; j < SEGMENT; j += 4u) {
            var block = mat4x4<f32>();
            if (exists) {
                block = load_a(s0, s1, s2, s3, j0 + j);
            }
            let first = m4 * DEPTH + to + j;
            slice_a[first] = fourfold(block[0].x, block[1].x, block[2].x, block[3].x);
            slice_a[first + 1u] = fourfold(block[0].y, block[1].y, block[2].y, block[3].y);
            slice_a[first + 2u] = fourfold(block[0].z, block[1].z, block[2].z, block[3].z);
            slice_a[first + 3u] = fourfold(block[0].w, block[1].w, block[2].w, block[3].w);
        }
    }
    for (var pair = 0u; pair < PAIRS_N; pair++) {
        for (var j = 0u; j < SEGMENT; j += 4u) {
            var left = mat4x4<f32>();
            var right = mat4x4<f32>();
            if (exists) {
                left = load_b(at, j0 + j, first_n4 + 2u * pair);
                right = load_b(at, j0 + j, first_n4 + 2u * pair + 1u);
            }
            let first = pair * DEPTH + to + j;
            slice_b[first] = mat2x4<f32>(left[0], right[0]);
            slice_b[first + 1u] = mat2x4<f32>(left[1], right[1]);
            slice_b[first + 2u] = mat2x4<f32>(left[2], right[2]);
            slice_b[first + 3u] = mat2x4<f32>(left[3], right[3]);
        }
    }
}

fn fourfold(a: f32, b: f32, c: f32, d: f32) -> mat4x4<f32> {
    return mat4x4<f32>(vec4<f32>(a), vec4<f32>(b), vec4<f32>(c), vec4<f32>(d));
}

// Adds the slices' products to the sums.
fn multiply() {
    for (var m4 = 0u; m4 < QUADS_M; m4++) {
        for (var n4 = 0u; n4 + 1u < QUADS_N; n4 += 2u) {
            multiply_wide(m4, n4);
        }
        if (QUADS_N % 2u == 1u) {
            multiply_narrow(m4, QUADS_N - 1u);
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
        let a = slice_a[m4 * DEPTH + k];
        let b = slice_b[n4 / 2u * DEPTH + k];
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
        let a = slice_a[m4 * DEPTH + k];
        let b = slice_b[n4 / 2u * DEPTH + k][0];
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
