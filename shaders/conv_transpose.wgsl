// Transposed convolution, from the small image to the big one; the adjoint of conv.wgsl:
//   big[b,y,x,n] = bias[n] + sum_{u,v,c : i*stride - pad + u = y, j*stride - pad + v = x} small[b,i,j,c] * weight[u,v,n,c]
// and what shared/epilogue.wgsl makes of it.
// Output pixels of one phase (y mod stride, x mod stride) meet the same taps u = u0, u0 + stride, ..., so each phase
// is a dense matrix product and nothing is multiplied by inserted zeros: row m = (b,p,q) with y = phase + p*stride,
// column n, depth k = (tap of the phase, c), one K-run per tap. Also the data gradient of a convolution (small = dy).
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
    gemm(group.xy, lane, 0u, here.taps_h * here.taps_w);
}

fn k_runs_across() -> u32 {
    return phase.taps_w;
}

fn k_run_length() -> u32 {
    return g.small_c;
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

// Tap (row, column) of the phase reads one pixel of small.
fn k_run(row: vec4<i32>, tap: vec2<u32>) -> vec3<i32> {
    let i = row.y - i32(tap.x);
    let j = row.z - i32(tap.y);
    if (row.w == 0 || i < 0 || j < 0 || i >= i32(g.small_h) || j >= i32(g.small_w)) {
        return vec3<i32>(0);
    }
    return vec3<i32>(row.x + (i * i32(g.small_w) + j) * i32(g.small_c), 0, i32(g.small_c));
}

// Four columns' weights are read along the depth, their last axis.
fn load_b(tap: vec2<u32>, j: u32, n4: u32) -> mat4x4<f32> {
    let u = phase.u0 + g.stride * tap.x;
    let v = phase.v0 + g.stride * tap.y;
    let at = g.weight_offset + (u * g.kernel_w + v) * g.big_c * g.small_c;
    let n = vec4<u32>(at) + columns(n4, g.big_c) * g.small_c;
    return transpose(mat4x4<f32>(weights(n.x, j), weights(n.y, j), weights(n.z, j), weights(n.w, j)));
}

// Depths j..j+3 of the column that begins at `at`, zero beyond its end.
fn weights(at: u32, j: u32) -> vec4<f32> {
    if (VEC4_B) {
        let four = weight_vec4[(at + min(j, g.small_c - 4u)) / 4u];
        return select(vec4<f32>(0.0), four, j < g.small_c);
    }
    var b = vec4<f32>(0.0);
    for (var i = 0u; i < 4u; i++) {
        let value = weight[at + min(j + i, g.small_c - 1u)];
        b = with_number(b, i, select(0.0, value, j + i < g.small_c));
    }
    return b;
}

fn describe_columns(n4: u32) -> Columns {
    return describe_channels(n4, g.big_c);
}

fn store(m: u32, known: Columns, value: vec4<f32>) {
    let q = m % phase.columns;
    let p = (m / phase.columns) % phase.rows;
    let b = m / (phase.columns * phase.rows);
    if (b < g.batch) {
        let y = phase.y + p * g.stride;
        let x = phase.x + q * g.stride;
        finish(((b * g.big_h + y) * g.big_w + x) * g.big_c, known, value);
    }
}
