//! Weight normalisation of a whole network and its pull-back.

use super::compare::{Expected, POISON, Report, Tolerance};
use super::device::{abs, dispatch, filled, random};
use bytemuck::cast_slice;
use wn_gan::device::Dispatch;
use wn_gan::kernels::{CHANNELS_PER_BLOCK, ChannelBlock, Kernel, Step, UpdateBlock, WeightNormRmsprop, constants};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::tprelu::project_slopes;
use wn_gan::reference::optimiser::rmsprop::Rmsprop;
use wn_gan::reference::weight::weight_norm::{
    norms as norms_reference, weight_norm as weight_norm_reference,
    weight_norm_backward as weight_norm_backward_reference,
};

/// The units lie along this axis of [outer, channels, inner].
const AXIS: usize = 1;

/// One layer of the network under test.
struct Layer {
    /// Raw weight [outer, channels, inner]; channel 0 is zero and channel 1 so small that eps decides the norm.
    v: Tensor,
    /// Gradient of the effective weight, in the same shape.
    dw: Tensor,
    /// Gains of an affine layer.
    gain: Option<Vec<f64>>,
    factor: f64,
    weight_offset: usize,
    gain_offset: usize,
    norm_offset: usize,
}

impl Layer {
    fn channels(&self) -> usize {
        self.v.shape[1]
    }

    fn gains(&self) -> Vec<f64> {
        self.gain.clone().unwrap_or(vec![1.0; self.channels()])
    }

    /// Numbers that one channel's sums run over.
    fn terms(&self) -> usize {
        self.v.shape[0] * self.v.shape[2]
    }

    fn channel_of(&self, element: usize) -> usize {
        element / self.v.shape[2] % self.channels()
    }

    /// The norms as the device's table holds them.
    fn norms(&self) -> Vec<f64> {
        norms_reference(&self.v, AXIS, self.factor).iter().map(|&n| f64::from(n as f32)).collect()
    }
}

