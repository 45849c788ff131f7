//! Spectral normalisation of a whole network: both halves of a power iteration, effective weights, the pull-back.

use super::compare::{Expected, POISON, Report, Tolerance};
use super::device::{abs, dispatch, filled, random};
use bytemuck::cast_slice;
use wn_gan::device::Dispatch;
use wn_gan::kernels::{CHANNELS_PER_BLOCK, Kernel, SpectralBlock, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::weight::spectral_norm::{
    EPSILON, estimate, next_direction, spectral_norm_backward as spectral_norm_backward_reference,
};

/// Ulps of a root and of a division.
pub const ROOT: f64 = 4.5;
pub const DIVISION: f64 = 2.5;

/// One layer of the network under test. Inside, a weight is [rows, channels].
struct Layer {
    rows: usize,
    channels: usize,
    /// PyTorch's [channels, rows].
    weight: Tensor,
    dw: Tensor,
    /// Of any length.
    t: Vec<f64>,
    /// W t/|t|, rounded to f32.
    s: Vec<f64>,
    /// <dw, W> of every channel, rounded to f32.
    inner: Vec<f64>,
    weight_offset: usize,
    t_offset: usize,
    s_offset: usize,
}

/// A matrix of so many columns, column by column.
fn transposed(matrix: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).flat_map(|column| matrix[column..].iter().step_by(columns).copied()).collect()
}

fn rounded(values: &[f64]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value as f32)).collect()
}

/// |x|, at least [`EPSILON`].
pub fn length(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt().max(EPSILON)
}

/// <a, b>
pub fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Layer {
    /// A tensor of PyTorch's order in the kernels'.
    fn inside(&self, tensor: &Tensor) -> Vec<f64> {
        transposed(&tensor.data, self.rows)
    }
}

/// Layers of one and of many blocks along both sides, with more rows or channels than a workgroup has invocations; the
/// last one's weight is zero. Gaps lie between their tensors. Also the lengths of the buffers of W, t and s.
fn network() -> (Vec<Layer>, [usize; 3]) {
    let (mut ends, mut layers) = ([3, 5, 2], Vec::new());
    for (index, (rows, channels)) in [(48, 33), (300, 17), (45, 1), (17, 290), (1, 5), (9, 16)].into_iter().enumerate()
    {
        let stream = 10 * index as u32;
        let size = if index == 5 { 0.0 } else { 1.0 };
        let weight = random(&[channels, rows], stream).map(|w| size * w);
        let dw = random(&[channels, rows], stream + 1);
        let t = random(&[rows], stream + 2);
        let inner: Vec<f64> =
            weight.data.chunks_exact(rows).zip(dw.data.chunks_exact(rows)).map(|(w, dw)| product(w, dw)).collect();
        let [weight_offset, t_offset, s_offset] = ends;
        ends = [weight_offset + rows * channels + 2, t_offset + rows + 3, s_offset + channels + 1];
        layers.push(Layer {
            s: rounded(&estimate(&weight, &t).s),
            inner: rounded(&inner),
            t: t.data,
            rows,
            channels,
            weight,
            dw,
            weight_offset,
            t_offset,
            s_offset,
        });
    }
    (layers, ends)
}

/// The work list: an entry per sixteen rows, or channels.
fn blocks(layers: &[Layer], side: fn(&Layer) -> usize) -> Vec<u32> {
    let entries = |layer: &Layer| {
        let block = SpectralBlock {
            weight_offset: layer.weight_offset as u32,
            rows: layer.rows as u32,
            channels: layer.channels as u32,
            first: 0,
            t_offset: layer.t_offset as u32,
            s_offset: layer.s_offset as u32,
        };
        let first = (0..side(layer) as u32).step_by(CHANNELS_PER_BLOCK as usize);
        first.map(|first| SpectralBlock { first, ..block }).collect::<Vec<_>>()
    };
    cast_slice(&layers.iter().flat_map(entries).collect::<Vec<_>>()).to_vec()
}

