// First stage of batch statistics: mean and sum of squared deviations of each part of the rows, per channel and group.
//   mean_p = sum x / n        m2_p = sum (x - mean_p)^2
// Real and fake images are two groups with statistics of their own. x is [groups, rows, channels], where a group's
// first now.rows images count, each of `pixels` rows; a workgroup takes 16 neighbouring channels and `rows_per_part`
// rows of one group. Deviations are taken from the part's own mean, so nothing cancels. partial[group, part, c].
// use: shared/step, shared/channel_sum

struct Params {
    channels: u32,
    pixels: u32,
    group_rows: u32,    // rows from one group to the next
    rows_per_part: u32,
    x_offset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let c = group.x * 16u + lane % 16u;
    let exists = c < p.channels;
    let begin = group.y * p.rows_per_part;
    let end = min(begin + p.rows_per_part, now.rows * p.pixels);
    let first = p.x_offset + group.z * p.group_rows * p.channels + c;
    var sum = 0.0;
    if (exists) {
        for (var row = begin + lane / 16u; row < end; row += LANES) {
            sum += x[first + row * p.channels];
        }
    }
    let mean = channel_sum(lane, vec2<f32>(sum, 0.0)).x / max(f32(end) - f32(begin), 1.0);
    var squares = 0.0;
    if (exists) {
        for (var row = begin + lane / 16u; row < end; row += LANES) {
            let deviation = x[first + row * p.channels] - mean;
            squares += deviation * deviation;
        }
    }
    let m2 = channel_sum(lane, vec2<f32>(squares, 0.0)).x;
    if (lane < 16u && exists) {
        let at = 2u * ((group.z * groups.y + group.y) * p.channels + c);
        partial[at] = mean;
        partial[at + 1u] = m2;
    }
}