/// A linear layer, two convolutions and two transposed ones, strict and affine, with gaps between their tensors.
fn network() -> (Vec<Layer>, usize, usize) {
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
fn blocks(layers: &[Layer]) -> Vec<ChannelBlock> {
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
fn flat<'a>(
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

fn parameters(layers: &[Layer], len: usize) -> Vec<u32> {
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

/// A whole update. Each stage is held against the reference's from what the stage before left on the device, so that bounds
/// do not add up: gradients from parts, then mean squares and parameters, then norms and effective weights.
pub fn weight_norm_rmsprop(kernel: &'static Kernel) -> Report {
    let (layers, len, norm_len) = network();
    // Behind the weights lie 301 other parameters, (threshold, slope) pairs from the 101st on.
    let (others, other_begin) = (random(&[301], 90).map(|v| f64::from((1.5 * v + 0.5) as f32)), len);
    let pair_begin = other_begin + 101;
    let mut partial = vec![0.0; 3];
    let mut updates = Vec::new();
    for layer in &layers {
        // Where the factor is 1 the gradient lies in three parts.
        let (source, stride, parts) = (partial.len(), layer.dw.data.len(), if layer.factor == 1.0 { 3 } else { 0 });
        if parts > 0 {
            let rest = random(&[2, stride], layer.weight_offset as u32 + 500);
            partial.extend((0..stride).map(|i| layer.dw.data[i] - rest.data[i] - rest.data[stride + i]));
            partial.extend(&rest.data);
        }
        updates.extend(blocks(std::slice::from_ref(layer)).into_iter().map(|block| UpdateBlock {
            weight_offset: block.weight_offset,
            outer: block.outer,
            channels: block.channels,
            inner: block.inner,
            first_channel: block.first_channel,
            gain_offset: block.gain_offset,
            norm_offset: block.norm_offset,
            factor: block.factor,
            source: source as u32,
            parts,
            stride: stride as u32,
            ..UpdateBlock::default()
        }));
    }
    let channel_blocks = updates.len() as u32;
    let other_gradients = random(&[2, 301], 91);
    let other_source = partial.len();
    partial.extend(&other_gradients.data);
    updates.extend((0..301usize).step_by(256).map(|first| UpdateBlock {
        weight_offset: (other_begin + first) as u32,
        source: other_source as u32,
        parts: 2,
        stride: 301,
        first: first as u32,
        count: (301 - first).min(256) as u32,
        ..UpdateBlock::default()
    }));

    let with_others = |mut words: Vec<u32>, values: Option<&[f64]>| {
        words.resize(words.len() + 301, POISON);
        for (word, &value) in words[other_begin..].iter_mut().zip(values.unwrap_or_default()) {
            *word = (value as f32).to_bits();
        }
        words
    };
    let params_before = with_others(parameters(&layers, len), Some(&others.data));
    let dw = flat(&layers, len, |layer| &layer.dw.data, |_| None);
    // Where a gradient comes in parts, what its place holds is not read.
    let mut given = with_others(dw, None);
    for layer in layers.iter().filter(|layer| layer.factor == 1.0) {
        given[layer.weight_offset..layer.weight_offset + layer.dw.data.len()].fill(POISON);
    }
    let squares_before: Vec<u32> =
        random(&[params_before.len()], 92).data.iter().map(|v| (v.abs() as f32).to_bits()).collect();
    let mut norms = vec![POISON; norm_len];
    for layer in &layers {
        for (word, n) in norms[layer.norm_offset..].iter_mut().zip(layer.norms()) {
            *word = (n as f32).to_bits();
        }
    }
    let (decay, eps, lr) = (0.9f32, 1e-6f32, 0.05f32);
    let params =
        WeightNormRmsprop { channel_blocks, blocks: updates.len() as u32, pair_begin: pair_begin as u32, decay, eps };
    let contents = [
        cast_slice(&updates).to_vec(),
        filled(0, &partial),
        params_before.clone(),
        norms,
        vec![POISON; params_before.len()],
        given,
        squares_before.clone(),
    ];
    let call = Dispatch::new(kernel, "test").params(&params).workgroups(params.blocks);
    let after = dispatch(call, &Step { lr, ..Step::default() }, &contents);
    let number = |words: &[u32], i: usize| f64::from(f32::from_bits(words[i]));
    let mut report = Report::default();

    // Gradients, from what was given.
    let mut gradients = Expected::untouched(after[5].len());
    let mut touched = Vec::new();
    for layer in &layers {
        let Layer { v, dw, factor, .. } = layer;
        let (gain, n) = (layer.gains(), norms_reference(v, AXIS, *factor));
        let (dv, dgain) = weight_norm_backward_reference(v, dw, AXIS, *factor, &gain);
        // The parts are up to three times as large as what they add up to.
        let large = dw.map(|dw| dw.abs() + 4.0);
        let (_, products) = weight_norm_backward_reference(&abs(v), &large, AXIS, *factor, &gain);
        let terms = layer.terms() + 3;
        if layer.gain.is_some() {
            touched.extend(layer.gain_offset..layer.gain_offset + layer.channels());
            gradients = gradients.at(layer.gain_offset, &dgain, |c| {
                Tolerance::summed(terms, products[c]) + Tolerance::rounded(3.0, dgain[c])
            });
        }
        touched.extend(layer.weight_offset..layer.weight_offset + v.data.len());
        gradients = gradients.at(layer.weight_offset, &dv.data, |i| {
            let c = layer.channel_of(i);
            let (outer, along) = ((gain[c] / n[c]).abs(), factor * (v.data[i] / n[c]).abs());
            Tolerance::summed(terms, outer * along * products[c])
                + Tolerance::rounded(13.0, outer * (large.data[i] + along * dgain[c].abs()))
        });
    }
    touched.extend(other_begin..other_begin + 301);
    let sums: Vec<f64> = (0..301).map(|i| other_gradients.data[i] + other_gradients.data[301 + i]).collect();
    gradients = gradients.at(other_begin, &sums, |_| Tolerance::summed(2, 2.0));
    report.compare("gradients", &after[5], &gradients);

    // Mean squares and parameters, from the gradients found.
    let mut squares = Expected::untouched(squares_before.len());
    let mut values = Expected::untouched(params_before.len());
    for (i, &word) in squares_before.iter().enumerate() {
        if !touched.contains(&i) {
            squares = squares.at(i, &[f64::from(f32::from_bits(word))], |_| Tolerance::exact());
        }
    }
    for &i in &touched {
        let one = |value: f64| Tensor::new(&[1], vec![value]);
        let (mut p, mut m) = (one(number(&params_before, i)), one(number(&squares_before, i)));
        let rule = Rmsprop { decay: f64::from(decay), eps: f64::from(eps) };
        rule.update(&mut p, &one(number(&after[5], i)), &mut m, f64::from(lr));
        let change = (number(&params_before, i) - p.data[0]).abs();
        if i >= pair_begin && (i - pair_begin) % 2 == 1 {
            project_slopes(&mut p);
        }
        squares = squares.at(i, &m.data, |_| Tolerance::rounded(1.5, m.data[0]));
        // As in the check of RMSprop alone.
        values = values.at(i, &p.data, |_| {
            Tolerance::rounded(8.75, change) + Tolerance::rounded(0.5, number(&params_before, i).abs() + change)
        });
    }
    report.compare("mean squares", &after[6], &squares);
    // Gains of strict layers do not exist, and what lies between the tensors stays.
    report.compare("parameters", &after[2], &values);

    // Norms and effective weights, from the parameters found.
    let mut norms = Expected::untouched(norm_len);
    let mut weights = Expected::untouched(params_before.len());
    for layer in &layers {
        let found = |offset: usize, len: usize| (offset..offset + len).map(|i| number(&after[2], i)).collect();
        let v = Tensor::new(&layer.v.shape, found(layer.weight_offset, layer.v.data.len()));
        let gains: Vec<f64> =
            if layer.gain.is_some() { found(layer.gain_offset, layer.channels()) } else { layer.gains() };
        let n = norms_reference(&v, AXIS, layer.factor);
        norms = norms.at(layer.norm_offset, &n, |c| norm_tolerance(layer.terms(), n[c]));
        let w = weight_norm_reference(&v, AXIS, layer.factor, &gains).data;
        weights = weights.at(layer.weight_offset, &w, |i| weight_tolerance(layer.terms(), w[i]));
    }
    report.compare("norms", &after[3], &norms);
    report.compare("weights", &after[4], &weights);
    report
}