/// A buffer of `len` elements with values of every layer at their offsets, poison elsewhere.
fn flat(layers: &[Layer], len: usize, values: impl Fn(&Layer) -> (usize, Vec<f64>)) -> Vec<u32> {
    let mut words = vec![POISON; len];
    for (offset, values) in layers.iter().map(values) {
        let values = filled(0, &values)[..values.len()].to_vec();
        words[offset..offset + values.len()].copy_from_slice(&values);
    }
    words
}

/// Runs `kernel` over the rows' or channels' blocks on `inputs`, with `output` last, which it must change to `expected`.
fn check(kernel: &'static Kernel, blocks: Vec<u32>, buffers: &[Vec<u32>], expected: &Expected) -> Report {
    let groups = blocks.len() * 4 / size_of::<SpectralBlock>();
    let call = Dispatch::new(kernel, "test").grid([groups as u32, 1, 1]);
    let after = dispatch(call, &Step::default(), &[&[blocks][..], buffers].concat());
    let mut report = Report::default();
    report.compare(kernel.name, &after[buffers.len()], expected);
    report
}

fn weights(layers: &[Layer], len: usize) -> Vec<u32> {
    flat(layers, len, |layer| (layer.weight_offset, layer.inside(&layer.weight)))
}

/// Of a sum of `terms` products, divided by the root of a sum of as many squares.
pub fn quotient(terms: usize, value: f64, size: f64) -> Tolerance {
    Tolerance::summed(terms, size) + Tolerance::summed(terms, value / 2.0) + Tolerance::rounded(ROOT + DIVISION, value)
}

/// t = W s/|s|.
pub fn rows(kernel: &'static Kernel) -> Report {
    let (layers, [weight_len, t_len, s_len]) = network();
    let mut expected = Expected::untouched(t_len);
    for layer in &layers {
        let t = next_direction(&layer.weight, &layer.s).data;
        let positive: Vec<f64> = layer.s.iter().map(|s| s.abs()).collect();
        let sizes = next_direction(&abs(&layer.weight), &positive).data;
        expected = expected.at(layer.t_offset, &t, |i| quotient(layer.channels, t[i], sizes[i]));
    }
    let s = flat(&layers, s_len, |layer| (layer.s_offset, layer.s.clone()));
    let buffers = [weights(&layers, weight_len), s, vec![POISON; t_len]];
    check(kernel, blocks(&layers, |layer| layer.rows), &buffers, &expected)
}

/// s = W^T t/|t|.
pub fn columns(kernel: &'static Kernel) -> Report {
    let (layers, [weight_len, t_len, s_len]) = network();
    let mut expected = Expected::untouched(s_len);
    for layer in &layers {
        let t = Tensor::new(&[layer.rows], layer.t.clone());
        let (s, sizes) = (estimate(&layer.weight, &t).s, estimate(&abs(&layer.weight), &abs(&t)).s);
        expected = expected.at(layer.s_offset, &s, |i| quotient(layer.rows, s[i], sizes[i]));
    }
    let t = flat(&layers, t_len, |layer| (layer.t_offset, layer.t.clone()));
    let buffers = [weights(&layers, weight_len), t, vec![POISON; s_len]];
    check(kernel, blocks(&layers, |layer| layer.channels), &buffers, &expected)
}

/// w = W/|s|.
pub fn weight(kernel: &'static Kernel) -> Report {
    let (layers, [weight_len, _, s_len]) = network();
    let mut expected = Expected::untouched(weight_len);
    for layer in &layers {
        let sigma = length(&layer.s);
        let w: Vec<f64> = layer.inside(&layer.weight).iter().map(|w| w / sigma).collect();
        let tolerance =
            |i: usize| Tolerance::summed(layer.channels, w[i] / 2.0) + Tolerance::rounded(ROOT + DIVISION, w[i]);
        expected = expected.at(layer.weight_offset, &w, tolerance);
    }
    let s = flat(&layers, s_len, |layer| (layer.s_offset, layer.s.clone()));
    let buffers = [weights(&layers, weight_len), s, vec![POISON; weight_len]];
    check(kernel, blocks(&layers, |layer| layer.channels), &buffers, &expected)
}

