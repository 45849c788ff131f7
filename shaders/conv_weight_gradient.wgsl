// Gradient of a convolution's (or transposed convolution's) effective weight:
//   dweight[u,v,c,n] = sum_{b,i,j} big[b, i*stride - pad + u, j*stride - pad + v, c] * small[b,i,j,n]
// For a convolution big = x and small = dy; for a transposed convolution big = dy and small = x.
// Row m = (u,v,c), column n, depth k = (b,i,j): long and thin, so workgroup z sums the pixels
// [z*split, (z+1)*split) into its own partial result [z, m, n]; reduce_partials.wgsl adds these in order.

@group(0) @binding(0) var<uniform> g: Geometry;
@group(0) @binding(1) var<storage, read> big: array<f32>;
@group(0) @binding(2) var<storage, read> small: array<f32>;
@group(0) @binding(3) var<storage, read_write> dweight: array<f32>;

const A_ALONG_K: bool = false;
const B_ALONG_K: bool = false;

@compute @workgroup_size(WG_N, WG_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first_row = group.x * 4u * WG_M;
    let first_n4 = group.y * WG_N;
    let pixels = g.batch * g.small_h * g.small_w;
    let k_begin = group.z * g.split;
    let k_end = min(k_begin + g.split, pixels);
    let block = multiply(lane, first_row, first_n4, k_begin, k_end);
    let m = first_row + 4u * (lane / WG_N);
    let n4 = first_n4 + lane % WG_N;
    store(group.z, m, n4, block.r0);
    store(group.z, m + 1u, n4, block.r1);
    store(group.z, m + 2u, n4, block.r2);
    store(group.z, m + 3u, n4, block.r3);
}

// (u - pad, v - pad, c, 1 if the row exists)
fn describe_row(m: u32) -> vec4<i32> {
    let c = m % g.big_c;
    let tap = m / g.big_c;
    let u = tap / g.kernel_w;
    return vec4<i32>(i32(u) - i32(g.pad_h), i32(tap % g.kernel_w) - i32(g.pad_w), i32(c), i32(u < g.kernel_h));
}

fn load_a(k: u32, m4: u32) -> vec4<f32> {
    let j = k % g.small_w;
    let i = (k / g.small_w) % g.small_h;
    let b = k / (g.small_w * g.small_h);
    let image = i32(g.big_offset + b * g.big_h * g.big_w * g.big_c);
    let y = i32(i * g.stride);
    let x = i32(j * g.stride);
    return vec4<f32>(
        pixel(rows[4u * m4], image, y, x),
        pixel(rows[4u * m4 + 1u], image, y, x),
        pixel(rows[4u * m4 + 2u], image, y, x),
        pixel(rows[4u * m4 + 3u], image, y, x),
    );
}

fn pixel(row: vec4<i32>, image: i32, top: i32, left: i32) -> f32 {
    let y = top + row.x;
    let x = left + row.y;
    if (row.w == 0 || y < 0 || x < 0 || y >= i32(g.big_h) || x >= i32(g.big_w)) {
        return 0.0;
    }
    return big[image + (y * i32(g.big_w) + x) * i32(g.big_c) + row.z];
}

fn load_b(k: u32, n4: u32) -> vec4<f32> {
    let n = 4u * n4;
    let at = g.small_offset + k * g.small_c + n;
    var b = vec4<f32>(0.0);
    if (n < g.small_c) { b.x = small[at]; }
    if (n + 1u < g.small_c) { b.y = small[at + 1u]; }
    if (n + 2u < g.small_c) { b.z = small[at + 2u]; }
    if (n + 3u < g.small_c) { b.w = small[at + 3u]; }
    return b;
}

fn store(part: u32, m: u32, n4: u32, value: vec4<f32>) {
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
