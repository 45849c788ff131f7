//! Weight normalisation of a whole network and its pull-back.

use super::compare::{Expected, POISON, Report, Tolerance};
use super::device::{abs, dispatch, filled, random};
use bytemuck::cast_slice;
use wn_gan::device::Dispatch;
use wn_gan::kernels::{CHANNELS_PER_BLOCK, ChannelBlock, Kernel, Step, constants};
use wn_gan::reference::Tensor;
use wn_gan::reference::weight::weight_norm::{
    norms as norms_reference, weight_norm as weight_norm_reference,
    weight_norm_backward as weight_norm_backward_reference,
};

/// The units lie along this axis of [outer, channels, inner].
pub const AXIS: usize = 1;

/// One layer of the network under test.
pub struct Layer {
    /// Raw weight [outer, channels, inner]; channel 0 is zero and channel 1 so small that eps decides the norm.
    pub v: Tensor,
    /// Gradient of the effective weight, in the same shape.
    pub dw: Tensor,
    /// Gains of an affine layer.
    pub gain: Option<Vec<f64>>,
    pub factor: f64,
    pub weight_offset: usize,
    pub gain_offset: usize,
    pub norm_offset: usize,
}

impl Layer {
    pub fn channels(&self) -> usize {
        self.v.shape[1]
    }

    pub fn gains(&self) -> Vec<f64> {
        self.gain.clone().unwrap_or(vec![1.0; self.channels()])
    }

    /// Numbers that one channel's sums run over.
    pub fn terms(&self) -> usize {
        self.v.shape[0] * self.v.shape[2]
    }

    pub fn channel_of(&self, element: usize) -> usize {
        element / self.v.shape[2] % self.channels()
    }

    /// The norms as the device's table holds them.
    pub fn norms(&self) -> Vec<f64> {
        norms_reference(&self.v, AXIS, self.factor).iter().map(|&n| f64::from(n as f32)).collect()
    }
}

/// A linear layer, two convolutions and two transposed ones, strict and affine, with gaps between their tensors.
pub fn network() -> (Vec<Layer>, usize, usize) {
    let shapes = [
        ([70, 33, 1], 1.0, false),
        ([45, 17, 1], 1.0, true),
        ([16, 1, 1], 1.0, true),
        ([9, 17, 5], 0.25, false),
        ([4, 33, 3], 1.0 / 9.0, true),
    ];
    let (mut end, mut norm_end) = (3, 2);
    let mut layers = Vec::new();
    for (index, (shape, factor, affine)) in shapes.into_iter().enumerate() {
        let [_, channels, inner] = shape;
        let stream = 10 * index as u32;
        let mut v = random(&shape, stream);
        if channels > 1 {
            for (i, value) in v.data.iter_mut().enumerate() {
                *value *= [0.0, 1.0 / 4096.0].get(i / inner % channels).copied().unwrap_or(1.0);
            }
        }
        let weight_offset = end;
        let gain_offset = weight_offset + v.data.len() + 2;
        end = gain_offset + channels + 1;
        layers.push(Layer {
            dw: random(&shape, stream + 1),
            gain: affine.then(|| random(&[channels], stream + 2).data),
            factor: f64::from(factor as f32),
            weight_offset,
            gain_offset,
            norm_offset: norm_end,
            v,
        });
        norm_end += channels + 1;
    }
    (layers, end, norm_end)
}

/// The work list: an entry per sixteen channels.
pub fn blocks(layers: &[Layer]) -> Vec<ChannelBlock> {
    let entries = |layer: &Layer| {
        let block = ChannelBlock {
            weight_offset: layer.weight_offset as u32,
            outer: layer.v.shape[0] as u32,
            channels: layer.channels() as u32,
            inner: layer.v.shape[2] as u32,
            first_channel: 0,
            gain_offset: if layer.gain.is_some() { layer.gain_offset as u32 } else { constants::NO_GAIN },
            norm_offset: layer.norm_offset as u32,
            factor: layer.factor as f32,
        };
        let first = (0..block.channels).step_by(CHANNELS_PER_BLOCK as usize);
        first.map(|first_channel| ChannelBlock { first_channel, ..block }).collect::<Vec<_>>()
    };
    layers.iter().flat_map(entries).collect()
}

