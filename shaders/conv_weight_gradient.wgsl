// Gradient of a convolution's (or transposed convolution's) effective weight:
//   dweight[u,v,c,n] = sum_{b,i,j} big[b, i*stride - pad + u, j*stride - pad + v, c] * small[b,i,j,n]
// each term times factor[pixel / scaled_by], pixel = (b,i,j), where there are factors: then the gradient in `small` (or
// `big`) is that of each image's logit, and a factor is the loss's derivative by it.
// For a convolution big = x and small = dy; for a transposed convolution big = dy and small = x.
// Row m = (u,v,c), column n, depth k = (b,i,j), one K-run per row (b,i) of small. The depth is long and the result
// small, so workgroup z sums the K-runs [z*split, (z+1)*split) into its own partial result [z, m, n]. The update adds
// these in order (part_sum.wgsl).
// use: shared/geometry, shared/operands
// variants: shared/gemm_tile, shared/gemm_tile_wide, shared/gemm_plain, shared/gemm_panel

@group(0) @binding(0) var<uniform> g: Geometry;
@group(0) @binding(1) var<storage, read> big: array<f32>;
@group(0) @binding(2) var<storage, read> big_vec4: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> small: array<f32>;
@group(0) @binding(4) var<storage, read> small_vec4: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> factor: array<f32>;
@group(0) @binding(6) var<storage, read_write> dweight: array<f32>;

@compute @workgroup_size(WG_N, WG_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    part = group.z;
    let first = group.z * g.split;
    gemm(group.xy, lane, first, min(first + g.split, g.batch * g.small_h));
}

var<private> part: u32;

fn k_runs_across() -> u32 {
    return g.small_h;
}

fn k_run_length() -> u32 {
    return g.small_w;
}

// (u - pad, distance to channel c of column v - pad, lo, hi): along a row of small, tap (u,v) reads every stride-th pixel
// of a row of big, column j*stride + v - pad, which is inside for lo <= j < hi; nowhere where the row does not exist.
fn describe_row(m: u32) -> vec4<i32> {
    let c = m % g.big_c;
    let tap = m / g.big_c;
    let u = tap / g.kernel_w;
    let v = i32(tap % g.kernel_w) - i32(g.pad_w);
    let stride = i32(g.stride);
    let lo = (max(-v, 0) + stride - 1) / stride;
    let hi = (max(i32(g.big_w) - v, 0) + stride - 1) / stride;
    return vec4<i32>(i32(u) - i32(g.pad_h), v * i32(g.big_c) + i32(c), lo, select(0, hi, u < g.kernel_h));
}

fn k_run(row: vec4<i32>, at: vec2<u32>) -> vec3<i32> {
    let y = i32(at.y * g.stride) + row.x;
    if (y < 0 || y >= i32(g.big_h)) {
        return vec3<i32>(0);
    }
    let image = i32(g.big_offset + at.x * g.big_h * g.big_w * g.big_c);
    return vec3<i32>(image + y * i32(g.big_w * g.big_c) + row.y, row.zw);
}

// Where channels of big come in fours, so do rows: they share one tap, and their elements are neighbours in memory.
fn load_a(s0: vec3<i32>, s1: vec3<i32>, s2: vec3<i32>, s3: vec3<i32>, j: u32) -> mat4x4<f32> {
    if (VEC4_A) {
        return transpose(mat4x4<f32>(across(s0, j), across(s0, j + 1u), across(s0, j + 2u), across(s0, j + 3u)));
    }
    return mat4x4<f32>(numbers(s0, j), numbers(s1, j), numbers(s2, j), numbers(s3, j));
}

// Element j of the K-runs of four neighbouring rows.
fn across(at: vec3<i32>, j: u32) -> vec4<f32> {
    let inside = is_inside(at, j);
    let four = big_vec4[select(0u, position(at, j) / 4u, inside)];
    return select(vec4<f32>(0.0), four, inside);
}

fn element(at: vec3<i32>, j: u32) -> f32 {
    let inside = is_inside(at, j);
    let value = big[select(0u, position(at, j), inside)];
    return select(0.0, value, inside);
}

fn position(at: vec3<i32>, j: u32) -> u32 {
    return u32(at.x + i32(j * g.stride * g.big_c));
}

fn load_b(at: vec2<u32>, j: u32, n4: u32) -> mat4x4<f32> {
    let s = at.x * g.small_h + at.y;
    let b = mat4x4<f32>(pixel(s, j, n4), pixel(s, j + 1u, n4), pixel(s, j + 2u, n4), pixel(s, j + 3u, n4));
    if (g.scaled_by > 1u) {
        return b * factor[s * g.small_w / g.scaled_by]; // a row of pixels belongs to one image
    }
    if (g.scaled_by == 1u) {
        let i = vec4<u32>(s * g.small_w) + min(vec4<u32>(j) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(g.small_w - 1u));
        return mat4x4<f32>(b[0] * factor[i.x], b[1] * factor[i.y], b[2] * factor[i.z], b[3] * factor[i.w]);
    }
    return b;
}

fn pixel(s: u32, j: u32, n4: u32) -> vec4<f32> {
    let number = s * g.small_w + min(j, g.small_w - 1u);
    let at = g.small_offset + number * g.small_c;
    var b = vec4<f32>(0.0);
    if (VEC4_B) {
        b = small_vec4[at / 4u + min(n4, g.small_c / 4u - 1u)];
    } else {
        for (var i = 0u; i < 4u; i++) {
            b = with_number(b, i, small[at + min(4u * n4 + i, g.small_c - 1u)]);
        }
    }
    return select(vec4<f32>(0.0), b, j < g.small_w);
}

struct Columns {
    first: u32,
}

fn describe_columns(n4: u32) -> Columns {
    return Columns(4u * n4);
}

fn store(m: u32, known: Columns, value: vec4<f32>) {
    let count = g.kernel_h * g.kernel_w * g.big_c;
    if (m >= count) {
        return;
    }
    let n = known.first;
    let at = g.output_offset + (part * count + m) * g.small_c + n;
    if (n < g.small_c) { dweight[at] = value.x; }
    if (n + 1u < g.small_c) { dweight[at + 1u] = value.y; }
    if (n + 2u < g.small_c) { dweight[at + 2u] = value.z; }
    if (n + 3u < g.small_c) { dweight[at + 3u] = value.w; }
}
