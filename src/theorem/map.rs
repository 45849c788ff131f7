//! The linear map of a layer: everything between its input and its activation, without offset.

use crate::error::{Error, Result, Sentence, sentences::theorem as sentences};
use crate::reference::Tensor;
use crate::reference::geometry::Geometry;
use crate::reference::layer::conv::conv;
use crate::reference::layer::conv_transpose::conv_transpose;
use crate::reference::layer::linear::linear;

/// What the weight does. Images are `[channels, height, width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Every value of the image to `O` channels of one pixel; weight `[O, C * H * W]`.
    Linear,
    /// Convolution; weight `[O, C, kh, kw]`.
    Conv(Geometry),
    /// Transposed convolution to the smallest image its input belongs to; weight `[C, O, kh, kw]`.
    ConvTranspose(Geometry),
}

/// A weight in PyTorch's layout, and the images it maps between.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    kind: Kind,
    weight: Tensor,
    input: [usize; 3],
    output: [usize; 3],
}

impl Map {
    /// The map of `weight` on images of shape `input`.
    ///
    /// # Errors
    /// [`Error::Config`] when the weight does not fit the input, or the kernel the image.
    pub fn new(kind: Kind, weight: Tensor, input: [usize; 3]) -> Result<Map> {
        let refuse = |problem: Sentence| Err(Error::Config(problem));
        if input.contains(&0) || weight.data.is_empty() {
            return refuse(sentences::no_value(format_args!("{input:?}")));
        }
        let [channels, height, width] = input;
        let output = match kind {
            Kind::Linear => match weight.shape[..] {
                [units, values] if values == channels * height * width => [units, 1, 1],
                _ => return refuse(wanted("[units, c * h * w]", &weight, input)),
            },
            Kind::Conv(geometry) | Kind::ConvTranspose(geometry) => {
                let transposed = matches!(kind, Kind::ConvTranspose(_));
                let (reads, units) = if transposed { (0, 1) } else { (1, 0) };
                if weight.shape.len() != 4 || weight.shape[reads] != channels || weight.shape[2..] != geometry.kernel {
                    let layout = if transposed { "[inputs, units, kh, kw]" } else { "[units, inputs, kh, kw]" };
                    return refuse(wanted(layout, &weight, input));
                }
                let Some([h, w]) = sides(&geometry, transposed, [height, width]) else {
                    let (input, geometry) = (format_args!("{input:?}"), format_args!("{geometry:?}"));
                    return refuse(sentences::no_pixel(input, geometry));
                };
                [weight.shape[units], h, w]
            }
        };
        Ok(Map { kind, weight, input, output })
    }

    /// What the weight does.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The weight in PyTorch's layout.
    pub fn weight(&self) -> &Tensor {
        &self.weight
    }

    /// `[channels, height, width]` of what the map reads.
    pub fn input(&self) -> [usize; 3] {
        self.input
    }

    /// `[channels, height, width]` of what the map writes; a channel is an output unit.
    pub fn output(&self) -> [usize; 3] {
        self.output
    }

    /// Most products that one output is the sum of.
    pub fn fan_in(&self) -> usize {
        self.weight.data.len() / self.output[0]
    }

    /// The map of a batch `[B, C, H, W]`.
    pub fn apply(&self, x: &Tensor) -> Tensor {
        let [_, height, width] = self.output;
        match self.kind {
            Kind::Linear => {
                let (batch, values) = (x.shape[0], self.input.iter().product());
                linear(&x.clone().reshaped(&[batch, values]), &self.weight).reshaped(&[batch, self.output[0], 1, 1])
            }
            Kind::Conv(geometry) => conv(x, &self.weight, &geometry),
            Kind::ConvTranspose(geometry) => conv_transpose(x, &self.weight, &geometry, [height, width]),
        }
    }

    /// The same map with every weight replaced by `f(weight, unit, input channel)`.
    pub fn with_weights(&self, f: impl Fn(f64, usize, usize) -> f64) -> Map {
        let taps: usize = self.weight.shape.iter().skip(2).product();
        let [inputs, height, width] = self.input;
        let units = self.output[0];
        let place = |i: usize| match self.kind {
            Kind::Linear => (i / (inputs * height * width), i / (height * width) % inputs),
            Kind::Conv(_) => (i / (inputs * taps), i / taps % inputs),
            Kind::ConvTranspose(_) => (i / taps % units, i / (units * taps)),
        };
        let data = self.weight.data.iter().enumerate().map(|(i, &weight)| {
            let (unit, channel) = place(i);
            f(weight, unit, channel)
        });
        Map { weight: Tensor::new(&self.weight.shape, data.collect()), ..self.clone() }
    }

    /// `||v_u||^2` of every unit.
    pub fn squares(&self) -> Vec<f64> {
        let axis = usize::from(matches!(self.kind, Kind::ConvTranspose(_)));
        let (_, units, inner) = self.weight.around(axis);
        let mut squares = vec![0.0; units];
        for (i, weight) in self.weight.data.iter().enumerate() {
            squares[i / inner % units] += weight * weight;
        }
        squares
    }

    /// `n[u] = sqrt(f ||v_u||^2 + epsilon)`, with `f = 1 / (stride_h stride_w)` for a transposed convolution and 1
    /// otherwise; 1 where that is zero, since a zero weight has no direction and any scale will do.
    pub fn norms(&self, epsilon: f64) -> Vec<f64> {
        let f = match self.kind {
            Kind::ConvTranspose(Geometry { stride: [h, w], .. }) => 1.0 / (h * w) as f64,
            _ => 1.0,
        };
        let norm = |square: f64| (f * square + epsilon).sqrt();
        self.squares().into_iter().map(norm).map(|n| if n > 0.0 { n } else { 1.0 }).collect()
    }
}

/// The output's height and width, if there is any pixel.
fn sides(geometry: &Geometry, transposed: bool, from: [usize; 2]) -> Option<[usize; 2]> {
    let Geometry { kernel, stride, padding } = *geometry;
    let fits = [0, 1].into_iter().all(|axis| {
        let long_enough = if transposed {
            (from[axis] - 1) * stride[axis] + kernel[axis] > 2 * padding[axis]
        } else {
            from[axis] + 2 * padding[axis] >= kernel[axis]
        };
        kernel[axis] > 0 && stride[axis] > 0 && long_enough
    });
    fits.then(|| if transposed { geometry.large(from) } else { geometry.small(from) })
}

fn wanted(layout: &str, weight: &Tensor, input: [usize; 3]) -> Sentence {
    sentences::weight(layout, format_args!("{input:?}"), format_args!("{:?}", weight.shape))
}
