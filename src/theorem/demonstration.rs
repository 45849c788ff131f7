//! A random network of either family beside the other, for those who want to see the theorem hold.

use super::map::{Kind, Map};
use super::network::{Layer, Offset, Plain, Strict};
use super::rounding::{greatest, rounding};
use crate::error::{Error, Result, sentences};
use crate::reference::Tensor;
use crate::reference::geometry::Geometry;
use crate::rng;
use serde::{Deserialize, Serialize};

/// Depths that are shown.
pub const DEPTHS: std::ops::RangeInclusive<u32> = 2..=8;
const INPUT: [usize; 3] = [3, 8, 6];
const BATCH: usize = 4;
/// Transposed convolutions enlarge with stride 2 up to here, then no longer.
const MAX_SIDE: usize = 12;

/// Which maps a random network is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Maps {
    /// Linear layers only.
    Linear,
    /// Convolutions only.
    Conv,
    /// Transposed convolutions only.
    Transposed,
    /// All three in turn.
    Mixed,
}

/// What follows the hidden layers of the plain network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify), tsify(rename = "TheoremActivation"))]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// Becomes TReLU.
    Relu,
    /// With a slope per channel; becomes TPReLU.
    Prelu,
}

/// One layer of the strict network.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ShownLayer {
    /// `linear`, `conv` or `transposed`.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Exclude<Maps, \"mixed\">"))]
    pub kind: &'static str,
    /// `[channels, height, width]` of its output.
    pub output: [usize; 3],
    /// Norm of every unit.
    pub norms: Vec<f64>,
    /// Least and greatest threshold of every unit (for the last layer, which has none: of its bias).
    pub thresholds: Vec<[f64; 2]>,
    /// Whether the thresholds of a unit differ between positions.
    pub per_position: bool,
    /// Units whose weight is zero.
    pub zero_units: usize,
}

/// How close a plain network and its strict form are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Demonstration {
    /// Largest output of the plain network.
    pub largest: f64,
    /// Largest difference between the outputs of both.
    pub difference: f64,
    /// The same as a share of `largest`.
    pub relative: f64,
    /// What rounding could explain at most.
    pub bound: f64,
    /// The difference when the shift that the next layer must absorb is forgotten.
    pub without_shift: f64,
    /// The difference when every unit gets a single threshold, the mean of its positions.
    pub without_maps: f64,
    /// Largest change of a weight by the way there and back, as a share of the largest weight.
    pub weight_change: f64,
    /// The strict network's layers.
    pub layers: Vec<ShownLayer>,
}

/// Converts a random plain network and compares.
///
/// # Errors
/// [`Error::Config`] for a depth out of [`DEPTHS`].
pub fn demonstration(depth: u32, maps: Maps, activation: Activation, seed: u32) -> Result<Demonstration> {
    let plain = random(depth, maps, activation, seed)?;
    let x = inputs(&plain, BATCH, seed);
    let strict = plain.to_strict(0.0);
    let expected = plain.forward(&x);
    let largest = greatest(&expected);
    let from_expected = |found: Tensor| greatest(&found.zip_map(&expected, |a, b| a - b));
    let difference = from_expected(strict.forward(&x));
    Ok(Demonstration {
        largest,
        difference,
        relative: difference / largest,
        bound: rounding(&plain, &x),
        without_shift: from_expected(without_shift(&plain, &strict).forward(&x)),
        without_maps: from_expected(strict.with_one_threshold_per_channel().forward(&x)),
        weight_change: weight_change(&plain, &strict.to_plain()),
        layers: shown(&strict),
    })
}

/// A random plain network of `depth` layers, with a unit of zero weight in every second hidden layer.
///
/// # Errors
/// [`Error::Config`] for a depth out of [`DEPTHS`].
#[expect(clippy::missing_panics_doc, reason = "a depth of no layer is refused")]
pub fn random(depth: u32, maps: Maps, activation: Activation, seed: u32) -> Result<Plain> {
    if !DEPTHS.contains(&depth) {
        let (low, high) = (DEPTHS.start(), DEPTHS.end());
        return Err(Error::Config(sentences::theorem::depth(low, high, depth)));
    }
    let mut input = if maps == Maps::Transposed { [3, 2, 1] } else { INPUT };
    let mut layers = Vec::new();
    for layer in 0..depth {
        let stream = 8 * layer;
        let map = random_map(maps, layer, input, stream, seed)?;
        let channels = map.output()[0];
        let offset = Offset::Channels(uniform(channels, -0.5, 0.5, stream + 1, seed));
        let slope = match activation {
            Activation::Relu => vec![0.0; channels],
            Activation::Prelu => uniform(channels, 0.0, 1.0, stream + 2, seed),
        };
        let map = map.with_weights(|w, unit, _| if layer % 2 == 1 && unit == 0 { 0.0 } else { w });
        input = map.output();
        layers.push(Layer { map, offset, slope });
    }
    let last = layers.pop().expect("the depth is at least two");
    Plain::new(layers, last.map, last.offset)
}

