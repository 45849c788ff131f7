//! The two families that the theorem connects, and how they are evaluated.

use super::map::Map;
use crate::error::{Error, Result, Sentence, sentences::theorem as sentences};
use crate::reference::Tensor;

/// A number for every channel, or for every position of every channel.
#[derive(Debug, Clone, PartialEq)]
pub enum Offset {
    /// `C` numbers.
    Channels(Vec<f64>),
    /// `[C, H, W]`.
    Positions(Tensor),
}

impl Offset {
    /// The offset at every position of images `[C, H, W]`, as a batch of one.
    pub fn spread(&self, shape: [usize; 3]) -> Tensor {
        let [channels, height, width] = shape;
        let shape = [1, channels, height, width];
        match self {
            Offset::Channels(values) => {
                let data = values.iter().flat_map(|&value| std::iter::repeat_n(value, height * width));
                Tensor::new(&shape, data.collect())
            }
            Offset::Positions(map) => map.clone().reshaped(&shape),
        }
    }

    /// Every number replaced by `f(number, channel)`.
    pub fn map(&self, f: impl Fn(f64, usize) -> f64) -> Offset {
        match self {
            Offset::Channels(values) => Offset::Channels(values.iter().enumerate().map(|(c, &v)| f(v, c)).collect()),
            Offset::Positions(map) => {
                let (_, _, inner) = map.around(0);
                let data = map.data.iter().enumerate().map(|(i, &v)| f(v, i / inner)).collect();
                Offset::Positions(Tensor::new(&map.shape, data))
            }
        }
    }

    /// All numbers; those of one channel stand together.
    pub fn values(&self) -> &[f64] {
        match self {
            Offset::Channels(values) => values,
            Offset::Positions(map) => &map.data,
        }
    }

    /// Refuses another shape with `sentence(shape, numbers found)`.
    fn check(&self, shape: [usize; 3], sentence: impl Fn(String, usize) -> Sentence) -> Result<()> {
        let fits = match self {
            Offset::Channels(values) => values.len() == shape[0],
            Offset::Positions(map) => map.shape == shape,
        };
        if fits { Ok(()) } else { Err(Error::Config(sentence(format!("{shape:?}"), self.values().len()))) }
    }
}

/// A hidden layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Its linear map, with the raw weight.
    pub map: Map,
    /// In a [`Plain`] network the bias, added before the activation; in a [`Strict`] one the threshold.
    pub offset: Offset,
    /// Slope of the lower branch per channel; 0 for ReLU and TReLU.
    pub slope: Vec<f64>,
}

/// Layers `PReLU_s(<w,x> + b)`, the last one without activation.
#[derive(Debug, Clone, PartialEq)]
pub struct Plain {
    /// All layers but the last.
    pub hidden: Vec<Layer>,
    /// The last layer's map.
    pub last: Map,
    /// The last layer's bias.
    pub bias: Offset,
}

/// Layers `TPReLU_{s,a}(<v,x> / n)`, the last one affine: `scale <v,x> / n + bias`.
#[derive(Debug, Clone, PartialEq)]
pub struct Strict {
    /// All layers but the last.
    pub hidden: Vec<Layer>,
    /// The last layer's map.
    pub last: Map,
    /// The last layer's scale per channel.
    pub scale: Vec<f64>,
    /// The last layer's bias.
    pub bias: Offset,
    /// What stands in the norm's root beside the squares: 0 for the strict `w / ||w||` of the paper, 1e-6 for this
    /// program's layers. The theorem holds for both.
    pub epsilon: f64,
}

impl Plain {
    /// Checks that the layers fit each other.
    ///
    /// # Errors
    /// [`Error::Config`] with the first layer that does not.
    pub fn new(hidden: Vec<Layer>, last: Map, bias: Offset) -> Result<Plain> {
        check(&hidden, &last, &bias)?;
        Ok(Plain { hidden, last, bias })
    }

    /// `[C, H, W]` of the input.
    pub fn input(&self) -> [usize; 3] {
        self.hidden.first().map_or(&self.last, |layer| &layer.map).input()
    }

