// How slices lie in workgroup memory for gemm_tile.wgsl and gemm_tile_wide.wgsl: neighbouring invocations read neighbouring
// quads of one depth.

override SLICE_A: u32 = DEPTH * QUADS_M;
override SLICE_B: u32 = DEPTH * QUADS_N;

var<workgroup> slice_a: array<vec4<f32>, SLICE_A>; // [depth, quad of rows]
var<workgroup> slice_b: array<vec4<f32>, SLICE_B>; // [depth, quad of columns]

fn put_a(k: u32, m4: u32, block: mat4x4<f32>) {
    let to = k * QUADS_M + m4;
    slice_a[to] = block[0];
    slice_a[to + QUADS_M] = block[1];
    slice_a[to + 2u * QUADS_M] = block[2];
    slice_a[to + 3u * QUADS_M] = block[3];
}

fn put_b(k: u32, n4: u32, block: mat4x4<f32>) {
    let to = k * QUADS_N + n4;
    slice_b[to] = block[0];
    slice_b[to + QUADS_N] = block[1];
    slice_b[to + 2u * QUADS_N] = block[2];
    slice_b[to + 3u * QUADS_N] = block[3];
}
