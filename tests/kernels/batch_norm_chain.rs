//! Batch normalisation as `nn` dispatches it, stage after stage, against its f64 twin.

use crate::checks::batch_statistics::{followed, inverse_deviation};
use crate::checks::compare::{Expected, POISON, Report, Tolerance};
use crate::checks::device::{bound, download, filled, poisoned, random, run, upload};
use wn_gan::config::Statistics;
use wn_gan::kernels::Step;
use wn_gan::nn::batch_norm::{Groups, Source};
use wn_gan::nn::sums;
use wn_gan::nn::{LayerSpec, Op, Shape};
use wn_gan::reference::Tensor;
use wn_gan::reference::batch_norm::{Moments, batch_norm, moments};
use wn_gan::reference::batch_norm_backward::batch_norm_backward;

const SHAPE: Shape = Shape::new(9, 7, 17);
const CHANNELS: usize = SHAPE.c as usize;
/// Rows that `nn` adds up in one part.
const PART: usize = 256;
/// Where x (with y and dx), the pairs and the running statistics begin.
const X: usize = 23;
const PAIRS: usize = 6;
const STATE: usize = 4;

/// One group of images, and what rounding may do to its statistics. Images that do not count are zeros in x and dy.
struct Group {
    counted: usize,
    x: Tensor,
    dy: Tensor,
    /// The twin's moments.
    moments: Moments,
    /// Mean, sum of squared deviations and 1/std of every channel, with their tolerances.
    mean: Vec<(f64, Tolerance)>,
    squares: Vec<(f64, Tolerance)>,
    inverse: Vec<(f64, Tolerance)>,
}

impl Group {
    fn new([rows, counted]: [usize; 2], mean: f64, deviation: f64, stream: u32) -> Group {
        let uniform = random(&[counted, CHANNELS], stream);
        let x = uniform.map(|u| f64::from((mean + 3.0f64.sqrt() * deviation * u) as f32));
        let (twin, count, parts) = (moments(&x), counted as f64, counted.div_ceil(PART));
        // A part's sum and its quotient, the weighted sum of parts and its quotient.
        let stages = |size: f64| Tolerance::summed(PART.min(counted), size) + Tolerance::summed(parts, size);
        let size = moments(&x.map(f64::abs)).mean;
        let mean: Vec<_> =
            (0..CHANNELS).map(|c| (twin.mean[c], stages(size[c]) + Tolerance::rounded(5.0, size[c]))).collect();
        // An error d of a mean adds n d^2, of the parts' means and of the batch's.
        let squares: Vec<_> = (0..CHANNELS)
            .map(|c| {
                let squares = count * twin.variance[c];
                let shifted = Tolerance::Within(2.0 * count * bound(mean[c].1).powi(2));
                (squares, stages(squares) + Tolerance::rounded(1.5 + 2.5, squares) + shifted)
            })
            .collect();
        let inverse =
            squares.iter().map(|&(squares, tolerance)| inverse_deviation(count, squares, tolerance)).collect();
        let whole = |tensor: Tensor| {
            let mut data = tensor.data;
            data.resize(rows * CHANNELS, 0.0);
            Tensor::new(&[rows, CHANNELS], data)
        };
        let dy = whole(random(&[counted, CHANNELS], stream + 1));
        Group { counted, x: whole(x), dy, moments: twin, mean, squares, inverse }
    }

    /// The same images under running statistics.
    fn given(self, running: &Moments) -> Group {
        let exact = |values: &[f64]| values.iter().map(|&value| (value, Tolerance::exact())).collect::<Vec<_>>();
        let inverse = running.variance.iter().map(|&v| inverse_deviation(1.0, v, Tolerance::exact())).collect();
        Group { mean: exact(&running.mean), moments: running.clone(), inverse, ..self }
    }

    /// The rows of `tensor` that count.
    fn counting(&self, tensor: &Tensor) -> Tensor {
        Tensor::new(&[self.counted, CHANNELS], tensor.data[..self.counted * CHANNELS].to_vec())
    }

    /// x^ of element `i`, and how far it may be off.
    fn standard(&self, i: usize) -> (f64, f64) {
        let c = i % CHANNELS;
        let ((mean, of_mean), (inverse, of_inverse)) = (self.mean[c], self.inverse[c]);
        let standard = (self.x.data[i] - mean) * inverse;
        let error = inverse * bound(of_mean) + standard.abs() * bound(of_inverse) / inverse;
        (standard, error + bound(Tolerance::rounded(1.0, standard)))
    }

