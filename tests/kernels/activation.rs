//! TPReLU with its special cases, and the sigmoid.

use super::compare::{Expected, Report, Tolerance};
use super::device::{abs, dispatch, filled, poisoned, random};
use wn_gan::device::Dispatch;
use wn_gan::kernels::{CHANNELS_PER_BLOCK, Kernel, Sigmoid, SigmoidBackward, Step, Tprelu, TpreluBackward, constants};
use wn_gan::reference::Tensor;
use wn_gan::reference::column_sum::column_sum as column_sum_reference;
use wn_gan::reference::layer::sigmoid::{
    logistic, sigmoid as sigmoid_reference, sigmoid_backward as sigmoid_backward_reference,
};
use wn_gan::reference::layer::tprelu::{tprelu as tprelu_reference, tprelu_backward as tprelu_backward_reference};

/// Where x (with y, dy, dx) and the pairs begin.
const X: usize = 7;
const PAIRS: usize = 5;

/// (threshold learns, slope learns): ReLU, PReLU, TReLU, TPReLU. What does not learn is 0 here.
const KINDS: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

/// Rows, channels and rows per part of the gradient's sums, and rows per factor, or 0.
const SIZES: [(usize, usize, usize, usize); 4] = [(1, 1, 256, 0), (37, 3, 16, 5), (259, 17, 256, 0), (33, 70, 20, 1)];
/// Where partial sums begin.
const SUMS: usize = 8;

struct Problem {
    name: String,
    x: Tensor,
    threshold: Vec<f64>,
    slope: Vec<f64>,
}

impl Problem {
    /// Every third x lies exactly on its channel's threshold, and of the rest every second one a step above it.
    fn new((rows, channels): (usize, usize), (learn_threshold, learn_slope): (bool, bool)) -> Problem {
        let part = |learns: bool, values: Tensor| values.data.iter().map(|v| if learns { *v } else { 0.0 }).collect();
        let threshold: Vec<f64> = part(learn_threshold, random(&[channels], 1));
        // Slopes in [0, 1], both ends among them.
        let mut slope: Vec<f64> = part(learn_slope, abs(&random(&[channels], 2)));
        if learn_slope && channels > 2 {
            slope[1] = 1.0;
            slope[2] = 0.0;
        }
        let mut x = random(&[rows, channels], 3);
        for (i, value) in x.data.iter_mut().enumerate() {
            let a = threshold[i % channels];
            match i % 6 {
                0 | 3 => *value = a,
                // Above 0 the smallest normal number, because smaller ones may be flushed to 0.
                1 if a == 0.0 => *value = f64::from(f32::MIN_POSITIVE),
                1 => *value = f64::from((a as f32).next_up()),
                _ => {}
            }
        }
        let name = format!("[{rows}, {channels}] threshold {learn_threshold} slope {learn_slope}");
        Problem { name, x, threshold, slope }
    }

    /// (threshold, slope) of every channel.
    fn pairs(&self) -> Vec<f64> {
        self.threshold.iter().zip(&self.slope).flat_map(|(&a, &s)| [a, s]).collect()
    }

    /// Whether element `i` is on the lower side, with its channel's threshold and slope.
    fn lower(&self, i: usize) -> (bool, f64, f64) {
        let channel = i % self.threshold.len();
        (self.x.data[i] <= self.threshold[channel], self.threshold[channel], self.slope[channel])
    }
}

/// y = TPReLU(x).
pub fn tprelu(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (rows, channels, ..) in SIZES {
        for kind in KINDS {
            let problem = Problem::new((rows, channels), kind);
            let count = rows * channels;
            let params =
                Tprelu { count: count as u32, channels: channels as u32, offset: X as u32, pair_offset: PAIRS as u32 };
            let call = Dispatch::new(kernel, "test").params(&params).elements(count);
            let contents = [filled(PAIRS, &problem.pairs()), filled(X, &problem.x.data), poisoned(X, count)];
            let after = dispatch(call, &Step::default(), &contents);
            let y = tprelu_reference(&problem.x, &problem.slope, &problem.threshold);
            // Above the threshold x passes unchanged. Below, s*x, 1-s, its product with a and the sum are rounded:
            // at most three of these roundings meet in one term.
            let tolerance = |i: usize| match problem.lower(i) {
                (false, ..) => Tolerance::exact(),
                (true, a, s) => Tolerance::rounded(1.5, (s * problem.x.data[i]).abs() + ((1.0 - s) * a).abs()),
            };
            report.compare(&problem.name, &after[2], &Expected::untouched(after[2].len()).at(X, &y.data, tolerance));
        }
    }
    report
}

