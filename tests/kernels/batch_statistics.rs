//! Statistics of batch normalisation: of parts, of whole batches, and the running ones.
//!
//! A mean of n values near m is off by up to 4 sqrt(n) 2^-24 m (and a division), which a small deviation feels: with a
//! mean of 100 and a deviation of 0.01 the bound for 256 values is 4.1e-4, a 24th of the deviation; by so much may
//! normalised values be off. Sums of squared deviations from a mean that is off by d are too large by n d^2 only, so the
//! variance then is off by 1/590 of itself; a difference of mean squares would have lost all of it: 2^-24 of 100^2 is six
//! times the variance.

use super::compare::{Expected, Report, Tolerance};
use super::device::{bound, dispatch, filled, poisoned, random};
use wn_gan::device::Dispatch;
use wn_gan::kernels::{BatchNormMerge, BatchNormPartial, BatchNormRunning, CHANNELS_PER_BLOCK, Kernel, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::batch_norm::{EPSILON, MOMENTUM, Moments, moments};

/// Where inputs, running statistics and so on begin.
const X: usize = 7;
const RUNNING: usize = 5;
/// Marks what nobody may read in an input.
const HOLE: f64 = f64::NAN;

/// Groups; images of one, of which only the first count; pixels; channels; rows per part; mean and deviation of x.
struct Case {
    groups: usize,
    images: usize,
    counted: usize,
    pixels: usize,
    channels: usize,
    rows_per_part: usize,
    mean: f64,
    deviation: f64,
}

impl Case {
    fn name(&self) -> String {
        let Case { groups, images, counted, pixels, channels, mean, deviation, .. } = self;
        format!("{groups} groups, {counted} of {images} images of [{pixels}, {channels}], {mean} +- {deviation}")
    }

    /// Rows of a group, and those that count.
    fn rows(&self) -> [usize; 2] {
        [self.images * self.pixels, self.counted * self.pixels]
    }

    fn parts(&self) -> usize {
        self.rows()[0].div_ceil(self.rows_per_part)
    }

    /// The rows of part `part` that count.
    fn rows_of(&self, part: usize) -> std::ops::Range<usize> {
        let end = self.rows()[1];
        (part * self.rows_per_part).min(end)..((part + 1) * self.rows_per_part).min(end)
    }

    fn step(&self) -> Step {
        Step { rows: self.counted as u32, ..Step::default() }
    }
}

/// One value per channel; more than one part, the last of them not full; parts that the batch does not reach; means far
/// from zero.
fn cases() -> Vec<Case> {
    [
        (1, 1, 1, 1, 1, 256, 0.0, 1.0),
        (1, 3, 3, 15, 17, 256, 0.5, 1.0),
        (2, 5, 5, 63, 33, 256, -2.0, 0.5),
        (2, 7, 3, 20, 17, 32, 1.0, 2.0),
        (1, 9, 4, 77, 1, 100, 0.0, 1.0),
        (2, 4, 4, 200, 17, 256, 100.0, 0.01),
        (1, 2, 2, 130, 300, 256, -1.0, 0.1),
    ]
    .map(|(groups, images, counted, pixels, channels, rows_per_part, mean, deviation)| Case {
        groups,
        images,
        counted,
        pixels,
        channels,
        rows_per_part,
        mean,
        deviation,
    })
    .into()
}

/// How far a mean of these values may be from theirs: a sum and a division.
pub fn mean_tolerance(values: &[f64]) -> Tolerance {
    let count = values.len() as f64;
    let size = values.iter().map(|x| x.abs()).sum::<f64>() / count;
    Tolerance::summed(values.len(), size) + Tolerance::rounded(2.5, values.iter().sum::<f64>() / count)
}

/// The column of channel `c` of rows of `channels`.
fn column(rows: &[f64], channels: usize, c: usize) -> Vec<f64> {
    rows[c..].iter().step_by(channels).copied().collect()
}

/// Mean and sum of squared deviations of each part.
pub fn partial(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for case in cases() {
        let ([rows, counted], parts, channels) = (case.rows(), case.parts(), case.channels);
        let mut x = random(&[case.groups * rows, channels], 1)
            .map(|u| f64::from((case.mean + 3.0f64.sqrt() * case.deviation * u) as f32));
        for (i, value) in x.data.iter_mut().enumerate() {
            if i / channels % rows >= counted {
                *value = HOLE;
            }
        }
        let params = BatchNormPartial {
            channels: channels as u32,
            pixels: case.pixels as u32,
            group_rows: rows as u32,
            rows_per_part: case.rows_per_part as u32,
            x_offset: X as u32,
        };
        let grid = [params.channels.div_ceil(CHANNELS_PER_BLOCK), parts as u32, case.groups as u32];
        let call = Dispatch::new(kernel, "test").params(&params).grid(grid);
        let len = 2 * case.groups * parts * channels;
        let after = dispatch(call, &case.step(), &[filled(X, &x.data), poisoned(0, len)]);

        let (mut expected, mut tolerances) = (Vec::new(), Vec::new());
        for group in x.data.chunks_exact(rows * channels) {
            for part in (0..parts).map(|part| case.rows_of(part)) {
                let count = part.len();
                let rows = &group[part.start * channels..part.end * channels];
                if rows.is_empty() {
                    expected.extend(vec![0.0; 2 * channels]);
                    tolerances.extend(vec![Tolerance::exact(); 2 * channels]);
                    continue;
                }
                let reference = moments(&Tensor::new(&[count, channels], rows.to_vec()));
                for c in 0..channels {
                    let of_mean = mean_tolerance(&column(rows, channels, c));
                    // A difference, twice, and the square; the mean's own error counts by its square.
                    let squares = count as f64 * reference.variance[c];
                    let of_squares = Tolerance::summed(count, squares)
                        + Tolerance::rounded(1.5, squares)
                        + Tolerance::Within(count as f64 * bound(of_mean).powi(2));
                    expected.extend([reference.mean[c], squares]);
                    tolerances.extend([of_mean, of_squares]);
                }
            }
        }
        report.compare(
            &case.name(),
            &after[1],
            &Expected::untouched(after[1].len()).at(0, &expected, |i| tolerances[i]),
        );
    }
    report
}

/// Mean and sum of squared deviations of one channel of a batch, from those of its parts: `(count, mean, squares)`.
fn merged(parts: &[(f64, f64, f64)]) -> [(f64, Tolerance); 2] {
    let count: f64 = parts.iter().map(|(n, ..)| n).sum();
    let mean = parts.iter().map(|(n, mean, _)| n * mean).sum::<f64>() / count;
    let size = parts.iter().map(|(n, mean, _)| n * mean.abs()).sum::<f64>() / count;
    let of_mean = Tolerance::summed(parts.len(), size) + Tolerance::rounded(2.5, mean);
    let squares = parts.iter().map(|(n, m, squares)| squares + n * (m - mean).powi(2)).sum();
    // Of a part's shift half an ulp, twice, and two products; the part's sum. An error d of the mean adds n d^2: what is
    // linear in it cancels over the parts.
    let of_squares = Tolerance::summed(2 * parts.len(), squares)
        + Tolerance::rounded(2.0 + 0.5, squares)
        + Tolerance::Within(count * bound(of_mean).powi(2));
    [(mean, of_mean), (squares, of_squares)]
}

/// 1/sqrt(squares/count + eps): the quotient 2.5 and the sum 0.5 count half, then the root and its reciprocal.
pub fn inverse_deviation(count: f64, squares: f64, of_squares: Tolerance) -> (f64, Tolerance) {
    let variance = squares / count + EPSILON;
    let inverse = 1.0 / variance.sqrt();
    let from_squares = inverse / 2.0 * bound(of_squares) / count / variance;
    (inverse, Tolerance::Within(from_squares) + Tolerance::rounded(1.5 + 4.5 + 2.5, inverse))
}

/// A running value that follows `new`: a difference, a product, a sum; the momentum is off by an eighth of an ulp.
pub fn followed((old, of_old): (f64, Tolerance), (new, of_new): (f64, Tolerance)) -> (f64, Tolerance) {
    let moments = |mean: f64| Moments { mean: vec![mean], variance: vec![0.0] };
    let value = moments(old).moved(&moments(new), 2).mean[0];
    let moved = (value - old).abs();
    let inherited = (1.0 - MOMENTUM) * bound(of_old) + MOMENTUM * bound(of_new);
    (
        value,
        Tolerance::Within(inherited) + Tolerance::rounded(1.125, moved) + Tolerance::rounded(0.5, old.abs() + moved),
    )
}

/// Statistics of whole batches; the running ones move by every group, or stay.
pub fn merge(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for case in cases() {
        for (momentum, first_group) in [(0.1, 0), (0.0, 2), (0.1, 1)] {
            let ([_, counted], parts, channels) = (case.rows(), case.parts(), case.channels);
            let pairs = case.groups * parts * channels;
            let means = random(&[pairs], 1).map(|u| f64::from((case.mean + case.deviation * u) as f32));
            let squares = random(&[pairs], 2).map(|u| f64::from((case.deviation.powi(2) * (1.0 + u)) as f32));
            // Parts that the batch does not reach hold zeros.
            let counts = |i: usize| !case.rows_of(i / channels % parts).is_empty();
            let pair = |i: usize| if counts(i) { [means.data[i], squares.data[i]] } else { [0.0; 2] };
            let partial: Vec<f64> = (0..pairs).flat_map(pair).collect();
            let running = random(&[2 * channels], 3).data;
            let params = BatchNormMerge {
                count: channels as u32,
                pixels: case.pixels as u32,
                groups: case.groups as u32,
                parts: parts as u32,
                rows_per_part: case.rows_per_part as u32,
                first_group,
                running_offset: RUNNING as u32,
                momentum,
            };
            let begin = 2 * first_group as usize * channels;
            let contents =
                [filled(0, &partial), poisoned(begin, 2 * case.groups * channels), filled(RUNNING, &running)];
            let call = Dispatch::new(kernel, "test").params(&params).elements(channels);
            let after = dispatch(call, &case.step(), &contents);

            let mut statistics = vec![(0.0, Tolerance::exact()); 2 * case.groups * channels];
            let mut moved: Vec<_> = running.iter().map(|&value| (value, Tolerance::exact())).collect();
            for (group, of_group) in partial.chunks_exact(2 * parts * channels).enumerate() {
                for c in 0..channels {
                    let part = |part: usize| {
                        let at = 2 * (part * channels + c);
                        (case.rows_of(part).len() as f64, of_group[at], of_group[at + 1])
                    };
                    let counting: Vec<_> = (0..parts).map(part).filter(|(count, ..)| *count > 0.0).collect();
                    let [mean, (squares, of_squares)] = merged(&counting);
                    let n = counted as f64;
                    let at = 2 * (group * channels + c);
                    statistics[at] = mean;
                    statistics[at + 1] = inverse_deviation(n, squares, of_squares);
                    if momentum > 0.0 {
                        let free = (n - 1.0).max(1.0);
                        let unbiased = squares / free;
                        let of_unbiased =
                            Tolerance::Within(bound(of_squares) / free) + Tolerance::rounded(2.5, unbiased);
                        moved[2 * c] = followed(moved[2 * c], mean);
                        moved[2 * c + 1] = followed(moved[2 * c + 1], (unbiased, of_unbiased));
                    }
                }
            }
            let name = format!("{}, momentum {momentum}", case.name());
            for (what, words, offset, values) in
                [("statistics", &after[1], begin, &statistics), ("running", &after[2], RUNNING, &moved)]
            {
                let numbers: Vec<f64> = values.iter().map(|(value, _)| *value).collect();
                let expected = Expected::untouched(words.len()).at(offset, &numbers, |i| values[i].1);
                report.compare(&format!("{name}: {what}"), words, &expected);
            }
        }
    }
    report
}

/// Running statistics in every group's place.
pub fn running(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (groups, channels) in [(1, 1), (1, 17), (2, 33), (3, 300)] {
        let params = BatchNormRunning {
            count: (groups * channels) as u32,
            channels: channels as u32,
            running_offset: RUNNING as u32,
        };
        // Variances in [0, 2), one of them 0.
        let mut running = random(&[2 * channels], 1).data;
        running.iter_mut().skip(1).step_by(2).for_each(|variance| *variance = f64::from((1.0 + *variance) as f32));
        running[1] = 0.0;
        let call = Dispatch::new(kernel, "test").params(&params).elements(groups * channels);
        let len = 2 * groups * channels;
        let after = dispatch(call, &Step::default(), &[filled(RUNNING, &running), poisoned(0, len)]);
        let of_group: Vec<_> = running
            .chunks_exact(2)
            .flat_map(|pair| [(pair[0], Tolerance::exact()), inverse_deviation(1.0, pair[1], Tolerance::exact())])
            .collect();
        let values = of_group.repeat(groups);
        let numbers: Vec<f64> = values.iter().map(|(value, _)| *value).collect();
        let expected = Expected::untouched(after[1].len()).at(0, &numbers, |i| values[i].1);
        report.compare(&format!("{groups} groups of {channels}"), &after[1], &expected);
    }
    report
}
