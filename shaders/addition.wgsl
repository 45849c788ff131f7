// Weight-normalised addition of the second codebase's residual blocks, per channel with gates g0 (residue) and g1
// (shortcut):
//   y = (g0 x0 + g1 x1)/n        n = sqrt(g0^2 + g1^2 + 1e-6)
// x0, x1 and y are [rows, channels] and start at the same offset.
// use: shared/elements, shared/gate

struct Params {
    count: u32,       // rows * channels
    channels: u32,
    offset: u32,
    gate_offset: u32, // of (g0, g1) in params
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read> residue: array<f32>;
@group(0) @binding(3) var<storage, read> shortcut: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn element(i: u32) {
    let at = p.gate_offset + 2u * (i % p.channels);
    let gate = vec2<f32>(params[at], params[at + 1u]);
    let x = vec2<f32>(residue[p.offset + i], shortcut[p.offset + i]);
    y[p.offset + i] = dot(gate, x) / sqrt(dot(gate, gate) + GATE_EPS);
}
