//! Batch normalisation with given statistics and its gradients.

use super::compare::{Expected, Report, Tolerance};
use super::device::{dispatch, filled, poisoned, random};
use wn_gan::config::Statistics;
use wn_gan::device::Dispatch;
use wn_gan::kernels::{BatchNorm, BatchNormBackward, BatchNormSums, CHANNELS_PER_BLOCK, Kernel, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::batch_norm::{
    EPSILON, Moments, batch_norm as batch_norm_reference, batch_norm_backward as batch_norm_backward_reference,
};
use wn_gan::reference::layer::channel_affine::channel_affine;

/// Where x (with dy and dx), y and the pairs begin.
const X: usize = 9;
const Y: usize = 4;
const PAIRS: usize = 3;

/// Groups and the first of them in the statistics, images of a group, pixels, channels.
const CASES: [(usize, usize, usize, usize, usize); 5] =
    [(1, 0, 1, 2, 1), (1, 2, 3, 15, 17), (2, 0, 5, 63, 33), (2, 1, 3, 130, 17), (1, 1, 2, 9, 70)];

/// A layer with random statistics, which are far from zero in the first channel.
struct Problem {
    name: String,
    groups: usize,
    first_group: usize,
    images: usize,
    pixels: usize,
    channels: usize,
    /// [groups, rows, channels]
    x: Vec<f64>,
    dy: Vec<f64>,
    /// (bias, scale) per channel.
    pairs: Vec<f64>,
    /// (mean, 1/std) per group and channel.
    statistics: Vec<f64>,
}

impl Problem {
    fn new((groups, first_group, images, pixels, channels): (usize, usize, usize, usize, usize)) -> Problem {
        let shape = [groups, images * pixels, channels];
        let mut statistics = random(&[groups, channels, 2], 1).data;
        let mut x = random(&shape, 2).data;
        for (i, pair) in statistics.chunks_exact_mut(2).enumerate() {
            // 1/std in [1/2, 3/2).
            pair[1] = f64::from((1.0 + pair[1] / 2.0) as f32);
            if i % channels == 0 {
                pair[0] = f64::from((100.0 + pair[0] / 128.0) as f32);
                pair[1] *= 64.0;
            }
        }
        for value in x.iter_mut().step_by(channels) {
            *value = f64::from((100.0 + *value / 64.0) as f32);
        }
        Problem {
            name: format!("{groups} groups from {first_group}, {images} images of [{pixels}, {channels}]"),
            groups,
            first_group,
            images,
            pixels,
            channels,
            x,
            dy: random(&shape, 3).data,
            pairs: random(&[channels, 2], 4).data,
            statistics,
        }
    }

    fn rows(&self) -> usize {
        self.images * self.pixels
    }

    fn group_size(&self) -> usize {
        self.rows() * self.channels
    }

    /// Where the statistics of the first group begin.
    fn first(&self) -> usize {
        2 * self.first_group * self.channels
    }

    /// The first `rows` rows of a group in a buffer like x.
    fn group(&self, buffer: &[f64], group: usize, rows: usize) -> Tensor {
        let values = &buffer[group * self.group_size()..][..rows * self.channels];
        Tensor::new(&[rows, self.channels], values.to_vec())
    }

    /// A group's statistics as the reference wants them.
    fn moments(&self, group: usize) -> Moments {
        let pairs = || self.statistics[2 * group * self.channels..].chunks_exact(2).take(self.channels);
        Moments {
            mean: pairs().map(|pair| pair[0]).collect(),
            variance: pairs().map(|pair| pair[1].powi(-2) - EPSILON).collect(),
        }
    }

    /// Biases or scales.
    fn every_second(&self, first: usize) -> Vec<f64> {
        self.pairs[first..].iter().step_by(2).copied().collect()
    }

    /// Group and channel of element `i`, and x^ there.
    fn standard(&self, i: usize) -> (usize, usize, f64) {
        let (group, channel) = (i / self.group_size(), i % self.channels);
        let at = 2 * (group * self.channels + channel);
        (group, channel, (self.x[i] - self.statistics[at]) * self.statistics[at + 1])
    }
}

/// y = scale (x - mean)/std + bias; with the statistics (0, 1) the affine map per channel.
pub fn batch_norm(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for case in CASES {
        for identity in [false, true] {
            let mut problem = Problem::new(case);
            if identity {
                problem.statistics = [0.0, 1.0].repeat(problem.groups * problem.channels);
            }
            let params = BatchNorm {
                count: problem.x.len() as u32,
                channels: problem.channels as u32,
                group_size: problem.group_size() as u32,
                first_group: problem.first_group as u32,
                offset: X as u32,
                y_offset: Y as u32,
                pair_offset: PAIRS as u32,
            };
            let contents = [
                filled(PAIRS, &problem.pairs),
                filled(problem.first(), &problem.statistics),
                filled(X, &problem.x),
                poisoned(Y, problem.x.len()),
            ];
            let call = Dispatch::new(kernel, "test").params(&params).elements(problem.x.len());
            let after = dispatch(call, &Step::default(), &contents);
            let (scale, bias) = (problem.every_second(1), problem.every_second(0));
            let of_group = |group: usize| {
                let x = problem.group(&problem.x, group, problem.rows());
                match identity {
                    true => channel_affine(&x, &scale, &bias).data,
                    false => batch_norm_reference(&x, &problem.moments(group), &scale, &bias).data,
                }
            };
            let y: Vec<f64> = (0..problem.groups).flat_map(of_group).collect();
            // Difference, two products, sum.
            let tolerance = |i: usize| {
                let (_, c, standard) = problem.standard(i);
                Tolerance::rounded(2.0, (scale[c] * standard).abs() + bias[c].abs())
            };
            let expected = Expected::untouched(after[3].len()).at(Y, &y, tolerance);
            report.compare(&format!("{} identity {identity}", problem.name), &after[3], &expected);
        }
    }
    report
}

/// sum dy and sum dy x^ of each part of a group.
pub fn sums(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (case, rows_per_part) in CASES.into_iter().zip([256, 16, 256, 100, 7]) {
        let problem = Problem::new(case);
        let Problem { groups, channels, .. } = problem;
        let (rows, parts) = (problem.rows(), problem.rows().div_ceil(rows_per_part));
        let params = BatchNormSums {
            rows: rows as u32,
            channels: channels as u32,
            rows_per_part: rows_per_part as u32,
            first_group: problem.first_group as u32,
            offset: X as u32,
        };
        let grid = [params.channels.div_ceil(CHANNELS_PER_BLOCK), parts as u32, groups as u32];
        let contents = [
            filled(problem.first(), &problem.statistics),
            filled(X, &problem.x),
            filled(X, &problem.dy),
            poisoned(0, 2 * parts * groups * channels),
        ];
        let after = dispatch(Dispatch::new(kernel, "test").params(&params).grid(grid), &Step::default(), &contents);
        let mut sums = vec![0.0; 2 * parts * groups * channels];
        let mut sizes = sums.clone();
        for (i, dy) in problem.dy.iter().enumerate() {
            let (group, c, standard) = problem.standard(i);
            let part = i / channels % rows / rows_per_part;
            let at = 2 * ((part * groups + group) * channels + c);
            for (to, term) in [(at, *dy), (at + 1, dy * standard)] {
                sums[to] += term;
                sizes[to] += term.abs();
            }
        }
        // In a term of the second sum a difference and two products.
        let tolerance =
            |i: usize| Tolerance::summed(rows_per_part.min(rows), sizes[i]) + Tolerance::rounded(1.5, sizes[i]);
        let expected = Expected::untouched(after[3].len()).at(0, &sums, tolerance);
        report.compare(&format!("{} by {rows_per_part}", problem.name), &after[3], &expected);
    }
    report
}

/// dx in place of dy: with statistics of full batches and of batches of fewer images, and with given statistics.
pub fn backward(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for case in CASES {
        let problem = Problem::new(case);
        let Problem { groups, channels, pixels, images, .. } = problem;
        for (coupled, counted) in [(true, images), (true, images.div_ceil(2)), (false, images.div_ceil(2))] {
            let params = BatchNormBackward {
                count: problem.x.len() as u32,
                channels: channels as u32,
                pixels: pixels as u32,
                group_size: problem.group_size() as u32,
                first_group: problem.first_group as u32,
                offset: X as u32,
                pair_offset: PAIRS as u32,
                coupled: u32::from(coupled),
            };
            // Given statistics serve every image; those of the batch only the images that it was made of.
            let rows = if coupled { counted * pixels } else { problem.rows() };
            let source = if coupled { Statistics::Batch } else { Statistics::Running };
            let scale = problem.every_second(1);
            let (mut dx, mut sums) = (Vec::new(), Vec::new());
            for group in 0..groups {
                let [x, dy] = [&problem.x, &problem.dy].map(|buffer| problem.group(buffer, group, rows));
                let (of_group, dscale, dbias) =
                    batch_norm_backward_reference(&x, &dy, &problem.moments(group), &scale, source);
                dx.extend(of_group.data);
                dx.resize((group + 1) * problem.group_size(), 0.0);
                sums.extend(dbias.into_iter().zip(dscale).flat_map(|(bias, scale)| [bias, scale]));
            }
            let step = Step { rows: counted as u32, ..Step::default() };
            let contents = [
                filled(PAIRS, &problem.pairs),
                filled(problem.first(), &problem.statistics),
                if coupled { filled(0, &sums) } else { poisoned(0, sums.len()) },
                filled(X, &problem.x),
                filled(X, &problem.dy),
            ];
            let call = Dispatch::new(kernel, "test").params(&params).elements(problem.x.len());
            let after = dispatch(call, &step, &contents);
            // x^ 1, its sum 0.5, their product 0.5; sum of both 0.5 and the division 2.5; the difference 0.5; the outer
            // factor and its product 0.5 each.
            let tolerance = |i: usize| {
                let (group, c, standard) = problem.standard(i);
                let at = 2 * (group * channels + c);
                let outer = (scale[c] * problem.statistics[at + 1]).abs();
                let common = (sums[at].abs() + (standard * sums[at + 1]).abs()) / rows as f64;
                match (coupled, i % problem.group_size() / channels < rows) {
                    (_, false) => Tolerance::exact(),
                    (true, true) => Tolerance::rounded(6.5, outer * (problem.dy[i].abs() + common)),
                    (false, true) => Tolerance::rounded(1.0, dx[i]),
                }
            };
            let expected = Expected::untouched(after[4].len()).at(X, &dx, tolerance);
            let name = format!("{} coupled {coupled}, {counted} images", problem.name);
            report.compare(&name, &after[4], &expected);
        }
    }
    report
}