    /// (sum dy, sum dy x^) of channel `c`, and how far they may be off.
    fn sums(&self, c: usize) -> [(f64, f64); 2] {
        let rows = self.x.shape[0];
        let mut sums = [(0.0, 0.0); 2];
        let mut sizes = [0.0; 2];
        for i in (c..self.x.data.len()).step_by(CHANNELS) {
            let (dy, (standard, error)) = (self.dy.data[i], self.standard(i));
            sums[0].0 += dy;
            sums[1].0 += dy * standard;
            sums[1].1 += dy.abs() * error;
            sizes[0] += dy.abs();
            sizes[1] += (dy * standard).abs();
        }
        for (sum, size) in sums.iter_mut().zip(sizes) {
            let adding = Tolerance::summed(PART.min(rows), size) + Tolerance::summed(rows.div_ceil(PART), size);
            sum.1 += bound(adding + Tolerance::rounded(0.5, size));
        }
        sums
    }
}

/// Means near 0 and far from it, two groups of which the statistics' buffer holds one before; a batch that is not full;
/// running statistics.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn batch_normalisation_follows_its_twin_from_statistics_to_gradients() {
    let mut report = Report::default();
    for (source, first, count, images, counted, mean, deviation) in [
        (Source::Training, 0, 1, 3, 3, 0.5, 1.0),
        (Source::Training, 1, 2, 5, 5, -1.0, 0.5),
        (Source::Training, 0, 2, 5, 5, 100.0, 0.01),
        (Source::Batch, 0, 1, 5, 3, 0.0, 2.0),
        (Source::Running, 0, 1, 5, 3, 0.0, 1.0),
    ] {
        let name =
            format!("{source:?}, {count} groups from {first}, {counted} of {images} images, {mean} +- {deviation}");
        check_batch_norm(&name, source, [first, count], [images, counted], [mean, deviation], &mut report);
    }
    report.none();
}

