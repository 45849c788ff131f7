// A body of every implicit matrix product (see gemm_tile.wgsl, whose interface it shares), for a processor without a
// driver: one invocation computes 4 QUADS_M rows by 4 QUADS_N columns. It gathers slices of both operands
// (gemm_slices.wgsl), so that what is multiplied lies side by side in the processor's cache, and then multiplies 8 rows by
// 4 columns at a time, whose sums fit into its registers.

const QUADS: u32 = 32u;

override SUMS: u32 = 4u * QUADS_M * QUADS_N;

var<workgroup> sums: array<vec4<f32>, SUMS>; // [quad of columns, row]

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
                for (var m4 = 0u; m4 < QUADS_M; m4 += 2u) {
                    add_tall(m4, QUADS_N - 1u);
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
    for (var k = 0u; k < DEPTH; k++) {
        let a = slice_a[k * QUADS_M + m4];
        let b = slice_b[k * QUADS_N + n4];
        let c = slice_b[k * QUADS_N + n4 + 1u];
        left0 += a.x * b;
        left1 += a.y * b;
        left2 += a.z * b;
        left3 += a.w * b;
        right0 += a.x * c;
        right1 += a.y * c;
        right2 += a.z * c;
        right3 += a.w * c;
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

// The same for eight rows and four columns, where no more are left.
fn add_tall(m4: u32, n4: u32) {
    let at = n4 * TILE_ROWS + 4u * m4;
    var c0 = sums[at];
    var c1 = sums[at + 1u];
    var c2 = sums[at + 2u];
    var c3 = sums[at + 3u];
    var c4 = sums[at + 4u];
    var c5 = sums[at + 5u];
    var c6 = sums[at + 6u];
    var c7 = sums[at + 7u];
    for (var k = 0u; k < DEPTH; k++) {
        let upper = slice_a[k * QUADS_M + m4];
        let lower = slice_a[k * QUADS_M + m4 + 1u];
        let b = slice_b[k * QUADS_N + n4];
        c0 += upper.x * b;
        c1 += upper.y * b;
        c2 += upper.z * b;
        c3 += upper.w * b;
        c4 += lower.x * b;
        c5 += lower.y * b;
        c6 += lower.z * b;
        c7 += lower.w * b;
    }
    sums[at] = c0;
    sums[at + 1u] = c1;
    sums[at + 2u] = c2;
    sums[at + 3u] = c3;
    sums[at + 4u] = c4;
    sums[at + 5u] = c5;
    sums[at + 6u] = c6;
    sums[at + 7u] = c7;
}
