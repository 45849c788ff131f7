//! Average pooling of 2x2 pixels; times 4, the gradient of [`upsample`].

use super::upsample::upsample;
use super::{Layer, Parameters, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;

/// The layer: zeros around the image, then means of 2x2 pixels.
#[derive(Debug)]
pub struct AveragePool {
    /// Name of the module.
    pub name: String,
    /// Zeros on every side, `[rows, columns]`.
    pub padding: [usize; 2],
}

impl Layer for AveragePool {
    fn name(&self) -> &str {
        &self.name
    }

    fn output(&self, inputs: &[[usize; 3]]) -> [usize; 3] {
        let [channels, height, width] = inputs[0];
        [channels, height / 2 + self.padding[0], width / 2 + self.padding[1]]
    }

    fn forward(&self, _tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        average_pool(inputs[0], self.padding)
    }

    fn backward(&self, _tensors: &Parameters, _trace: Trace, dy: &Tensor, _gradients: &mut Parameters) -> Vec<Tensor> {
        vec![upsample(dy, self.padding).map(|dx| dx / 4.0)]
    }
}

/// `y[b,c,p,q]` is the sum of `x` over rows `2p - pad, 2p - pad + 1` and columns alike, divided by 4.
///
/// `padding` zeros `[rows, columns]` surround the image and count like any pixel: the divisor is always 4. `x` is
/// `[B, C, H, W]` with even `H` and `W`, the result `[B, C, H/2 + padding[0], W/2 + padding[1]]`.
pub fn average_pool(x: &Tensor, padding: [usize; 2]) -> Tensor {
    let [batch, channels, height, width] = x.axes();
    let (rows, columns) = (height / 2 + padding[0], width / 2 + padding[1]);
    let mut y = Tensor::zeros(&[batch, channels, rows, columns]);
    for (i, value) in x.data.iter().enumerate() {
        let (plane, row, column) = (i / (height * width), i / width % height, i % width);
        let (p, q) = ((row + padding[0]) / 2, (column + padding[1]) / 2);
        y.data[(plane * rows + p) * columns + q] += value / 4.0;
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_shifts_the_windows_and_counts_as_zeros() {
        let x = Tensor::new(&[1, 1, 2, 4], vec![4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 32.0]);
        assert_eq!(average_pool(&x, [0, 0]).data, [14.0, 22.0]);
        let y = average_pool(&x, [0, 1]);
        assert_eq!((y.shape, y.data), (vec![1, 1, 1, 3], vec![6.0, 18.0, 12.0]));
        let y = average_pool(&x, [1, 0]);
        assert_eq!((y.shape, y.data), (vec![1, 1, 2, 2], vec![3.0, 7.0, 11.0, 15.0]));
    }
}
