//! Nearest-neighbour upsampling by 2; divided by 4, the gradient of [`average_pool`].

use super::average_pool::average_pool;
use super::{Layer, Parameters, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;

/// The layer: every pixel four times, then the rim cut off.
#[derive(Debug)]
pub struct Upsample {
    /// Name of the module.
    pub name: String,
    /// What is cut from every side, `[rows, columns]`.
    pub crop: [usize; 2],
}

impl Layer for Upsample {
    fn name(&self) -> &str {
        &self.name
    }

    fn output(&self, inputs: &[[usize; 3]]) -> [usize; 3] {
        let [channels, height, width] = inputs[0];
        [channels, 2 * (height - self.crop[0]), 2 * (width - self.crop[1])]
    }

    fn forward(&self, _tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        upsample(inputs[0], self.crop)
    }

    fn backward(&self, _tensors: &Parameters, _trace: Trace, dy: &Tensor, _gradients: &mut Parameters) -> Vec<Tensor> {
        vec![average_pool(dy, self.crop).map(|dx| 4.0 * dx)]
    }
}

/// `y[b,c,p,q] = x[b,c,(p + crop) / 2,(q + crop) / 2]`: every pixel becomes 2x2 equal ones, then `crop` `[rows, columns]`
/// are cut off on every side.
///
/// `x` is `[B, C, H, W]`, the result `[B, C, 2H - 2 crop[0], 2W - 2 crop[1]]`.
pub fn upsample(x: &Tensor, crop: [usize; 2]) -> Tensor {
    let [batch, channels, height, width] = x.axes();
    let (rows, columns) = (2 * (height - crop[0]), 2 * (width - crop[1]));
    let mut y = Tensor::zeros(&[batch, channels, rows, columns]);
    for (i, value) in y.data.iter_mut().enumerate() {
        let (plane, row, column) = (i / (rows * columns), i / columns % rows, i % columns);
        *value = x.data[(plane * height + (row + crop[0]) / 2) * width + (column + crop[1]) / 2];
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_becomes_four_and_the_rim_is_cut() {
        let x = Tensor::new(&[1, 1, 2, 2], vec![1.0, 2.0, 3.0, 4.0]);
        let y = upsample(&x, [0, 1]);
        assert_eq!((y.shape, y.data), (vec![1, 1, 4, 2], vec![1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0]));
        assert_eq!(upsample(&x, [1, 1]).data, [1.0, 2.0, 3.0, 4.0]);
    }
}
