//! Pixel normalisation: every pixel's channels divided by their root mean square.

use super::{Layer, Parameters, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;

/// The layer; it has no tensors.
#[derive(Debug)]
pub struct PixelNorm {
    name: String,
}

impl PixelNorm {
    /// The one behind a linear map of `module`.
    pub fn behind(module: &str, _channels: usize) -> PixelNorm {
        PixelNorm { name: format!("{module}.pixelnorm") }
    }
}

impl Layer for PixelNorm {
    fn name(&self) -> &str {
        &self.name
    }

    fn forward(&self, _tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        pixel_norm(inputs[0])
    }

    fn backward(&self, _tensors: &Parameters, trace: Trace, dy: &Tensor, _gradients: &mut Parameters) -> Vec<Tensor> {
        vec![pixel_norm_backward(trace.inputs[0], dy)]
    }
}

/// The epsilon beside the mean square, inside the root.
pub const EPSILON: f64 = 1e-8;

/// `r[b,p] = sqrt(mean over c of x[b,c,p]^2 + 1e-8)` of every pixel.
fn roots(x: &Tensor) -> Vec<f64> {
    let (batch, channels, pixels) = x.around(1);
    let mut squares = vec![0.0; batch * pixels];
    for (i, value) in x.data.iter().enumerate() {
        squares[i / (channels * pixels) * pixels + i % pixels] += value * value / channels as f64;
    }
    squares.into_iter().map(|square| (square + EPSILON).sqrt()).collect()
}

/// `y = x / r`; `x` is `[B, C, ...]`.
pub fn pixel_norm(x: &Tensor) -> Tensor {
    let (_, channels, pixels) = x.around(1);
    let r = roots(x);
    let data = x.data.iter().enumerate().map(|(i, x)| x / r[i / (channels * pixels) * pixels + i % pixels]);
    Tensor::new(&x.shape, data.collect())
}

/// `dx = (dy - y mean over c of dy y) / r`.
pub fn pixel_norm_backward(x: &Tensor, dy: &Tensor) -> Tensor {
    let (batch, channels, pixels) = x.around(1);
    let (y, r) = (pixel_norm(x), roots(x));
    let pixel = |i: usize| i / (channels * pixels) * pixels + i % pixels;
    let mut along = vec![0.0; batch * pixels];
    for (i, (dy, y)) in dy.data.iter().zip(&y.data).enumerate() {
        along[pixel(i)] += dy * y / channels as f64;
    }
    let data = dy.data.iter().zip(&y.data).enumerate().map(|(i, (dy, y))| (dy - y * along[pixel(i)]) / r[pixel(i)]);
    Tensor::new(&x.shape, data.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_gets_a_root_mean_square_of_one() {
        let x = Tensor::new(&[1, 2, 2], vec![3.0, 0.0, 4.0, 2.0]);
        let y = pixel_norm(&x);
        for p in 0..2 {
            let mean = (y.data[p].powi(2) + y.data[2 + p].powi(2)) / 2.0;
            assert!((mean - 1.0).abs() < 1e-8, "{mean}");
        }
    }
}
