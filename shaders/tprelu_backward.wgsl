// Gradients of TPReLU, per channel with threshold a and slope s; at the kink x == a the lower branch holds:
//   dx = dy if x > a, else s*dy
//   da = sum over x <= a of (1-s)*dy        ds = sum over x <= a of (x-a)*dy
// each row of the sums times factor[row / scaled_by] where there are factors. dy is overwritten by dx. The sums go to
// partial[part, c] = (da, ds), zero where the parameter is held. x and dy are [rows, channels]; a workgroup takes 16
// neighbouring channels and `rows_per_part` rows, LANES at a time.
// use: shared/channel_sum

struct Params {
    rows: u32,
    channels: u32,
    rows_per_part: u32,
    offset: u32,           // first element in x and in dy
    pair_offset: u32,
    learn_threshold: u32,  // 0: a is held (PReLU, ReLU)
    learn_slope: u32,      // 0: s is held (TReLU, ReLU)
    output_offset: u32,    // first element in partial
    scaled_by: u32,        // rows per factor, or 0: no factors
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> params: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> factor: array<f32>;
@group(0) @binding(4) var<storage, read_write> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let c = group.x * 16u + lane % 16u;
    let end = min((group.y + 1u) * p.rows_per_part, p.rows);
    var sum = vec2<f32>(0.0);
    if (c < p.channels) {
        let a = params[p.pair_offset + 2u * c];
        let s = params[p.pair_offset + 2u * c + 1u];
        for (var row = group.y * p.rows_per_part + lane / 16u; row < end; row += LANES) {
            let i = p.offset + row * p.channels + c;
            let value = x[i];
            let gradient = dy[i];
            if (value <= a) {
                var share = gradient;
                if (p.scaled_by > 0u) {
                    share *= factor[row / p.scaled_by];
                }
                sum += share * vec2<f32>(1.0 - s, value - a);
                dy[i] = s * gradient;
            }
        }
    }
    let total = channel_sum(lane, sum);
    if (lane < 16u && c < p.channels) {
        let at = p.output_offset + 2u * (group.y * p.channels + c);
        partial[at] = select(0.0, total.x, p.learn_threshold != 0u);
        partial[at + 1u] = select(0.0, total.y, p.learn_slope != 0u);
    }
}
