// Second stage of batch statistics: parts are merged in order, and the running statistics move.
//   mean = sum n_p mean_p / n        var = sum (m2_p + n_p (mean_p - mean)^2) / n
//   statistics[group, c] = (mean, 1/sqrt(var + 1e-5))
//   running = running + momentum * (mean - running), with the unbiased var n/(n-1) for the running variance
// One invocation per channel; groups (real, then fake) move the running statistics one after the other.
// use: shared/elements, shared/step, shared/variance

struct Params {
    count: u32,         // channels
    pixels: u32,
    groups: u32,
    parts: u32,         // per group
    rows_per_part: u32,
    first_group: u32,   // of the statistics
    running_offset: u32,
    momentum: f32,      // 0: the running statistics stay
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<uniform> now: Step;
@group(0) @binding(2) var<storage, read> partial: array<f32>;
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>;
@group(0) @binding(4) var<storage, read_write> running: array<f32>;

fn element(c: u32) {
    let rows = now.rows * p.pixels;
    let n = f32(rows);
    for (var group = 0u; group < p.groups; group++) {
        var sum = 0.0;
        for (var part = 0u; part < p.parts; part++) {
            sum += rows_of(part, rows) * partial[2u * ((group * p.parts + part) * p.count + c)];
        }
        let mean = sum / n;
        var squares = 0.0;
        for (var part = 0u; part < p.parts; part++) {
            let at = 2u * ((group * p.parts + part) * p.count + c);
            let shift = partial[at] - mean;
            squares += partial[at + 1u] + rows_of(part, rows) * shift * shift;
        }
        let to = 2u * ((p.first_group + group) * p.count + c);
        statistics[to] = mean;
        statistics[to + 1u] = 1.0 / sqrt(squares / n + VARIANCE_EPS);
        let index = p.running_offset + 2u * c;
        if (p.momentum > 0.0) {
            running[index] += p.momentum * (mean - running[index]);
            running[index + 1u] += p.momentum * (squares / max(n - 1.0, 1.0) - running[index + 1u]);
        }
    }
}

// Rows of a part that count; 0 for parts behind a batch that is not full.
fn rows_of(part: u32, rows: u32) -> f32 {
    let begin = min(part * p.rows_per_part, rows);
    return f32(min(begin + p.rows_per_part, rows) - begin);
}
