// Gradient of the sigmoid, where y is its output, times factor[row / scaled_by] where there are factors:
//   dx = dy * y * (1 - y)
// beside y or in its place, and its sums over rows, the gradient of a bias before the sigmoid:
//   partial[part, c] = sum of dx[row, c]
// All are [rows, channels]; a workgroup takes 16 neighbouring channels and `rows_per_part` rows, LANES at a time.
// use: shared/channel_sum

struct Params {
    rows: u32,
    channels: u32,
    rows_per_part: u32,
    y_offset: u32,      // first element in y and in dy
    dx_offset: u32,
    output_offset: u32, // first element in partial, or NO_SUMS
    scaled_by: u32,     // rows per factor, or 0: no factors
    over_y: u32,        // 1: y lies where dx goes, and `y` is not read
}

const NO_SUMS: u32 = 0xffffffffu;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> factor: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let c = group.x * 16u + lane % 16u;
    let end = min((group.y + 1u) * p.rows_per_part, p.rows);
    var sum = 0.0;
    if (c < p.channels) {
        for (var row = group.y * p.rows_per_part + lane / 16u; row < end; row += LANES) {
            let i = row * p.channels + c;
            var value = 0.0;
            if (p.over_y != 0u) {
                value = dx[p.dx_offset + i];
            } else {
                value = y[p.y_offset + i];
            }
            var gradient = dy[p.y_offset + i];
            if (p.scaled_by > 0u) {
                gradient *= factor[row / p.scaled_by];
            }
            let pulled = gradient * value * (1.0 - value);
            dx[p.dx_offset + i] = pulled;
            sum += pulled;
        }
    }
    let total = channel_sum(lane, vec2<f32>(sum, 0.0));
    if (lane < 16u && c < p.channels && p.output_offset != NO_SUMS) {
        partial[p.output_offset + group.y * p.channels + c] = total.x;
    }
}
