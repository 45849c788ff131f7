// Gradients of the weight-normalised addition. With g = (g0, g1), n = sqrt(|g|^2 + 1e-6) and h = sum dy (x0, x1):
//   dx0 = dy g0/n        dx1 = dy g1/n        dg = (h - g <g, h>/n^2)/n
// dy is overwritten by dx1, dx0 is written beside it. dg is linear in h, so each part of the sum is pulled back by
// itself: partial[part, c] = (dg0, dg1). A workgroup takes 16 neighbouring channels and `rows_per_part` rows.
// use: shared/gate, shared/channel_sum

struct Params {
    rows: u32,
    channels: u32,
    rows_per_part: u32,
    offset: u32,      // first element in x0, x1, dy and dx0
    gate_offset: u32,
    output_offset: u32, // first element in partial
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read> residue: array<f32>;
@group(0) @binding(3) var<storage, read> shortcut: array<f32>;
@group(0) @binding(4) var<storage, read_write> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dresidue: array<f32>;
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let c = group.x * 16u + lane % 16u;
    let end = min((group.y + 1u) * p.rows_per_part, p.rows);
    var gate = vec2<f32>(0.0);
    var sum = vec2<f32>(0.0);
    if (c < p.channels) {
        gate = vec2<f32>(params[p.gate_offset + 2u * c], params[p.gate_offset + 2u * c + 1u]);
        let share = gate / sqrt(dot(gate, gate) + GATE_EPS);
        for (var row = group.y * p.rows_per_part + lane / 16u; row < end; row += LANES) {
            let i = p.offset + row * p.channels + c;
            let gradient = dy[i];
            sum += gradient * vec2<f32>(residue[i], shortcut[i]);
            dresidue[i] = share.x * gradient;
            dy[i] = share.y * gradient;
        }
    }
    let h = channel_sum(lane, sum);
    if (lane < 16u && c < p.channels) {
        let squares = dot(gate, gate) + GATE_EPS;
        let pulled = (h - gate * (dot(gate, h) / squares)) / sqrt(squares);
        let at = p.output_offset + 2u * (group.y * p.channels + c);
        partial[at] = pulled.x;
        partial[at + 1u] = pulled.y;
    }
}