/// dx in place of dy, and the partial sums for thresholds and slopes.
pub fn tprelu_backward(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (rows, channels, rows_per_part, scaled_by) in SIZES {
        for (learn_threshold, learn_slope) in KINDS {
            let problem = Problem::new((rows, channels), (learn_threshold, learn_slope));
            let dy = random(&[rows, channels], 4);
            let factors = random(&[rows], 5).data;
            let factor = |i: usize| (i / channels).checked_div(scaled_by).map_or(1.0, |number| factors[number]);
            let scaled = Tensor::new(&dy.shape, dy.data.iter().enumerate().map(|(i, dy)| dy * factor(i)).collect());
            let params = TpreluBackward {
                rows: rows as u32,
                channels: channels as u32,
                rows_per_part: rows_per_part as u32,
                offset: X as u32,
                pair_offset: PAIRS as u32,
                learn_threshold: u32::from(learn_threshold),
                learn_slope: u32::from(learn_slope),
                output_offset: SUMS as u32,
                scaled_by: scaled_by as u32,
            };
            let parts = rows.div_ceil(rows_per_part);
            let grid = [params.channels.div_ceil(CHANNELS_PER_BLOCK), parts as u32, 1];
            let call = Dispatch::new(kernel, "test").params(&params).grid(grid);
            let contents = [
                filled(PAIRS, &problem.pairs()),
                filled(X, &problem.x.data),
                filled(0, &factors),
                filled(X, &dy.data),
                poisoned(SUMS, 2 * parts * channels),
            ];
            let after = dispatch(call, &Step::default(), &contents);

            let dx = tprelu_backward_reference(&problem.x, &dy, &problem.slope, &problem.threshold).0.data;
            let (mut sums, mut magnitudes) = (Vec::new(), Vec::new());
            let part_of = |t: &Tensor, part: usize| {
                let begin = part * rows_per_part * channels;
                let data = t.data[begin..t.data.len().min(begin + rows_per_part * channels)].to_vec();
                Tensor::new(&[data.len() / channels, channels], data)
            };
            for part in 0..parts {
                let (x, dy) = (part_of(&problem.x, part), part_of(&scaled, part));
                let (_, ds, da) = tprelu_backward_reference(&x, &dy, &problem.slope, &problem.threshold);
                // With |dy| every term of either sum has one sign: (1-s) >= 0 and x-a <= 0.
                let (_, ds_abs, da_abs) = tprelu_backward_reference(&x, &abs(&dy), &problem.slope, &problem.threshold);
                let of = |learns: bool, value: f64| if learns { value } else { 0.0 };
                for c in 0..channels {
                    sums.extend([of(learn_threshold, da[c]), of(learn_slope, ds[c])]);
                    magnitudes.extend([of(learn_threshold, da_abs[c]), of(learn_slope, ds_abs[c])]);
                }
            }
            let tolerance = |i: usize| match problem.lower(i) {
                (false, ..) => Tolerance::exact(),
                (true, ..) => Tolerance::rounded(0.5, dx[i]),
            };
            let name = &problem.name;
            let expected = Expected::untouched(after[3].len()).at(X, &dx, tolerance);
            report.compare(&format!("{name}: dx"), &after[3], &expected);
            let terms = rows_per_part.min(rows);
            // Besides the sum's own rounding that of each product with a factor.
            let tolerance = |i: usize| Tolerance::summed(terms, magnitudes[i]) + Tolerance::rounded(0.5, magnitudes[i]);
            let expected = Expected::untouched(after[4].len()).at(SUMS, &sums, tolerance);
            report.compare(&format!("{name}: sums"), &after[4], &expected);
        }
    }
    report
}

/// The largest loss of `exp(-|x|)` in the sigmoid of `x`, relative to the sigmoid and in ulps: `3 + 2|x|`, times the
/// share that the exponential has in the result.
fn exponential_ulps(x: f64) -> f64 {
    (3.0 + 2.0 * x.abs()) * logistic(-x)
}

