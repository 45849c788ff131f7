// Convolution, from the big image to the small one:
//   small[b,i,j,n] = bias[n] + sum_{u,v,c} big[b, i*stride - pad + u, j*stride - pad + v, c] * weight[u,v,c,n]
// and what shared/epilogue.wgsl makes of it. As a matrix product: row m = (b,i,j), column n, depth k = (u,v,c); one
// segment per kernel row u, because the pixels (v,c) below a kernel row are neighbours in memory. Also the data gradient
// of a transposed convolution (big = dy) and, with 1x1 images, a linear layer.

@group(0) @binding(0) var<uniform> g: Geometry;
@group(0) @binding(1) var<storage, read> big: array<f32>;
@group(0) @binding(2) var<storage, read> big_quads: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> weight_quads: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> params: array<f32>;
@group(0) @binding(6) var<storage, read_write> pre: array<f32>;
@group(0) @binding(7) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WG_N, WG_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    product(group.xy, lane, 0u, g.kernel_h);
}

fn segment_length() -> u32 {
    return g.kernel_w * g.big_c;
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

fn load_a(s0: vec3<i32>, s1: vec3<i32>, s2: vec3<i32>, s3: vec3<i32>, j: u32) -> mat4x4<f32> {
    return mat4x4<f32>(along(s0, j), along(s1, j), along(s2, j), along(s3, j));
}

// Elements j..j+3 of a segment.
fn along(at: vec3<i32>, j: u32) -> vec4<f32> {
    if (QUADS_A) {
        let inside = is_inside(at, j);
        let quad = big_quads[select(0u, u32(at.x + i32(j)) / 4u, inside)];
        return select(vec4<f32>(0.0), quad, inside);
    }
    var quad = vec4<f32>(0.0);
    for (var i = 0u; i < 4u; i++) {
        quad = with_number(quad, i, element(at, j + i));
    }
    return quad;
}

fn element(at: vec3<i32>, j: u32) -> f32 {
    let inside = is_inside(at, j);
    let value = big[select(0u, u32(at.x + i32(j)), inside)];
    return select(0.0, value, inside);
}

fn load_b(u: u32, j: u32, n4: u32) -> mat4x4<f32> {
    return mat4x4<f32>(weights(u, j, n4), weights(u, j + 1u, n4), weights(u, j + 2u, n4), weights(u, j + 3u, n4));
}

fn weights(u: u32, j: u32, n4: u32) -> vec4<f32> {
    let length = segment_length();
    let at = g.weight_offset + (u * length + min(j, length - 1u)) * g.small_c;
    var b = vec4<f32>(0.0);
    if (QUADS_B) {
        b = weight_quads[at / 4u + min(n4, g.small_c / 4u - 1u)];
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
