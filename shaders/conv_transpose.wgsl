// Transposed convolution, from the small image to the big one; the adjoint of conv.wgsl:
//   big[b,y,x,n] = bias[n] + sum_{u,v,c : i*stride - pad + u = y, j*stride - pad + v = x} small[b,i,j,c] * weight[u,v,n,c]
// Output pixels of one phase (y mod stride, x mod stride) meet the same taps u = u0, u0 + stride, ..., so each phase
// is a dense matrix product and nothing is multiplied by inserted zeros: row m = (b,p,q) with y = phase + p*stride,
// column n, depth k = (tap of the phase, c). Also the data gradient of a convolution (small = dy).

@group(0) @binding(0) var<uniform> g: Geometry;
@group(0) @binding(1) var<storage, read> small: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> big: array<f32>;

const A_ALONG_K: bool = true;
const B_ALONG_K: bool = true;

struct Phase {
    y: u32,       // first row of big in this phase
    x: u32,
    rows: u32,    // rows of big in this phase
    columns: u32,
    u0: u32,      // first tap that meets this phase
    v0: u32,
    taps_h: u32,  // taps that meet it
    taps_w: u32,
}

fn phase_of(index: u32) -> Phase {
    let y = index / g.stride;
    let x = index % g.stride;
    let u0 = (y + g.pad_h) % g.stride;
    let v0 = (x + g.pad_w) % g.stride;
    return Phase(
        y, x,
        (g.big_h - y + g.stride - 1u) / g.stride,
        (g.big_w - x + g.stride - 1u) / g.stride,
        u0, v0,
        (g.kernel_h - u0 + g.stride - 1u) / g.stride,
        (g.kernel_w - v0 + g.stride - 1u) / g.stride,
    );
}

var<private> phase: Phase;

@compute @workgroup_size(WG_N, WG_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let here = phase_of(group.z);
    phase = here;
    let first_row = group.x * 4u * WG_M;
    let first_n4 = group.y * WG_N;
    let block = multiply(lane, first_row, first_n4, 0u, here.taps_h * here.taps_w * g.small_c);
    let m = first_row + 4u * (lane / WG_N);
    let n4 = first_n4 + lane % WG_N;
    store(m, n4, block.r0);
    store(m + 1u, n4, block.r1);
    store(m + 2u, n4, block.r2);
    store(m + 3u, n4, block.r3);
}

// (offset of the image in small, row of small met by the phase's first tap, column, 1 if the row exists)
fn describe_row(m: u32) -> vec4<i32> {
    let q = m % phase.columns;
    let p = (m / phase.columns) % phase.rows;
    let b = m / (phase.columns * phase.rows);
    return vec4<i32>(
        i32(g.small_offset + b * g.small_h * g.small_w * g.small_c),
        i32((phase.y + g.pad_h - phase.u0) / g.stride + p),
        i32((phase.x + g.pad_w - phase.v0) / g.stride + q),
        i32(b < g.batch),
    );
}

fn load_a(k: u32, m4: u32) -> vec4<f32> {
    let c = k % g.small_c;
    let tap = k / g.small_c;
    let up = i32(tap / phase.taps_w);
    let left = i32(tap % phase.taps_w);
    return vec4<f32>(
        pixel(rows[4u * m4], up, left, c),
        pixel(rows[4u * m4 + 1u], up, left, c),
        pixel(rows[4u * m4 + 2u], up, left, c),
        pixel(rows[4u * m4 + 3u], up, left, c),
    );
}

fn pixel(row: vec4<i32>, up: i32, left: i32, c: u32) -> f32 {
    let i = row.y - up;
    let j = row.z - left;
    if (row.w == 0 || i < 0 || j < 0 || i >= i32(g.small_h) || j >= i32(g.small_w)) {
        return 0.0;
    }
    return small[u32(row.x + (i * i32(g.small_w) + j) * i32(g.small_c)) + c];
}

fn load_b(k: u32, n4: u32) -> vec4<f32> {
    let c = k % g.small_c;
    let tap = k / g.small_c;
    let u = phase.u0 + g.stride * (tap / phase.taps_w);
    let v = phase.v0 + g.stride * (tap % phase.taps_w);
    let n = 4u * n4;
    let at = g.weight_offset + ((u * g.kernel_w + v) * g.big_c + n) * g.small_c + c;
    var b = vec4<f32>(0.0);
    if (n < g.big_c) { b.x = weight[at]; }
    if (n + 1u < g.big_c) { b.y = weight[at + g.small_c]; }
    if (n + 2u < g.big_c) { b.z = weight[at + 2u * g.small_c]; }
    if (n + 3u < g.big_c) { b.w = weight[at + 3u * g.small_c]; }
    return b;
}

fn store(m: u32, n4: u32, value: vec4<f32>) {
    let q = m % phase.columns;
    let p = (m / phase.columns) % phase.rows;
    let b = m / (phase.columns * phase.rows);
    if (b >= g.batch) {
        return;
    }
    let y = phase.y + p * g.stride;
    let x = phase.x + q * g.stride;
    let n = 4u * n4;
    let at = g.big_offset + ((b * g.big_h + y) * g.big_w + x) * g.big_c + n;
    if (n < g.big_c) { big[at] = value.x + bias_of(n); }
    if (n + 1u < g.big_c) { big[at + 1u] = value.y + bias_of(n + 1u); }
    if (n + 2u < g.big_c) { big[at + 2u] = value.z + bias_of(n + 2u); }
    if (n + 3u < g.big_c) { big[at + 3u] = value.w + bias_of(n + 3u); }
}

fn bias_of(n: u32) -> f32 {
    if (g.bias_offset == NO_BIAS) {
        return 0.0;
    }
    return bias[g.bias_offset + n];
}
