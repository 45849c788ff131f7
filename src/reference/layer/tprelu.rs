//! Translated parametric ReLU (the paper's TPReLU) and its special cases: the activations of hidden layers.

use super::{Layer, Parameters, Trace};
use crate::config::{Activation, Config, Sharing, Statistics};
use crate::reference::Tensor;

/// ReLU, TReLU, PReLU or TPReLU. What is not learned is held at 0.
#[derive(Debug)]
pub struct Tprelu {
    name: String,
    channels: usize,
    slope: bool,
    threshold: bool,
    sharing: Sharing,
}

impl Tprelu {
    /// The activation `kind` of `module`, whose outputs have `channels` channels. What is learned is the slope
    /// `MODULE.KIND.weight`, or the threshold `MODULE.KIND.bias`, of every channel or one for all, as `config` says.
    ///
    /// # Panics
    /// For [`Activation::Auto`]: [`Config::norm_parts`] has put the norm's activation in its place.
    pub fn new(kind: Activation, config: &Config, module: &str, channels: usize) -> Tprelu {
        let (slope, threshold) = match kind {
            Activation::Relu => (false, false),
            Activation::Trelu => (false, true),
            Activation::Prelu => (true, false),
            Activation::Tprelu => (true, true),
            Activation::Auto => panic!("{module}: the norm's parts name the activation"),
        };
        let name = format!("{module}.{}", kind.name());
        Tprelu { name, channels, slope, threshold, sharing: config.num_parameters }
    }

    /// Which of slope and threshold are learned, and what their tensors are called.
    fn kink(&self) -> [(bool, &'static str); 2] {
        [(self.slope, "weight"), (self.threshold, "bias")]
    }

    /// Slope and threshold of every channel.
    fn per_channel(&self, tensors: &Parameters) -> [Vec<f64>; 2] {
        self.kink().map(|(learned, name)| match self.sharing {
            _ if !learned => vec![0.0; self.channels],
            Sharing::Channel => tensors[&self.key(name)].data.clone(),
            Sharing::Layer => vec![tensors[&self.key(name)].data[0]; self.channels],
        })
    }
}

impl Layer for Tprelu {
    fn name(&self) -> &str {
        &self.name
    }

    fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        let count = match self.sharing {
            Sharing::Channel => self.channels,
            Sharing::Layer => 1,
        };
        let learned = self.kink().into_iter().filter(|(learned, _)| *learned);
        learned.map(|(_, name)| (self.key(name), vec![count])).collect()
    }

    fn forward(&self, tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        let [slope, threshold] = self.per_channel(tensors);
        tprelu(inputs[0], &slope, &threshold)
    }

    fn backward(&self, tensors: &Parameters, trace: Trace, dy: &Tensor, gradients: &mut Parameters) -> Vec<Tensor> {
        let [slope, threshold] = self.per_channel(tensors);
        let (dx, dslope, dthreshold) = tprelu_backward(trace.inputs[0], dy, &slope, &threshold);
        for ((learned, name), gradient) in self.kink().into_iter().zip([dslope, dthreshold]) {
            let gradient = match self.sharing {
                Sharing::Channel => gradient,
                Sharing::Layer => vec![gradient.iter().sum()],
            };
            if learned {
                gradients.insert(self.key(name), Tensor::vector(gradient));
            }
        }
        vec![dx]
    }

    fn updated(&self, _before: &Parameters, tensors: &mut Parameters) {
        if self.slope {
            project_slopes(tensors.get_mut(&self.key("weight")).expect("the slope is a parameter"));
        }
    }
}

/// Projects slopes to `[0, 1]`, as after every update.
///
/// Never in the forward pass: there a slope that overstepped would get no gradient and stay frozen.
pub fn project_slopes(slopes: &mut Tensor) {
    for slope in &mut slopes.data {
        *slope = slope.clamp(0.0, 1.0);
    }
}

/// `y = x` where `x > a`, else `s x + (1 - s) a`, with slope `s` and threshold `a` per channel.
///
/// `x` is `[B, C]` or `[B, C, ...]`, `slope` and `threshold` have `C` elements. PReLU is `a = 0`, TReLU (`max(x, a)`) is
/// `s = 0`, ReLU is both.
///
/// # Panics
/// If there is not one slope and one threshold per channel.
pub fn tprelu(x: &Tensor, slope: &[f64], threshold: &[f64]) -> Tensor {
    let (_, channels, inner) = x.around(1);
    assert_eq!([slope.len(), threshold.len()], [channels; 2], "one slope and one threshold per channel");
    let data = x.data.iter().enumerate().map(|(i, &x)| {
        let (s, a) = (slope[i / inner % channels], threshold[i / inner % channels]);
        if x > a { x } else { s * x + (1.0 - s) * a }
    });
    Tensor::new(&x.shape, data.collect())
}

/// Gradients of [`tprelu`]: `(dx, dslope, dthreshold)` with
/// `dx = dy (x > a ? 1 : s)`, `ds = sum_{x <= a} dy (x - a)`, `da = sum_{x <= a} dy (1 - s)`.
///
/// At the kink `x == a` the derivative is the lower one, as in PyTorch's `prelu`: the reconstruction from `z = 0` starts
/// exactly there. `dy` has the shape of `x`; the sums run over batch and pixels.
pub fn tprelu_backward(x: &Tensor, dy: &Tensor, slope: &[f64], threshold: &[f64]) -> (Tensor, Vec<f64>, Vec<f64>) {
    let (_, channels, inner) = x.around(1);
    let mut dx = dy.clone();
    let (mut dslope, mut dthreshold) = (vec![0.0; channels], vec![0.0; channels]);
    for (i, (&x, dx)) in x.data.iter().zip(&mut dx.data).enumerate() {
        let channel = i / inner % channels;
        let (s, a) = (slope[channel], threshold[channel]);
        if x <= a {
            dslope[channel] += *dx * (x - a);
            dthreshold[channel] += *dx * (1.0 - s);
            *dx *= s;
        }
    }
    (dx, dslope, dthreshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relu_trelu_and_prelu_are_special_cases() {
        let x = Tensor::new(&[1, 1, 3], vec![-2.0, 0.5, 3.0]);
        assert_eq!(tprelu(&x, &[0.0], &[0.0]).data, [0.0, 0.5, 3.0]);
        assert_eq!(tprelu(&x, &[0.0], &[1.0]).data, [1.0, 1.0, 3.0]);
        assert_eq!(tprelu(&x, &[0.25], &[0.0]).data, [-0.5, 0.5, 3.0]);
        assert_eq!(tprelu(&x, &[0.25], &[1.0]).data, [0.25, 0.875, 3.0]);
    }

    #[test]
    fn the_kink_belongs_to_the_lower_side() {
        let x = Tensor::new(&[1, 1, 2], vec![0.5, 0.75]);
        let dy = Tensor::new(&[1, 1, 2], vec![2.0, 8.0]);
        let (dx, dslope, dthreshold) = tprelu_backward(&x, &dy, &[0.25], &[0.5]);
        assert_eq!((dx.data, dslope, dthreshold), (vec![0.5, 8.0], vec![0.0], vec![1.5]));
    }
}