/// A flat buffer with `tensor` of every layer at its weight's offset and `per_unit` at its gains', poison elsewhere.
pub fn flat<'a>(
    layers: &'a [Layer],
    len: usize,
    tensor: impl Fn(&'a Layer) -> &'a [f64],
    per_unit: impl Fn(&'a Layer) -> Option<&'a [f64]>,
) -> Vec<u32> {
    let mut words = filled(0, &[]);
    words.resize(words.len() + len, POISON);
    let mut put = |offset: usize, values: &[f64]| {
        for (word, &value) in words[offset..].iter_mut().zip(values) {
            *word = (value as f32).to_bits();
        }
    };
    for layer in layers {
        put(layer.weight_offset, tensor(layer));
        if let Some(values) = per_unit(layer) {
            put(layer.gain_offset, values);
        }
    }
    words
}

pub fn parameters(layers: &[Layer], len: usize) -> Vec<u32> {
    flat(layers, len, |layer| &layer.v.data, |layer| layer.gain.as_deref())
}

/// Of a norm that sums `terms` squares. n = sqrt(f S + eps): two roundings under the root, halved by it, then the root's
/// own. The sum's error dS is felt as f dS / (2 n), which is at most n/2 of the sum's relative bound.
pub fn norm_tolerance(terms: usize, n: f64) -> Tolerance {
    Tolerance::summed(terms, n / 2.0) + Tolerance::rounded(1.0 + 4.5, n)
}

/// Of an effective weight gain / n * v: besides the norm's error a division and a product.
pub fn weight_tolerance(terms: usize, w: f64) -> Tolerance {
    norm_tolerance(terms, w) + Tolerance::rounded(2.5 + 0.5, w)
}

/// Norms and effective weights.
pub fn weight_norm(kernel: &'static Kernel) -> Report {
    let (layers, len, norm_len) = network();
    let work = blocks(&layers);
    let params = parameters(&layers, len);
    let untouched = |len: usize| vec![POISON; len];
    let contents = [cast_slice(&work).to_vec(), params.clone(), untouched(norm_len), untouched(params.len())];
    let call = Dispatch::new(kernel, "test").grid([work.len() as u32, 1, 1]);
    let after = dispatch(call, &Step::default(), &contents);

    let mut norms = Expected::untouched(norm_len);
    let mut weights = Expected::untouched(params.len());
    for layer in &layers {
        let n = norms_reference(&layer.v, AXIS, layer.factor);
        norms = norms.at(layer.norm_offset, &n, |c| norm_tolerance(layer.terms(), n[c]));
        let w = weight_norm_reference(&layer.v, AXIS, layer.factor, &layer.gains()).data;
        weights = weights.at(layer.weight_offset, &w, |i| weight_tolerance(layer.terms(), w[i]));
    }
    let mut report = Report::default();
    report.compare("norms", &after[2], &norms);
    report.compare("weights", &after[3], &weights);
    report
}

/// Raw weights at unit norm, their norms and effective weights.
pub fn forced_weight_norm(kernel: &'static Kernel) -> Report {
    let (layers, len, norm_len) = network();
    let work = blocks(&layers);
    let params = parameters(&layers, len);
    let contents = [cast_slice(&work).to_vec(), params.clone(), vec![POISON; norm_len], vec![POISON; params.len()]];
    let call = Dispatch::new(kernel, "test").grid([work.len() as u32, 1, 1]);
    let after = dispatch(call, &Step::default(), &contents);

    let mut raw = Expected::untouched(params.len());
    let mut norms = Expected::untouched(norm_len);
    let mut weights = Expected::untouched(params.len());
    for layer in &layers {
        let terms = layer.terms();
        let units = vec![1.0; layer.channels()];
        let v = weight_norm_reference(&layer.v, AXIS, layer.factor, &units);
        if let Some(gain) = &layer.gain {
            raw = raw.at(layer.gain_offset, gain, |_| Tolerance::exact());
        }
        let of_raw = |v: f64| norm_tolerance(terms, v) + Tolerance::rounded(2.5, v);
        raw = raw.at(layer.weight_offset, &v.data, |i| of_raw(v.data[i]));
        // A relative error of all v is one of their norm, which rounds as any other.
        let n = norms_reference(&v, AXIS, layer.factor);
        let of_norm = |n: f64| of_raw(n) + norm_tolerance(terms, n);
        norms = norms.at(layer.norm_offset, &n, |c| of_norm(n[c]));
        let w = weight_norm_reference(&v, AXIS, layer.factor, &layer.gains()).data;
        weights =
            weights.at(layer.weight_offset, &w, |i| of_raw(w[i]) + of_norm(w[i]) + Tolerance::rounded(2.5 + 0.5, w[i]));
    }
    let mut report = Report::default();
    report.compare("raw weights", &after[1], &raw);
    report.compare("norms", &after[2], &norms);
    report.compare("weights", &after[3], &weights);
    report
}

/// dv in place of dw, and the gradients of the gains.
pub fn weight_norm_backward(kernel: &'static Kernel) -> Report {
    let (layers, len, norm_len) = network();
    let work = blocks(&layers);
    let mut norms = vec![POISON; norm_len];
    for layer in &layers {
        for (word, n) in norms[layer.norm_offset..].iter_mut().zip(layer.norms()) {
            *word = (n as f32).to_bits();
        }
    }
    let contents = [
        cast_slice(&work).to_vec(),
        parameters(&layers, len),
        norms,
        flat(&layers, len, |layer| &layer.dw.data, |_| None),
    ];
    let call = Dispatch::new(kernel, "test").grid([work.len() as u32, 1, 1]);
    let after = dispatch(call, &Step::default(), &contents);

    let mut gradients = Expected::untouched(after[3].len());
    for layer in &layers {
        let Layer { v, dw, factor, .. } = layer;
        let (gain, n) = (layer.gains(), norms_reference(v, AXIS, *factor));
        let (dv, dgain) = weight_norm_backward_reference(v, dw, AXIS, *factor, &gain);
        // sum |w_hat dw|, what the inner product's rounding is measured by.
        let (_, products) = weight_norm_backward_reference(&abs(v), &abs(dw), AXIS, *factor, &gain);
        let terms = layer.terms();
        if layer.gain.is_some() {
            // The inner product over n: a division, and half an ulp of n itself.
            gradients = gradients.at(layer.gain_offset, &dgain, |c| {
                Tolerance::summed(terms, products[c]) + Tolerance::rounded(3.0, dgain[c])
            });
        }
        // gain/n * (dw - f * <w_hat, dw> * v / n): the outer factor costs 3 (n, division), the projection 3, its product
        // with f and v 1, the second division 3, difference and outer product 1.
        gradients = gradients.at(layer.weight_offset, &dv.data, |i| {
            let c = layer.channel_of(i);
            let (outer, along) = ((gain[c] / n[c]).abs(), factor * (v.data[i] / n[c]).abs());
            Tolerance::summed(terms, outer * along * products[c])
                + Tolerance::rounded(11.0, outer * (dw.data[i].abs() + along * dgain[c].abs()))
        });
    }
    let mut report = Report::default();
    report.compare("gradients", &after[3], &gradients);
    report
}