fn check_batch_norm(
    name: &str,
    source: Source,
    [first, count]: [usize; 2],
    [images, counted]: [usize; 2],
    [mean, deviation]: [f64; 2],
    report: &mut Report,
) {
    let pixels = (SHAPE.h * SHAPE.w) as usize;
    let (rows, counted_rows) = (images * pixels, counted * pixels);
    let pairs = random(&[CHANNELS, 2], 1).data;
    let half = |first: usize| pairs[first..].iter().step_by(2).copied().collect::<Vec<_>>();
    let (bias, scale) = (half(0), half(1));
    let state: Vec<f64> = random(&[2 * CHANNELS], 2).data.iter().map(|v| f64::from((v.abs() + 0.5) as f32)).collect();
    let running = Moments {
        mean: state.iter().step_by(2).copied().collect(),
        variance: state[1..].iter().step_by(2).copied().collect(),
    };
    let group = |number: usize| {
        let group = Group::new([rows, counted_rows], mean, deviation, 3 + 2 * number as u32);
        if source == Source::Running { group.given(&running) } else { group }
    };
    let groups: Vec<Group> = (0..count).map(group).collect();
    let whole =
        |part: fn(&Group) -> &Tensor| groups.iter().flat_map(|group| part(group).data.clone()).collect::<Vec<_>>();

    let spec = LayerSpec { name: name.into(), op: Op::BatchNorm, inputs: vec![0], input: SHAPE, output: SHAPE };
    let statistics = upload(&vec![POISON; 2 * (first + count) * CHANNELS]);
    let layer = Groups {
        spec: &spec,
        pair_offset: PAIRS as u32,
        group_rows: images as u32,
        first: first as u32,
        count: count as u32,
        statistics: &statistics,
    };
    let [x, dy] = [whole(|group| &group.x), whole(|group| &group.dy)].map(|values| upload(&filled(X, &values)));
    let (params, running_buffer) = (upload(&filled(PAIRS, &pairs)), upload(&filled(STATE, &state)));
    let (y, gradients) = (upload(&poisoned(X, count * rows * CHANNELS)), upload(&poisoned(PAIRS, pairs.len())));
    let scratch = upload(&vec![POISON; (layer.count * sums::scratch(layer.spec.output, layer.group_rows)) as usize]);
    let sums = upload(&vec![POISON; 2 * count * CHANNELS]);
    let at = |buffer: &wn_gan::device::Buffer| buffer.at(X as u32);
    let coupled = source != Source::Running;
    let mut calls = layer.statistics(source, &running_buffer.at(STATE as u32), &at(&x), &scratch);
    calls.push(layer.forward(&params, &at(&x), &at(&y)));
    calls.extend(layer.backward(coupled, [&params, &dy, &scratch, &sums], &at(&x), Some(&gradients)));
    run(calls, &Step { rows: counted as u32, ..Step::default() });

    let (mut of_y, mut of_dx) = (Expected::untouched(download(&y).len()), Expected::untouched(download(&dy).len()));
    let mut state_moves: Vec<_> = state.iter().map(|&value| (value, Tolerance::exact())).collect();
    let mut pair_sums = vec![(0.0, 0.0); pairs.len()];
    for (number, group) in groups.iter().enumerate() {
        let begin = X + number * rows * CHANNELS;
        let twin = batch_norm(&group.x, &group.moments, &scale, &bias).data;
        of_y = of_y.at(begin, &twin, |i| {
            let (c, (standard, error)) = (i % CHANNELS, group.standard(i));
            Tolerance::Within(scale[c].abs() * error)
                + Tolerance::rounded(1.0, (scale[c] * standard).abs() + bias[c].abs())
        });
        let kind = if coupled { Statistics::Batch } else { Statistics::Running };
        let [x, dy] = [&group.x, &group.dy].map(|tensor| group.counting(tensor));
        let (mut dx, dscale, dbias) = batch_norm_backward(&x, &dy, &group.moments, &scale, kind);
        dx.data.resize(rows * CHANNELS, 0.0);
        let of_channels: Vec<_> = (0..CHANNELS).map(|c| group.sums(c)).collect();
        of_dx = of_dx.at(begin, &dx.data, |i| {
            if i >= counted_rows * CHANNELS {
                return Tolerance::Within(0.0);
            }
            let (c, (standard, error)) = (i % CHANNELS, group.standard(i));
            let ([(s0, e0), (s1, e1)], (inverse, of_inverse)) = (of_channels[c], group.inverse[c]);
            let (share, outer) = (if coupled { 1.0 / counted_rows as f64 } else { 0.0 }, (scale[c] * inverse).abs());
            let size = group.dy.data[i].abs() + share * (s0.abs() + (standard * s1).abs());
            Tolerance::Within(outer * share * (e0 + standard.abs() * e1 + error * s1.abs()))
                + Tolerance::Within(outer * size * bound(of_inverse) / inverse)
                + Tolerance::rounded(6.5, outer * size)
        });
        for c in 0..CHANNELS {
            let [(_, e0), (_, e1)] = of_channels[c];
            for (to, value, error) in [(2 * c, dbias[c], e0), (2 * c + 1, dscale[c], e1)] {
                pair_sums[to].0 += value;
                pair_sums[to].1 += error + bound(Tolerance::rounded(0.5, value));
            }
            if source == Source::Training {
                let (squares, of_squares) = group.squares[c];
                let free = counted_rows as f64 - 1.0;
                let of_unbiased = Tolerance::Within(bound(of_squares) / free) + Tolerance::rounded(2.5, squares / free);
                state_moves[2 * c] = followed(state_moves[2 * c], group.mean[c]);
                state_moves[2 * c + 1] = followed(state_moves[2 * c + 1], (squares / free, of_unbiased));
            }
        }
    }
    report.compare(&format!("{name}: y"), &download(&y), &of_y);
    report.compare(&format!("{name}: dx"), &download(&dy), &of_dx);
    let at = |offset: usize, values: &[(f64, Tolerance)], len: usize| {
        let numbers: Vec<f64> = values.iter().map(|(value, _)| *value).collect();
        Expected::untouched(len).at(offset, &numbers, |i| values[i].1)
    };
    let pair_sums: Vec<_> = pair_sums.into_iter().map(|(value, error)| (value, Tolerance::Within(error))).collect();
    report.compare(&format!("{name}: pairs"), &download(&gradients), &at(PAIRS, &pair_sums, gradients.len()));
    report.compare(
        &format!("{name}: running"),
        &download(&running_buffer),
        &at(STATE, &state_moves, running_buffer.len()),
    );
}
