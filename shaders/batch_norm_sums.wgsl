// Partial sums of batch normalisation's gradients, with x^ = (x - mean)/std:
//   partial[part, group, c] = (sum dy, sum dy x^) over the rows of the part
// They become the gradients of (bias, scale) when parts and groups are added up, and, added up within a group, what
// the gradient of x needs. x and dy are [groups, rows, channels]; a workgroup takes 16 neighbouring channels and
// `rows_per_part` rows of one group.
// use: shared/channel_sum

struct Params {
    rows: u32,          // of one group
    channels: u32,
    rows_per_part: u32,
    first_group: u32,   // of the statistics
    offset: u32,        // first element in x and in dy
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> statistics: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let c = group.x * 16u + lane % 16u;
    let end = min((group.y + 1u) * p.rows_per_part, p.rows);
    var sum = vec2<f32>(0.0);
    if (c < p.channels) {
        let index = 2u * ((p.first_group + group.z) * p.channels + c);
        let mean = statistics[index];
        let inverse = statistics[index + 1u];
        for (var row = group.y * p.rows_per_part + lane / 16u; row < end; row += LANES) {
            let i = p.offset + (group.z * p.rows + row) * p.channels + c;
            sum += dy[i] * vec2<f32>(1.0, (x[i] - mean) * inverse);
        }
    }
    let total = channel_sum(lane, sum);
    if (lane < 16u && c < p.channels) {
        let at = 2u * ((group.y * groups.z + group.z) * p.channels + c);
        partial[at] = total.x;
        partial[at + 1u] = total.y;
    }
}
