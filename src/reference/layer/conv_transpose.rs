//! Transposed convolution: the adjoint of [`conv`].

use super::conv::{conv, conv_weight_gradient};
use super::{Layer, Parameters, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;
use crate::reference::geometry::Geometry;
use crate::reference::patches::{product, swapped, unpatches};
use crate::reference::weight::{Weight, WeightParts};

/// The layer: weight `[in, out, kh, kw]`; the output is the smallest image that belongs to the input.
#[derive(Debug)]
pub struct ConvTranspose {
    weight: Weight,
    geometry: Geometry,
}

impl ConvTranspose {
    /// A transposed convolution of `inputs` channels to `units`.
    pub fn new(module: String, [inputs, units]: [usize; 2], geometry: Geometry, parts: WeightParts) -> ConvTranspose {
        let ([kh, kw], [rows, columns]) = (geometry.kernel, geometry.stride);
        let share = 1.0 / (rows * columns) as f64;
        let weight = Weight { module, shape: vec![inputs, units, kh, kw], axis: 1, share, parts };
        ConvTranspose { weight, geometry }
    }
}

impl Layer for ConvTranspose {
    fn name(&self) -> &str {
        &self.weight.module
    }

    fn output(&self, inputs: &[[usize; 3]]) -> [usize; 3] {
        let [_, height, width] = inputs[0];
        let [rows, columns] = self.geometry.large([height, width]);
        [self.weight.shape[1], rows, columns]
    }

    fn weight(&self) -> Option<&Weight> {
        Some(&self.weight)
    }

    fn forward(&self, tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        let [_, _, height, width] = inputs[0].axes();
        let large = self.geometry.large([height, width]);
        let y = conv_transpose(inputs[0], &self.weight.effective(tensors), &self.geometry, large);
        self.weight.biased(tensors, y)
    }

    fn backward(&self, tensors: &Parameters, trace: Trace, dy: &Tensor, gradients: &mut Parameters) -> Vec<Tensor> {
        self.weight.backward(tensors, &conv_weight_gradient(dy, trace.inputs[0], &self.geometry), dy, gradients);
        vec![conv(dy, &self.weight.effective(tensors), &self.geometry)]
    }
}

/// `y[b,o, p s + k - pad, q s + l - pad] += x[b,i,p,q] w[i,o,k,l]` over all `i, p, q, k, l`.
///
/// `x` is `[B, I, h, w]`, `w` is `[I, O, kh, kw]`, the result `[B, O, large[0], large[1]]`. It is also the gradient of a
/// convolution with respect to its input, given the gradient of its output and its weight `[out, in, kh, kw]`; then
/// `large` is the size of that input, which may have rows and columns that no kernel position covers fully.
///
/// # Panics
/// If the weight does not fit the image and the geometry, or the geometry makes another size than `x` has of `large`.
pub fn conv_transpose(x: &Tensor, w: &Tensor, geometry: &Geometry, large: [usize; 2]) -> Tensor {
    let ([batch, inputs, rows, columns], [i, outputs, kh, kw]) = (x.axes(), w.axes());
    assert_eq!((i, [kh, kw]), (inputs, geometry.kernel), "the weight must fit the image and the geometry");
    assert_eq!(geometry.small(large), [rows, columns], "the output size {large:?} must belong to this input");
    let rows_of_w = swapped(&w.clone().reshaped(&[inputs, outputs * geometry.taps()]));
    unpatches(&product(&rows_of_w, &swapped(x)), geometry, [batch, outputs, large[0], large[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_computed_transposed_convolution() {
        // Two positions in a row, 2x2 kernel, stride (1, 2), padding (0, 1): the outer columns are cut off.
        let x = Tensor::new(&[1, 1, 1, 2], vec![1.0, 2.0]);
        let w = Tensor::new(&[1, 1, 2, 2], vec![1.0, 10.0, 100.0, 1000.0]);
        let geometry = Geometry { kernel: [2, 2], stride: [1, 2], padding: [0, 1] };
        let y = conv_transpose(&x, &w, &geometry, geometry.large([1, 2]));
        assert_eq!((y.shape, y.data), (vec![1, 1, 2, 2], vec![10.0, 2.0, 1000.0, 200.0]));
    }
}
