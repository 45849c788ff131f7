// A body of every implicit matrix product (see gemm_tile.wgsl, whose interface it shares), for a processor without a
// driver: one invocation computes 4 QUADS_M rows by 4 QUADS_N columns. It gathers slices of both operands
// (gemm_slices.wgsl), so that what is multiplied lies side by side in the processor's cache, and then multiplies 4 rows by
// 8 columns at a time, whose sums fit into its registers.

const QUADS: u32 = 32u;

override SUMS: u32 = 4u * QUADS_M * QUADS_N;
override BLOCKS: u32 = DEPTH / 4u; // of a slice's depth
override SLICE_A: u32 = QUADS_M * BLOCKS;
override SLICE_B: u32 = QUADS_N * BLOCKS;

var<workgroup> slice_a: array<mat4x4<f32>, SLICE_A>; // [quad of rows, depth / 4], a depth to a column of the matrix
var<workgroup> slice_b: array<mat4x4<f32>, SLICE_B>; // [quad of columns, depth / 4]
var<workgroup> sums: array<vec4<f32>, SUMS>; // [quad of columns, row]

fn put_a(k: u32, m4: u32, block: mat4x4<f32>) {
    slice_a[m4 * BLOCKS + k / 4u] = block;
}

fn put_b(k: u32, n4: u32, block: mat4x4<f32>) {
    slice_b[n4 * BLOCKS + k / 4u] = block;
}

fn product(group: vec2<u32>, lane: u32, first_segment: u32, end_segment: u32) {
    let first_row = group.x * TILE_ROWS;
    let first_n4 = group.y * QUADS_N;
    let length = segment_length();
    describe_rows(lane, first_row);
    for (var i = 0u; i < SUMS; i++) {
        sums[i] = vec4<f32>(0.0);
    }
    var at = place(first_segment);
    for (var s = first_segment; s < end_segment; s += SPAN) {
        for (var j0 = 0u; j0 < length; j0 += SEGMENT) {
            load_slices(lane, s, end_segment, at, j0, first_n4);
            for (var n4 = 0u; n4 + 1u < QUADS_N; n4 += 2u) {
                for (var m4 = 0u; m4 < QUADS_M; m4++) {
                    add_wide(m4, n4);
                }
            }
            if (QUADS_N % 2u == 1u) {
                for (var m4 = 0u; m4 < QUADS_M; m4++) {
                    add_narrow(m4, QUADS_N - 1u);
                }
            }
        }
        at = next_place(at);
    }
    for (var n4 = 0u; n4 < QUADS_N; n4++) {
        let known = describe_columns(first_n4 + n4);
        for (var m = 0u; m < TILE_ROWS; m++) {
            store(first_row + m, known, sums[n4 * TILE_ROWS + m]);
        }
    }
}

// Adds a slice's products to the sums of four rows and eight columns.
fn add_wide(m4: u32, n4: u32) {
    let left = n4 * TILE_ROWS + 4u * m4;
    let right = left + TILE_ROWS;
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
        left1 += a[0].y * b[0];
        left2 += a[0].z * b[0];
        left3 += a[0].w * b[0];
        right0 += a[0].x * c[0];
        right1 += a[0].y * c[0];
        right2 += a[0].z * c[0];
        right3 += a[0].w * c[0];
        left0 += a[1].x * b[1];
        left1 += a[1].y * b[1];
        left2 += a[1].z * b[1];
        left3 += a[1].w * b[1];
        right0 += a[1].x * c[1];
        right1 += a[1].y * c[1];
        right2 += a[1].z * c[1];
        right3 += a[1].w * c[1];
        left0 += a[2].x * b[2];
        left1 += a[2].y * b[2];
        left2 += a[2].z * b[2];
        left3 += a[2].w * b[2];
        right0 += a[2].x * c[2];
        right1 += a[2].y * c[2];
        right2 += a[2].z * c[2];
        right3 += a[2].w * c[2];
        left0 += a[3].x * b[3];
        left1 += a[3].y * b[3];
        left2 += a[3].z * b[3];
        left3 += a[3].w * b[3];
        right0 += a[3].x * c[3];
        right1 += a[3].y * c[3];
        right2 += a[3].z * c[3];
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

// The same for four columns, where no more are left.
fn add_narrow(m4: u32, n4: u32) {
    let at = n4 * TILE_ROWS + 4u * m4;
    var c0 = sums[at];
    var c1 = sums[at + 1u];
    var c2 = sums[at + 2u];
    var c3 = sums[at + 3u];
    for (var block = 0u; block < BLOCKS; block++) {
        let a = slice_a[m4 * BLOCKS + block];
        let b = slice_b[n4 * BLOCKS + block];
        c0 += a[0].x * b[0];
        c1 += a[0].y * b[0];
        c2 += a[0].z * b[0];
        c3 += a[0].w * b[0];
        c0 += a[1].x * b[1];
        c1 += a[1].y * b[1];
        c2 += a[1].z * b[1];
        c3 += a[1].w * b[1];
        c0 += a[2].x * b[2];
        c1 += a[2].y * b[2];
        c2 += a[2].z * b[2];
        c3 += a[2].w * b[2];
        c0 += a[3].x * b[3];
        c1 += a[3].y * b[3];
        c2 += a[3].z * b[3];
        c3 += a[3].w * b[3];
    }
    sums[at] = c0;
    sums[at + 1u] = c1;
    sums[at + 2u] = c2;
    sums[at + 3u] = c3;
}