    /// The outputs for a batch `[B, C, H, W]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let hidden = self.hidden.iter().fold(x.clone(), |x, layer| {
            let y = add(layer.map.apply(&x), &layer.offset, layer.map.output());
            let threshold = Offset::Channels(vec![0.0; layer.slope.len()]);
            tprelu(&y, &layer.slope, &threshold.spread(layer.map.output()))
        });
        add(self.last.apply(&hidden), &self.bias, self.last.output())
    }
}

impl Strict {
    /// Checks that the layers fit each other.
    ///
    /// # Errors
    /// [`Error::Config`] with the first layer that does not, or a negative epsilon.
    pub fn new(hidden: Vec<Layer>, last: Map, scale: Vec<f64>, bias: Offset, epsilon: f64) -> Result<Strict> {
        check(&hidden, &last, &bias)?;
        if scale.len() != last.output()[0] {
            let (need, have) = (last.output()[0], scale.len());
            return Err(Error::Config(sentences::scales(need, have)));
        }
        if !(epsilon >= 0.0 && epsilon.is_finite()) {
            return Err(Error::Config(sentences::epsilon(epsilon)));
        }
        Ok(Strict { hidden, last, scale, bias, epsilon })
    }

    /// `[C, H, W]` of the input.
    pub fn input(&self) -> [usize; 3] {
        self.hidden.first().map_or(&self.last, |layer| &layer.map).input()
    }

    /// The strict network in which every channel has one threshold, or one bias, where this one has a map of them: the
    /// mean of its positions. It computes another function.
    pub fn with_one_threshold_per_channel(&self) -> Strict {
        let mut other = self.clone();
        for offset in other.hidden.iter_mut().map(|layer| &mut layer.offset).chain([&mut other.bias]) {
            if let Offset::Positions(map) = offset {
                let (_, _, inner) = map.around(0);
                let means = map.data.chunks_exact(inner).map(|values| values.iter().sum::<f64>() / inner as f64);
                *offset = Offset::Channels(means.collect());
            }
        }
        other
    }

    /// The outputs for a batch `[B, C, H, W]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let hidden = self.hidden.iter().fold(x.clone(), |x, layer| {
            let y = normalised(&layer.map, self.epsilon).apply(&x);
            tprelu(&y, &layer.slope, &layer.offset.spread(layer.map.output()))
        });
        let norms = self.last.norms(self.epsilon);
        let last = self.last.with_weights(|v, unit, _| self.scale[unit] / norms[unit] * v);
        add(last.apply(&hidden), &self.bias, last.output())
    }
}

/// The map with the effective weight `v / n`.
fn normalised(map: &Map, epsilon: f64) -> Map {
    let norms = map.norms(epsilon);
    map.with_weights(|v, unit, _| v / norms[unit])
}

/// `y` with the offset added to every image of the batch.
fn add(mut y: Tensor, offset: &Offset, shape: [usize; 3]) -> Tensor {
    let offset = offset.spread(shape);
    for image in y.data.chunks_exact_mut(offset.data.len()) {
        image.iter_mut().zip(&offset.data).for_each(|(value, offset)| *value += offset);
    }
    y
}

/// `x` where `x > a`, else `s x + (1 - s) a`; `a` is a batch of one, `s` per channel.
fn tprelu(x: &Tensor, slope: &[f64], threshold: &Tensor) -> Tensor {
    let (_, channels, inner) = x.around(1);
    let data = x.data.iter().enumerate().map(|(i, &x)| {
        let (s, a) = (slope[i / inner % channels], threshold.data[i % threshold.data.len()]);
        if x > a { x } else { s * x + (1.0 - s) * a }
    });
    Tensor::new(&x.shape, data.collect())
}

fn check(hidden: &[Layer], last: &Map, bias: &Offset) -> Result<()> {
    for (number, (layer, next)) in
        hidden.iter().zip(hidden.iter().skip(1).map(|layer| &layer.map).chain([last])).enumerate()
    {
        let shape = layer.map.output();
        if next.input() != shape {
            let (needed, found) = (format_args!("{shape:?}"), format_args!("{:?}", next.input()));
            return Err(Error::Config(sentences::order(number + 1, needed, found)));
        }
        layer.offset.check(shape, |shape, found| sentences::offset(number, shape, found))?;
        if layer.slope.len() != shape[0] {
            let (need, have) = (shape[0], layer.slope.len());
            return Err(Error::Config(sentences::slopes(number, need, have)));
        }
    }
    bias.check(last.output(), sentences::last_offset)
}