/// Random inputs for a network, in [-1, 1).
pub fn inputs(plain: &Plain, batch: usize, seed: u32) -> Tensor {
    let [channels, height, width] = plain.input();
    let count = batch * channels * height * width;
    Tensor::new(&[batch, channels, height, width], uniform(count, -1.0, 1.0, 7, seed))
}

/// Units, kernels, strides and paddings vary with layer and seed; images stay small.
fn random_map(maps: Maps, layer: u32, input: [usize; 3], stream: u32, seed: u32) -> Result<Map> {
    let word = rng::words(layer, 1, stream, seed).map(|word| word as usize);
    let units = 5 + word[0] % 4;
    let [channels, height, width] = input;
    let kind = match maps {
        Maps::Mixed => [Maps::Conv, Maps::Transposed, Maps::Linear][(layer as usize + seed as usize) % 3],
        other => other,
    };
    let sides = [height, width];
    match kind {
        Maps::Linear | Maps::Mixed => {
            let values = channels * height * width;
            let weight = random_weight(&[units, values], values, stream, seed);
            Map::new(Kind::Linear, weight, input)
        }
        Maps::Conv => {
            let padding = [word[1] % 2, word[1] / 2 % 2];
            let kernel = [0, 1].map(|axis| (2 + word[2 + axis] % 2).min(sides[axis] + 2 * padding[axis]));
            let stride = [0, 1].map(|axis| if sides[axis] > 6 { 2 } else { 1 });
            let weight =
                random_weight(&[units, channels, kernel[0], kernel[1]], channels * kernel[0] * kernel[1], stream, seed);
            Map::new(Kind::Conv(Geometry { kernel, stride, padding }), weight, input)
        }
        Maps::Transposed => {
            let stride = [0, 1].map(|axis| if 2 * sides[axis] < MAX_SIDE { 2 } else { 1 });
            let kernel = [0, 1].map(|axis| 2 + word[2 + axis] % 2);
            let long = |axis: usize| (sides[axis] - 1) * stride[axis] + kernel[axis];
            let padding = [0, 1].map(|axis| usize::from(long(axis) > 2 && word[1] & (1 << axis) != 0));
            let taps = (kernel[0] * kernel[1]).div_ceil(stride[0] * stride[1]);
            let weight = random_weight(&[channels, units, kernel[0], kernel[1]], channels * taps, stream, seed);
            Map::new(Kind::ConvTranspose(Geometry { kernel, stride, padding }), weight, input)
        }
    }
}

/// Uniform with variance `2 / fan_in`, which keeps the size of what passes through ReLU layers.
fn random_weight(shape: &[usize], fan_in: usize, stream: u32, seed: u32) -> Tensor {
    let most = (6.0 / fan_in as f64).sqrt();
    Tensor::new(shape, uniform(shape.iter().product(), -most, most, stream, seed))
}

fn uniform(count: usize, low: f64, high: f64, stream: u32, seed: u32) -> Vec<f64> {
    rng::uniforms(count, 0, stream, seed).map(|u| low + (high - low) * f64::from(u)).collect()
}

/// Thresholds from the biases alone, as if nothing had to be absorbed.
fn without_shift(plain: &Plain, strict: &Strict) -> Strict {
    let mut wrong = strict.clone();
    for (layer, plain) in wrong.hidden.iter_mut().zip(&plain.hidden) {
        let norms = layer.map.norms(strict.epsilon);
        layer.offset = plain.offset.map(|b, channel| -b / norms[channel]);
    }
    wrong.bias = plain.bias.clone();
    wrong
}

fn weight_change(before: &Plain, after: &Plain) -> f64 {
    let weights = |plain: &Plain| -> Vec<Tensor> {
        plain.hidden.iter().map(|layer| &layer.map).chain([&plain.last]).map(|map| map.weight().clone()).collect()
    };
    let change = |(a, b): (&Tensor, &Tensor)| greatest(&a.zip_map(b, |a, b| a - b)) / greatest(a);
    weights(before).iter().zip(&weights(after)).map(change).fold(0.0, f64::max)
}

fn shown(strict: &Strict) -> Vec<ShownLayer> {
    let layers = strict.hidden.iter().map(|layer| (&layer.map, &layer.offset));
    let shown = |(map, offset): (&Map, &Offset)| {
        let inner = offset.values().len() / map.output()[0];
        let range = |values: &[f64]| {
            values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &v| [low.min(v), high.max(v)])
        };
        ShownLayer {
            kind: match map.kind() {
                Kind::Linear => "linear",
                Kind::Conv(_) => "conv",
                Kind::ConvTranspose(_) => "transposed",
            },
            output: map.output(),
            norms: map.norms(strict.epsilon),
            thresholds: offset.values().chunks_exact(inner).map(range).collect(),
            per_position: matches!(offset, Offset::Positions(_)),
            zero_units: map.squares().iter().filter(|&&square| square == 0.0).count(),
        }
    };
    layers.chain([(&strict.last, &strict.bias)]).map(shown).collect()
}