/// Ulps that `select(e, 1, x >= 0) / (1 + e)` loses: the exponential's, half a one of the sum, 2.5 of the division.
pub fn sigmoid_ulps(x: f64) -> f64 {
    exponential_ulps(x) + 3.0
}

/// y = sigmoid(x), from one end of its range to the other.
pub fn sigmoid(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    let mut x = random(&[301], 1).map(|v| 20.0 * v);
    let ends = [-1e4, -90.0, -1.0, 0.0, 1.0, 90.0, 1e4];
    x.data[50..50 + ends.len()].copy_from_slice(&ends);
    let x = x.map(|v| f64::from(v as f32));
    let count = x.data.len();
    let params = Sigmoid { count: count as u32, x_offset: 9, y_offset: 4 };
    let call = Dispatch::new(kernel, "test").params(&params).elements(count);
    let after = dispatch(call, &Step::default(), &[filled(9, &x.data), poisoned(4, count)]);
    let y = sigmoid_reference(&x).data;
    let tolerance = |i: usize| Tolerance::rounded(sigmoid_ulps(x.data[i]), y[i]);
    report.compare("sigmoid", &after[1], &Expected::untouched(after[1].len()).at(4, &y, tolerance));
    report
}

/// dx = dy y (1 - y), the ends y = 0 and y = 1 among them, beside y or in its place, and its sums over rows, where they
/// are wanted.
pub fn sigmoid_backward(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (rows, channels, rows_per_part, scaled_by) in SIZES {
        for (has_sums, over_y) in [(true, false), (false, false), (true, true)] {
            let mut y = abs(&random(&[rows, channels], 1));
            y.data[0] = 0.0;
            if let Some(value) = y.data.get_mut(1) {
                *value = 1.0;
            }
            let dy = random(&[rows, channels], 2);
            let factors = random(&[rows], 3).data;
            let factor = |i: usize| (i / channels).checked_div(scaled_by).map_or(1.0, |number| factors[number]);
            let parts = rows.div_ceil(rows_per_part);
            let params = SigmoidBackward {
                rows: rows as u32,
                channels: channels as u32,
                rows_per_part: rows_per_part as u32,
                y_offset: 6,
                dx_offset: 3,
                output_offset: if has_sums { SUMS as u32 } else { constants::NO_SUMS },
                scaled_by: scaled_by as u32,
                over_y: u32::from(over_y),
            };
            let grid = [params.channels.div_ceil(CHANNELS_PER_BLOCK), parts as u32, 1];
            let call = Dispatch::new(kernel, "test").params(&params).grid(grid);
            let contents = [
                if over_y { poisoned(6, rows * channels) } else { filled(6, &y.data) },
                filled(6, &dy.data),
                filled(0, &factors),
                if over_y { filled(3, &y.data) } else { poisoned(3, rows * channels) },
                poisoned(SUMS, parts * channels),
            ];
            let after = dispatch(call, &Step::default(), &contents);
            let scaled = Tensor::new(&dy.shape, dy.data.iter().enumerate().map(|(i, dy)| dy * factor(i)).collect());
            let dx = sigmoid_backward_reference(&y, &scaled).data;
            let name =
                format!("[{rows}, {channels}] by {rows_per_part}, {scaled_by}, sums {has_sums}, over y {over_y}");
            // One difference and three products.
            let expected = Expected::untouched(after[3].len()).at(3, &dx, |i| Tolerance::rounded(2.0, dx[i]));
            report.compare(&format!("{name}: dx"), &after[3], &expected);
            let mut expected = Expected::untouched(after[4].len());
            if has_sums {
                let of_parts = |t: &[f64]| -> Vec<f64> {
                    let part =
                        |t: &[f64]| column_sum_reference(&Tensor::new(&[t.len() / channels, channels], t.to_vec()));
                    t.chunks(rows_per_part * channels).flat_map(part).collect()
                };
                let magnitudes = of_parts(&dx.iter().map(|dx| dx.abs()).collect::<Vec<_>>());
                let terms = rows_per_part.min(rows);
                expected = expected.at(SUMS, &of_parts(&dx), |i| {
                    Tolerance::summed(terms, magnitudes[i]) + Tolerance::rounded(2.0, magnitudes[i])
                });
            }
            report.compare(&format!("{name}: sums"), &after[4], &expected);
        }
    }
    report
}
