// Convolution, from the big image to the small one:
//   small[b,i,j,n] = bias[n] + sum_{u,v,c} big[b, i*stride - pad + u, j*stride - pad + v, c] * weight[u,v,c,n]
// As a matrix product: row m = (b,i,j), column n, depth k = (u,v,c); one segment per kernel row u, because the pixels
// (v,c) below a kernel row are neighbours in memory. Also the data gradient of a transposed
// convolution (big = dy) and, with 1x1 images, a linear layer.

@group(0) @binding(0) var<uniform> g: Geometry;
@group(0) @binding(1) var<storage, read> big: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> small: array<f32>;

@compute @workgroup_size(WG_N, WG_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    product(group.xy, lane, 0u, g.kernel_h);
}

fn segment_length() -> u32 {
    return g.kernel_w * g.big_c;
}

fn segment_step() -> u32 {
    return 1u;
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

// Kernel row u reads image row y from column x on; columns outside the image count as zero.
fn segment(row: vec4<i32>, u: u32) -> vec3<i32> {
    let y = row.y + i32(u);
    let c = i32(g.big_c);
    if (row.w == 0 || y < 0 || y >= i32(g.big_h)) {
        return vec3<i32>(0);
    }
    return vec3<i32>(row.x + (y * i32(g.big_w) + row.z) * c, -row.z * c, (i32(g.big_w) - row.z) * c);
}

fn read_a(i: u32) -> f32 {
    return big[i];
}

fn load_b(u: u32, j: u32, n4: u32) -> vec4<f32> {
    let at = g.weight_offset + (u * g.kernel_w * g.big_c + j) * g.small_c;
    let n = columns(n4, g.small_c);
    return vec4<f32>(weight[at + n.x], weight[at + n.y], weight[at + n.z], weight[at + n.w]);
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
