// Gradient of a convolution's (or transposed convolution's) effective weight:
//   dweight[u,v,c,n] = sum_{b,i,j} big[b, i*stride - pad + u, j*stride - pad + v, c] * small[b,i,j,n]
// For a convolution big = x and small = dy; for a transposed convolution big = dy and small = x.
// Row m = (u,v,c), column n, depth k = (b,i,j), one segment per row (b,i) of small. The depth is long and the result
// small, so workgroup z sums the segments [z*split, (z+1)*split) into its own partial result [z, m, n];
// reduce_partials.wgsl adds these in order.

@group(0) @binding(0) var<uniform> g: Geometry;
@group(0) @binding(1) var<storage, read> big: array<f32>;
@group(0) @binding(2) var<storage, read> small: array<f32>;
@group(0) @binding(3) var<storage, read_write> dweight: array<f32>;

@compute @workgroup_size(WG_N, WG_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    part = group.z;
    let first = group.z * g.split;
    product(group.xy, lane, first, min(first + g.split, g.batch * g.small_h));
}

var<private> part: u32;

fn segment_length() -> u32 {
    return g.small_w;
}

fn segment_step() -> u32 {
    return g.stride * g.big_c;
}

// (u - pad, v - pad, c, 1 if the row exists)
fn describe_row(m: u32) -> vec4<i32> {
    let c = m % g.big_c;
    let tap = m / g.big_c;
    let u = tap / g.kernel_w;
    return vec4<i32>(i32(u) - i32(g.pad_h), i32(tap % g.kernel_w) - i32(g.pad_w), i32(c), i32(u < g.kernel_h));
}

// Along a row of small, tap (u,v) reads every stride-th pixel of a row of big: column j*stride + v - pad, which is
// inside for lo <= j < hi.
fn segment(row: vec4<i32>, s: u32) -> vec3<i32> {
    let stride = i32(g.stride);
    let b = s / g.small_h;
    let y = i32((s % g.small_h) * g.stride) + row.x;
    if (row.w == 0 || y < 0 || y >= i32(g.big_h)) {
        return vec3<i32>(0);
    }
    let image = i32(g.big_offset + b * g.big_h * g.big_w * g.big_c);
    let start = image + (y * i32(g.big_w) + row.y) * i32(g.big_c) + row.z;
    let lo = (max(-row.y, 0) + stride - 1) / stride;
    let hi = (max(i32(g.big_w) - row.y, 0) + stride - 1) / stride;
    return vec3<i32>(start, lo, hi);
}

fn read_a(i: u32) -> f32 {
    return big[i];
}

fn load_b(s: u32, j: u32, n4: u32) -> vec4<f32> {
    let at = g.small_offset + (s * g.small_w + j) * g.small_c;
    let n = columns(n4, g.small_c);
    return vec4<f32>(small[at + n.x], small[at + n.y], small[at + n.z], small[at + n.w]);
}

fn store(m: u32, n4: u32, value: vec4<f32>) {
    let count = g.kernel_h * g.kernel_w * g.big_c;
    if (m >= count) {
        return;
    }
    let n = 4u * n4;
    let at = g.weight_offset + (part * count + m) * g.small_c + n;
    if (n < g.small_c) { dweight[at] = value.x; }
    if (n + 1u < g.small_c) { dweight[at + 1u] = value.y; }
    if (n + 2u < g.small_c) { dweight[at + 2u] = value.z; }
    if (n + 3u < g.small_c) { dweight[at + 3u] = value.w; }
}
