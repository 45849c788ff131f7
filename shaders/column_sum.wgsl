// First stage of a bias gradient: partial[part, c] = sum of dy[row, c] over the rows of the part, each row times
// factor[row / scaled_by] where there are factors.
// dy is [rows, channels]; a workgroup takes 16 neighbouring channels and `rows_per_part` rows, LANES at a time.
// use: shared/channel_sum

struct Params {
    rows: u32,
    channels: u32,
    rows_per_part: u32,
    dy_offset: u32,
    output_offset: u32,
    scaled_by: u32,     // rows per factor, or 0: no factors
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let c = group.x * 16u + lane % 16u;
    let end = min((group.y + 1u) * p.rows_per_part, p.rows);
    var sum = 0.0;
    if (c < p.channels) {
        for (var row = group.y * p.rows_per_part + lane / 16u; row < end; row += LANES) {
            var value = dy[p.dy_offset + row * p.channels + c];
            if (p.scaled_by > 0u) {
                value *= factor[row / p.scaled_by];
            }
            sum += value;
        }
    }
    let total = channel_sum(lane, vec2<f32>(sum, 0.0));
    if (lane < 16u && c < p.channels) {
        partial[p.output_offset + group.y * p.channels + c] = total.x;
    }
}
