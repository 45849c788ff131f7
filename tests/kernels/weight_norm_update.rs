//! The whole update of a weight-normalised network.

use super::compare::{Expected, POISON, Report, Tolerance};
use super::device::{abs, dispatch, filled, random};
use super::weight_norm::{AXIS, Layer, blocks, flat, network, norm_tolerance, parameters, weight_tolerance};
use bytemuck::cast_slice;
use wn_gan::device::Dispatch;
use wn_gan::kernels::{Kernel, Step, UpdateBlock, WeightNormRmsprop};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::tprelu::project_slopes;
use wn_gan::reference::optimiser::rmsprop::Rmsprop;
use wn_gan::reference::weight::weight_norm::{
    norms as norms_reference, weight_norm as weight_norm_reference,
    weight_norm_backward as weight_norm_backward_reference,
};

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
