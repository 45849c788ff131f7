//! What docs/theorem.md says of the theorem's limits, number by number: its three counter-examples, the bound on how
//! close any strict network of the same shape can come, the constant channel that mends the first two, and the angle
//! between a weight and its gradient.

use crate::{MAPS, channels, difference, values};
use wn_gan::reference::Tensor;
use wn_gan::reference::geometry::Geometry;
use wn_gan::reference::weight::weight_norm::norms;
use wn_gan::reference::weight::weight_norm::weight_norm_backward;
use wn_gan::rng::uniforms;
use wn_gan::theorem::demonstration::{Activation, inputs, random};
use wn_gan::theorem::rounding::rounding;
use wn_gan::theorem::{Kind, Layer, Map, Offset, Plain, Strict};

/// Inputs of the document's tables.
const T: [f64; 3] = [-1.0, 0.0, 1.0];
/// The searches below end near the bounds that the document proves; all numbers are of order one and every sum is short,
/// so that rounding is far below this.
const SLACK: f64 = 1e-12;
const WHOLE: Geometry = Geometry { kernel: [1, 1], stride: [1, 1], padding: [0, 0] };

fn row(values: &[f64]) -> Tensor {
    Tensor::new(&[1, 1, 1, values.len()], values.to_vec())
}

/// `ReLU(x + 1)` at every pixel of a row of `width`, then `last` without bias.
fn shifted(width: usize, last: Kind, weights: &[f64]) -> Plain {
    let map = Map::new(Kind::Conv(WHOLE), row(&[1.0]), [1, 1, width]).unwrap();
    let hidden = Layer { map, offset: channels(&[1.0]), slope: vec![0.0] };
    Plain::new(vec![hidden], Map::new(last, row(weights), [1, 1, width]).unwrap(), channels(&[0.0])).unwrap()
}

/// Three pixels, the sum of each with its neighbours.
fn padded() -> (Plain, Tensor) {
    let kind = Kind::Conv(Geometry { kernel: [1, 3], stride: [1, 1], padding: [0, 1] });
    let x = T.iter().flat_map(|&t| [t, 0.0, 0.0]).collect();
    (shifted(3, kind, &[1.0; 3]), Tensor::new(&[3, 1, 1, 3], x))
}

/// One pixel that becomes two, once and twice as bright.
fn strided() -> (Plain, Tensor) {
    let kind = Kind::ConvTranspose(Geometry { kernel: [1, 2], stride: [1, 2], padding: [0, 0] });
    (shifted(1, kind, &[1.0, 2.0]), Tensor::new(&[3, 1, 1, 1], T.to_vec()))
}

#[test]
fn a_shift_that_meets_padding_or_a_stride_needs_a_bias_per_position() {
    for ((plain, x), outputs, biases) in [
        (padded(), vec![1.0, 2.0, 2.0, 2.0, 3.0, 2.0, 3.0, 4.0, 2.0], vec![2.0, 3.0, 2.0]),
        (strided(), vec![0.0, 0.0, 1.0, 2.0, 2.0, 4.0], vec![1.0, 2.0]),
    ] {
        assert_eq!(plain.forward(&x).data, outputs);
        let strict = plain.to_strict(0.0);
        assert_eq!(strict.hidden[0].offset, channels(&[-1.0]));
        assert_eq!(strict.bias, Offset::Positions(row(&biases).reshaped(&[1, 1, biases.len()])));
        assert!(difference(&strict.forward(&x), &plain.forward(&x)) <= rounding(&plain, &x));
        // With one bias for all positions everything else stays right, and half of the gap between both remains.
        let middle = (biases[0] + biases[1]) / 2.0;
        let one = Strict { bias: channels(&[middle]), ..strict };
        let found = difference(&one.forward(&x), &plain.forward(&x));
        assert!((found - 0.5).abs() <= rounding(&plain, &x), "{found}");
    }
}

#[test]
fn no_strict_network_of_the_same_shape_comes_close() {
    for (plain, x) in [padded(), strided()] {
        let expected = plain.forward(&x);
        let start = plain.to_strict(0.0).with_one_threshold_per_channel();
        let distance = |p: &[f64]| {
            let mut strict = start.clone();
            let hidden = &mut strict.hidden[0];
            hidden.map = hidden.map.with_weights(|_, _, _| p[0]);
            hidden.offset = channels(&[p[1]]);
            let weight = Tensor::new(&strict.last.weight().shape, p[4..].to_vec());
            strict.last = Map::new(strict.last.kind(), weight, strict.last.input()).unwrap();
            (strict.scale, strict.bias) = (vec![p[2]], channels(&[p[3]]));
            difference(&strict.forward(&x), &expected)
        };
        let found = closest(4 + start.last.fan_in(), distance);
        println!("the closest strict network is off by {found}");
        assert!(found >= 0.5 - SLACK, "{found}");
    }
}

