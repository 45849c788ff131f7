// Convolution, from the big image to the small one:
//   small[b,i,j,n] = bias[n] + sum_{u,v,c} big[b, i*stride - pad + u, j*stride - pad + v, c] * weight[u,v,c,n]
// As a matrix product: row m = (b,i,j), column n, depth k = (u,v,c). Also the data gradient of a transposed
// convolution (big = dy) and, with 1x1 images, a linear layer.

@group(0) @binding(0) var<uniform> g: Geometry;
@group(0) @binding(1) var<storage, read> big: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> small: array<f32>;

const A_ALONG_K: bool = true;
const B_ALONG_K: bool = false;

@compute @workgroup_size(WG_N, WG_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first_row = group.x * 4u * WG_M;
    let first_n4 = group.y * WG_N;
    let block = multiply(lane, first_row, first_n4, 0u, g.kernel_h * g.kernel_w * g.big_c);
    let m = first_row + 4u * (lane / WG_N);
    let n4 = first_n4 + lane % WG_N;
    store(m, n4, block.r0);
    store(m + 1u, n4, block.r1);
    store(m + 2u, n4, block.r2);
    store(m + 3u, n4, block.r3);
}

// (offset of the image in big, first tap's row, first tap's column, 1 if the row exists)
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

fn load_a(k: u32, m4: u32) -> vec4<f32> {
    let c = k % g.big_c;
    let tap = k / g.big_c;
    let u = i32(tap / g.kernel_w);
    let v = i32(tap % g.kernel_w);
    return vec4<f32>(
        pixel(rows[4u * m4], u, v, c),
        pixel(rows[4u * m4 + 1u], u, v, c),
        pixel(rows[4u * m4 + 2u], u, v, c),
        pixel(rows[4u * m4 + 3u], u, v, c),
    );
}

fn pixel(row: vec4<i32>, u: i32, v: i32, c: u32) -> f32 {
    let y = row.y + u;
    let x = row.z + v;
    if (row.w == 0 || y < 0 || x < 0 || y >= i32(g.big_h) || x >= i32(g.big_w)) {
        return 0.0;
    }
    return big[u32(row.x + (y * i32(g.big_w) + x) * i32(g.big_c)) + c];
}

fn load_b(k: u32, n4: u32) -> vec4<f32> {
    let n = 4u * n4;
    let at = g.weight_offset + k * g.small_c + n;
    var b = vec4<f32>(0.0);
    if (n < g.small_c) { b.x = weight[at]; }
    if (n + 1u < g.small_c) { b.y = weight[at + 1u]; }
    if (n + 2u < g.small_c) { b.z = weight[at + 2u]; }
    if (n + 3u < g.small_c) { b.w = weight[at + 3u]; }
    return b;
}

fn store(m: u32, n4: u32, value: vec4<f32>) {
    if (m >= g.batch * g.small_h * g.small_w) {
        return;
    }
    let n = 4u * n4;
    let at = g.small_offset + m * g.small_c + n;
    if (n < g.small_c) { small[at] = value.x + bias_of(n); }
    if (n + 1u < g.small_c) { small[at + 1u] = value.y + bias_of(n + 1u); }
    if (n + 2u < g.small_c) { small[at + 2u] = value.z + bias_of(n + 2u); }
    if (n + 3u < g.small_c) { small[at + 3u] = value.w + bias_of(n + 3u); }
}

fn bias_of(n: u32) -> f32 {
    if (g.bias_offset == NO_BIAS) {
        return 0.0;
    }
    return bias[g.bias_offset + n];
}