/// <dw, W> of every channel.
pub fn inner(kernel: &'static Kernel) -> Report {
    let (layers, [weight_len, _, s_len]) = network();
    let mut expected = Expected::untouched(s_len);
    for layer in &layers {
        let columns = |f: fn(f64) -> f64| {
            let [w, dw] = [&layer.weight, &layer.dw].map(|tensor| tensor.map(f).data);
            w.chunks_exact(layer.rows)
                .zip(dw.chunks_exact(layer.rows))
                .map(|(w, dw)| product(w, dw))
                .collect::<Vec<_>>()
        };
        let (sums, sizes) = (columns(|x| x), columns(f64::abs));
        expected = expected.at(layer.s_offset, &sums, |i| Tolerance::summed(layer.rows, sizes[i]));
    }
    let dw = flat(&layers, weight_len, |layer| (layer.weight_offset, layer.inside(&layer.dw)));
    let buffers = [weights(&layers, weight_len), dw, vec![POISON; s_len]];
    check(kernel, blocks(&layers, |layer| layer.channels), &buffers, &expected)
}

/// dW in place of dw.
pub fn backward(kernel: &'static Kernel) -> Report {
    let (layers, [weight_len, t_len, s_len]) = network();
    let mut expected = Expected::untouched(weight_len);
    for layer in &layers {
        let Layer { rows, channels, t, s, .. } = layer;
        let direction = Tensor::new(&[*rows], t.clone());
        let gradient = layer.inside(&spectral_norm_backward_reference(&layer.weight, &layer.dw, &direction));
        let dw = layer.inside(&layer.dw);
        let (sigma, products) = (length(s), layer.inner.iter().map(|x| x.abs()).sum::<f64>());
        // s and inner are rounded to f32 here: half an ulp of every number, and so of sigma and of the sum. Sigma stands
        // in the projection twice and once outside, beside 1/|t|; then inner/sigma 2.5, s/sigma 2.5 + 0.5, their
        // product 0.5, the division by |t| 2.5, the product with t 0.5, the difference 0.5.
        let of_sigma = |size: f64| Tolerance::summed(*channels, size / 2.0) + Tolerance::rounded(0.5 + ROOT, size);
        let of_length = |size: f64| Tolerance::summed(*rows, size / 2.0) + Tolerance::rounded(ROOT, size);
        let tolerance = |i: usize| {
            let (row, c) = (i / channels, i % channels);
            let along = products / sigma * (s[c] / sigma).abs() * (t[row] / length(t)).abs() / sigma;
            let whole = dw[i].abs() / sigma + along;
            Tolerance::summed(*channels, along)
                + of_sigma(2.0 * along)
                + of_length(along)
                + Tolerance::rounded(0.5 + 2.5 + 3.0 + 0.5 + 2.5 + 0.5, along)
                + of_sigma(whole)
                + Tolerance::rounded(0.5 + DIVISION, whole)
        };
        expected = expected.at(layer.weight_offset, &gradient, tolerance);
    }
    let buffers = [
        flat(&layers, t_len, |layer| (layer.t_offset, layer.t.clone())),
        flat(&layers, s_len, |layer| (layer.s_offset, layer.s.clone())),
        flat(&layers, s_len, |layer| (layer.s_offset, layer.inner.clone())),
        flat(&layers, weight_len, |layer| (layer.weight_offset, layer.inside(&layer.dw))),
    ];
    check(kernel, blocks(&layers, |layer| layer.channels), &buffers, &expected)
}