#[test]
fn maps_need_one_norm_per_channel() {
    // A linear layer to two pixels, z and 2 z, then ReLU, then a 1x1 convolution of weight 1. With a norm for each unit
    // both pixels become TReLU(+-z); what follows has one weight for both, here with a threshold and a bias for each.
    let z = [0.0, 1.0, 2.0];
    let wanted = z.map(|z| [z, 2.0 * z]);
    let distance = |p: &[f64]| {
        let unit = |i: usize, z: f64| p[0] * (p[1 + i].signum() * z).max(p[3 + i]) + p[5 + i];
        let errors = z.iter().zip(wanted).flat_map(|(&z, wanted)| [0, 1].map(|i| (unit(i, z) - wanted[i]).abs()));
        errors.fold(0.0, f64::max)
    };
    let found = closest(7, distance);
    println!("with a norm per unit the closest is off by {found}");
    assert!(found >= 1.0 / 3.0 - SLACK, "{found}");

    // As a transposed convolution of one pixel, with one norm for both units, it is exact.
    let kind = Kind::ConvTranspose(Geometry { kernel: [1, 2], stride: [1, 1], padding: [0, 0] });
    let map = Map::new(kind, row(&[1.0, 2.0]), [1, 1, 1]).unwrap();
    let hidden = Layer { map, offset: channels(&[0.0]), slope: vec![0.0] };
    let last = Map::new(Kind::Conv(WHOLE), row(&[1.0]), [1, 1, 2]).unwrap();
    let plain = Plain::new(vec![hidden], last, channels(&[0.0])).unwrap();
    let x = Tensor::new(&[3, 1, 1, 1], z.to_vec());
    assert_eq!(plain.forward(&x).data, wanted.concat());
    assert!(difference(&plain.to_strict(0.0).forward(&x), &plain.forward(&x)) <= rounding(&plain, &x));
}

/// The least `distance` that a search over `count` numbers finds: from many starts, steps in all directions that are kept
/// when they help and become shorter.
fn closest(count: usize, distance: impl Fn(&[f64]) -> f64) -> f64 {
    let mut least = f64::INFINITY;
    for start in 0..40 {
        let random = |step: u32| uniforms(count, step, 41, start).map(|u| 2.0 * f64::from(u) - 1.0);
        let mut best: Vec<f64> = random(0).map(|r| 4.0 * r).collect();
        let mut found = distance(&best);
        let mut reach = 2.0;
        for step in 1..=1500 {
            let near: Vec<f64> = best.iter().zip(random(step)).map(|(b, r)| b + reach * r).collect();
            let there = distance(&near);
            if there < found {
                (best, found) = (near, there);
            } else {
                reach *= 0.995;
            }
        }
        least = least.min(found);
    }
    least
}

#[test]
fn the_search_finds_what_there_is() {
    // The same search, on a question that has an answer: with a bias for each position the distance is zero.
    let (plain, x) = strided();
    let expected = plain.forward(&x);
    let start = plain.to_strict(0.0);
    let distance = |p: &[f64]| {
        let mut strict = start.clone();
        strict.hidden[0].offset = channels(&[p[0]]);
        strict.bias = Offset::Positions(Tensor::new(&[1, 1, 2], p[1..].to_vec()));
        difference(&strict.forward(&x), &expected)
    };
    let found = closest(3, distance);
    assert!(found < 0.01, "{found}");
}

/// The strict form with a constant channel in every hidden layer: thresholds and biases per channel alone.
fn with_a_constant_channel(plain: &Plain) -> Strict {
    // Of the layer before: scale and threshold of every channel, the constant one apart.
    let mut outer = (vec![1.0; plain.input()[0]], None);
    let mut hidden = Vec::new();
    let per_channel = |offset: &Offset| match offset {
        Offset::Channels(values) => values.clone(),
        Offset::Positions(map) => panic!("a bias per channel was expected, not {:?}", map.shape),
    };
    for layer in &plain.hidden {
        let map = widened(&layer.map, &outer, true);
        let mut threshold: Vec<f64> =
            per_channel(&layer.offset).iter().zip(map.norms(0.0)).map(|(b, n)| -b / n).collect();
        outer = (map.norms(0.0)[..threshold.len()].to_vec(), Some(threshold.clone()));
        threshold.push(1.0);
        let slope = [&layer.slope[..], &[0.0]].concat();
        hidden.push(Layer { map, offset: Offset::Channels(threshold), slope });
    }
    let last = widened(&plain.last, &outer, false);
    let scale = last.norms(0.0);
    Strict::new(hidden, last, scale, plain.bias.clone(), 0.0).unwrap()
}

