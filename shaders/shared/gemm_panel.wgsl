// A body of every implicit matrix product (see gemm_tile.wgsl, whose interface it shares), for a processor without a
// driver: one invocation computes 4 QUADS_M rows by 4 QUADS_N columns. It gathers slices of both operands, so that what is
// multiplied lies side by side in the processor's cache, and then multiplies 4 rows by 8 columns at a time, whose sums fit
// into its registers.

const WG_M: u32 = 1u;
const WG_N: u32 = 1u;

override QUADS_M: u32 = 4u;
override QUADS_N: u32 = 2u;
override DEPTH: u32 = 16u;   // of a slice, a multiple of 4
override SEGMENT: u32 = 16u; // depths of one segment in a slice, a multiple of 4 that divides DEPTH; a slice has room
                            // for several where segments are short

// Array lengths have names because naga 30 cannot resolve an override without one.
override SPAN: u32 = DEPTH / SEGMENT; // segments in a slice
override BLOCKS: u32 = DEPTH / 4u;    // of a slice's depth
override ROWS: u32 = 4u * QUADS_M;
override SUMS: u32 = ROWS * QUADS_N;
override SLICE_A: u32 = QUADS_M * BLOCKS;
override SLICE_B: u32 = QUADS_N * BLOCKS;

var<workgroup> rows: array<vec4<i32>, ROWS>;
var<workgroup> slice_a: array<mat4x4<f32>, SLICE_A>; // [quad of rows, depth / 4], a row to a column of the matrix
var<workgroup> slice_b: array<mat4x4<f32>, SLICE_B>; // [quad of columns, depth / 4], a depth to a column of the matrix
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
            slice_a[m4 * BLOCKS + (to + j) / 4u] = block;
        }
    }
    for (var n4 = 0u; n4 < QUADS_N; n4++) {
        for (var j = 0u; j < SEGMENT; j += 4u) {
            var block = mat4x4<f32>();
            if (exists) {
                block = load_b(at, j0 + j, first_n4 + n4);
            }
            slice_b[n4 * BLOCKS + (to + j) / 4u] = block;
        }
    }
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
    for (var block = 0u; block < BLOCKS; block++) {
        let a = slice_a[m4 * BLOCKS + block];
        let b = slice_b[n4 * BLOCKS + block];
        let c = slice_b[(n4 + 1u) * BLOCKS + block];
        left0 += a[0].x * b[0];
        left1 += a[1].x * b[0];
        left2 += a[2].x * b[0];
        left3 += a[3].x * b[0];
        right0 += a[0].x * c[0];
        right1 += a[1].x * c[0];
        right2 += a[2].x * c[0];
        right3 += a[3].x * c[0];
        left0 += a[0].y * b[1];
        left1 += a[1].y * b[1];
        left2 += a[2].y * b[1];
        left3 += a[3].y * b[1];
        right0 += a[0].y * c[1];
        right1 += a[1].y * c[1];
        right2 += a[2].y * c[1];
        right3 += a[3].y * c[1];
        left0 += a[0].z * b[2];
        left1 += a[1].z * b[2];
        left2 += a[2].z * b[2];
        left3 += a[3].z * b[2];
        right0 += a[0].z * c[2];
        right1 += a[1].z * c[2];
        right2 += a[2].z * c[2];
        right3 += a[3].z * c[2];
        left0 += a[0].w * b[3];
        left1 += a[1].w * b[3];
        left2 += a[2].w * b[3];
        left3 += a[3].w * b[3];
        right0 += a[0].w * c[3];
        right1 += a[1].w * c[3];
        right2 += a[2].w * c[3];
        right3 += a[3].w * c[3];
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
    for (var block = 0u; block < BLOCKS; block++) {
        let a = slice_a[m4 * BLOCKS + block];
        let b = slice_b[n4 * BLOCKS + block];
        c0 += a[0].x * b[0];
        c1 += a[1].x * b[0];
        c2 += a[2].x * b[0];
        c3 += a[3].x * b[0];
        c0 += a[0].y * b[1];
        c1 += a[1].y * b[1];
        c2 += a[2].y * b[1];
        c3 += a[3].y * b[1];
        c0 += a[0].z * b[2];
        c1 += a[1].z * b[2];
        c2 += a[2].z * b[2];
        c3 += a[3].z * b[2];
        c0 += a[0].w * b[3];
        c1 += a[1].w * b[3];
        c2 += a[2].w * b[3];
        c3 += a[3].w * b[3];
    }
    sums[at] = c0;
    sums[at + 1u] = c1;
    sums[at + 2u] = c2;
    sums[at + 3u] = c3;
}
