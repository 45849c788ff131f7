// Convolution, from the big image to the small one:
//   small[b,i,j,n] = bias[n] + sum_{u,v,c} big[b, i*stride - pad + u, j*stride - pad + v, c] * weight[u,v,c,n]
// and what shared/epilogue.wgsl makes of it. As a matrix product: row m = (b,i,j), column n, depth k = (u,v,c); one
// K-run per kernel row u, because the pixels (v,c) below a kernel row are neighbours in memory. Also the data gradient
// of a transposed convolution (big = dy) and, with 1x1 images, a linear layer.
// use: shared/geometry, shared/operands, shared/along_depth, shared/epilogue
// variants: shared/gemm_tile, shared/gemm_tile_wide, shared/gemm_plain, shared/gemm_panel

@group(0) @binding(0) var<uniform> g: Geometry;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> input_vec4: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> weight_vec4: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> params: array<f32>;
@group(0) @binding(6) var<storage, read_write> pre: array<f32>;
@group(0) @binding(7) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WG_N, WG_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    gemm(group.xy, lane, 0u, g.kernel_h);
}

fn k_runs_across() -> u32 {
    return 1u;
}

fn k_run_length() -> u32 {
    return g.kernel_w * g.big_c;
}

// (offset of the image in the input, first tap's row, first tap's column, 1 if the row exists)
fn describe_row(m: u32) -> vec4<i32> {
    let j = m % g.small_w;
    let i = (m / g.small_w) % g.small_h;
    let b = m / (g.small_w * g.small_h);
    return vec4<i32>(
        i32(g.big_offset + b * g.big_h * g.big_w * g.big_c),
        i32(i * g.stride) - i32(g.pad_h),
        i32(j * g.stride) - i32(g.pad_w),
        i32(b < g.batch),
    );
}

// The K-run at (u, 0) reads kernel row u: image row y from column x on; columns outside the image count as zero.
fn k_run(row: vec4<i32>, at: vec2<u32>) -> vec3<i32> {
    let y = row.y + i32(at.x);
    let c = i32(g.big_c);
    if (row.w == 0 || y < 0 || y >= i32(g.big_h)) {
        return vec3<i32>(0);
    }
    return vec3<i32>(row.x + (y * i32(g.big_w) + row.z) * c, -row.z * c, (i32(g.big_w) - row.z) * c);
}

fn load_b(kernel_row: vec2<u32>, j: u32, n4: u32) -> mat4x4<f32> {
    let u = kernel_row.x;
    return mat4x4<f32>(weights(u, j, n4), weights(u, j + 1u, n4), weights(u, j + 2u, n4), weights(u, j + 3u, n4));
}

fn weights(u: u32, j: u32, n4: u32) -> vec4<f32> {
    let length = k_run_length();
    let at = g.weight_offset + (u * length + min(j, length - 1u)) * g.small_c;
    var b = vec4<f32>(0.0);
    if (VEC4_B) {
        b = weight_vec4[at / 4u + min(n4, g.small_c / 4u - 1u)];
    } else {
        for (var i = 0u; i < 4u; i++) {
            b = with_number(b, i, weight[at + min(4u * n4 + i, g.small_c - 1u)]);
        }
    }
    return select(vec4<f32>(0.0), b, j < length);
}

fn describe_columns(n4: u32) -> Columns {
    return describe_channels(n4, g.small_c);
}

fn store(m: u32, known: Columns, value: vec4<f32>) {
    if (m < g.batch * g.small_h * g.small_w) {
        finish(m * g.small_c, known, value);
    }
}