/// `v = w diag(n')`, with `-sum_c v[., c] a'[c]` for the constant channel that follows the others, and a unit of zero
/// weight after the others if `unit`.
fn widened(map: &Map, (scale, threshold): &(Vec<f64>, Option<Vec<f64>>), unit: bool) -> Map {
    let v = map.with_weights(|w, _, channel| w * scale[channel]);
    let ([inputs, height, width], units) = (map.input(), map.output()[0]);
    let (more_inputs, more_units) = (inputs + usize::from(threshold.is_some()), units + usize::from(unit));
    let transposed = matches!(map.kind(), Kind::ConvTranspose(_));
    let taps = v.weight().data.len() / inputs / units;
    let at = |o: usize, i: usize, k: usize| {
        v.weight().data[if transposed { (i * units + o) * taps + k } else { (o * inputs + i) * taps + k }]
    };
    let element = |o: usize, i: usize, k: usize| match threshold {
        _ if o == units => 0.0,
        Some(threshold) if i == inputs => -threshold.iter().enumerate().map(|(c, a)| at(o, c, k) * a).sum::<f64>(),
        _ => at(o, i, k),
    };
    let [first, second] = if transposed { [more_inputs, more_units] } else { [more_units, more_inputs] };
    let mut data = Vec::new();
    for one in 0..first {
        for two in 0..second {
            let (o, i) = if transposed { (two, one) } else { (one, two) };
            data.extend((0..taps).map(|k| element(o, i, k)));
        }
    }
    let shape = match map.kind() {
        Kind::Linear => vec![first, second * taps],
        Kind::Conv(geometry) | Kind::ConvTranspose(geometry) => {
            vec![first, second, geometry.kernel[0], geometry.kernel[1]]
        }
    };
    Map::new(map.kind(), Tensor::new(&shape, data), [more_inputs, height, width]).unwrap()
}

#[test]
fn one_constant_channel_takes_the_place_of_thresholds_per_position() {
    let mut needed = 0;
    for maps in MAPS {
        for activation in [Activation::Relu, Activation::Prelu] {
            for seed in 1..=5 {
                let plain = random(5, maps, activation, seed).unwrap();
                let x = inputs(&plain, 3, seed);
                let strict = with_a_constant_channel(&plain);
                let found = difference(&strict.forward(&x), &plain.forward(&x));
                // Sums are at most twice as long as those that the bound is made for.
                let bound = 2.0 * rounding(&plain, &x);
                assert!(found <= bound, "{maps:?}, {activation:?}, seed {seed}: {found:e} is more than {bound:e}");
                let without = plain.to_strict(0.0).with_one_threshold_per_channel();
                needed += usize::from(difference(&without.forward(&x), &plain.forward(&x)) > bound);
            }
        }
    }
    assert!(needed >= 20, "only {needed} of the networks need it");
}

#[test]
fn what_is_left_of_a_right_angle_is_the_epsilon() {
    // dv keeps the share eps / n^2 of what dw has along v: the numbers of the document, of README and of the page, for
    // weights of the initial length.
    let initial = 1.0 / 3f64.sqrt();
    for (what, length, f, share) in [
        ("a convolution", initial, 1.0, 3e-6),
        ("a transposed convolution with stride 2", initial, 0.25, 1.2e-5),
        ("G's first layer", 0.01 * initial, 1.0, 0.03),
    ] {
        let v = values(&[1, 32], 5);
        let v = v.map(|value| value * length / v.norm());
        let dw = values(&[1, 32], 6);
        let (dv, _) = weight_norm_backward(&v, &dw, 0, f, &[1.0]);
        let dot = |a: &Tensor, b: &Tensor| a.data.iter().zip(&b.data).map(|(a, b)| a * b).sum::<f64>();
        let found = dot(&v, &dv) / (dot(&v, &dw) / norms(&v, 0, f)[0]);
        assert!((found / share - 1.0).abs() < 0.05, "{what}: {found:e} instead of {share:e}");
    }
}
