// Transposed convolution, from the small image to the big one; the adjoint of conv.wgsl:
//   big[b,y,x,n] = bias[n] + sum_{u,v,c : i*stride - pad + u = y, j*stride - pad + v = x} small[b,i,j,c] * weight[u,v,n,c]
// Output pixels of one phase (y mod stride, x mod stride) meet the same taps u = u0, u0 + stride, ..., so each phase
// is a dense matrix product and nothing is multiplied by inserted zeros: row m = (b,p,q) with y = phase + p*stride,
// column n, depth k = (tap of the phase, c), one segment per tap. Also the data gradient of a convolution (small = dy).

@group(0) @binding(0) var<uniform> g: Geometry;
@group(0) @binding(1) var<storage, read> small: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> big: array<f32>;

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
        (max(g.kernel_h, u0) - u0 + g.stride - 1u) / g.stride,
        (max(g.kernel_w, v0) - v0 + g.stride - 1u) / g.stride,
    );
}

var<private> phase: Phase;

@compute @workgroup_size(WG_N, WG_M)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let here = phase_of(group.z);
    phase = here;
    if (here.rows * here.columns == 0u) {
        return; // An image smaller than the stride has phases without pixels.
    }
    product(group.xy, lane, 0u, here.taps_h * here.taps_w);
}

fn segment_length() -> u32 {
    return g.small_c;
}

fn segment_step() -> u32 {
    return 1u;
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

// Tap number `tap` of the phase reads one pixel of small.
fn segment(row: vec4<i32>, tap: u32) -> vec3<i32> {
    let i = row.y - i32(tap / phase.taps_w);
    let j = row.z - i32(tap % phase.taps_w);
    if (row.w == 0 || i < 0 || j < 0 || i >= i32(g.small_h) || j >= i32(g.small_w)) {
        return vec3<i32>(0);
    }
    return vec3<i32>(row.x + (i * i32(g.small_w) + j) * i32(g.small_c), 0, i32(g.small_c));
}

fn read_a(i: u32) -> f32 {
    return small[i];
}

fn load_b(tap: u32, c: u32, n4: u32) -> vec4<f32> {
    let u = phase.u0 + g.stride * (tap / phase.taps_w);
    let v = phase.v0 + g.stride * (tap % phase.taps_w);
    let at = g.weight_offset + (u * g.kernel_w + v) * g.big_c * g.small_c + c;
    let n = columns(n4, g.big_c) * g.small_c;
    return vec4<f32>(weight[at + n.x], weight[at + n.y], weight[at + n.z], weight[at + n.w]);
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
