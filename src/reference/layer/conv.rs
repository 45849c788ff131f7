//! Convolution (cross-correlation, as in every framework) with zero padding.

use super::conv_transpose::conv_transpose;
use super::{Layer, Parameters, Trace};
use crate::config::Statistics;
use crate::reference::Tensor;
use crate::reference::geometry::Geometry;
use crate::reference::patches::{patches, product, swapped};
use crate::reference::weight::{Weight, WeightParts};

/// The layer: weight `[out, in, kh, kw]`.
#[derive(Debug)]
pub struct Conv {
    weight: Weight,
    geometry: Geometry,
}

impl Conv {
    /// A convolution of `inputs` channels to `units`.
    pub fn new(module: String, [inputs, units]: [usize; 2], geometry: Geometry, parts: WeightParts) -> Conv {
        let [kh, kw] = geometry.kernel;
        let weight = Weight { module, shape: vec![units, inputs, kh, kw], axis: 0, share: 1.0, parts };
        Conv { weight, geometry }
    }
}

impl Layer for Conv {
    fn name(&self) -> &str {
        &self.weight.module
    }

    fn output(&self, inputs: &[[usize; 3]]) -> [usize; 3] {
        let [_, height, width] = inputs[0];
        let [rows, columns] = self.geometry.small([height, width]);
        [self.weight.shape[0], rows, columns]
    }

    fn weight(&self) -> Option<&Weight> {
        Some(&self.weight)
    }

    fn forward(&self, tensors: &Parameters, inputs: &[&Tensor], _statistics: Statistics) -> Tensor {
        self.weight.biased(tensors, conv(inputs[0], &self.weight.effective(tensors), &self.geometry))
    }

    fn backward(&self, tensors: &Parameters, trace: Trace, dy: &Tensor, gradients: &mut Parameters) -> Vec<Tensor> {
        let x = trace.inputs[0];
        self.weight.backward(tensors, &conv_weight_gradient(x, dy, &self.geometry), dy, gradients);
        let [_, _, height, width] = x.axes();
        vec![conv_transpose(dy, &self.weight.effective(tensors), &self.geometry, [height, width])]
    }
}

/// `y[b,o,p,q] = sum_{i,k,l} w[o,i,k,l] x[b,i, p s + k - pad, q s + l - pad]`.
///
/// `x` is `[B, I, H, W]`, `w` is `[O, I, kh, kw]`, the result `[B, O, H', W']`. It is also the gradient of a transposed
/// convolution with respect to its input, given the gradient of its output and its weight `[in, out, kh, kw]`.
///
/// # Panics
/// If the weight's inputs are not the image's channels, or its taps not the geometry's.
pub fn conv(x: &Tensor, w: &Tensor, geometry: &Geometry) -> Tensor {
    let ([batch, inputs, height, width], [outputs, i, kh, kw]) = (x.axes(), w.axes());
    assert_eq!((i, [kh, kw]), (inputs, geometry.kernel), "the weight must fit the image and the geometry");
    let [rows, columns] = geometry.small([height, width]);
    let rows_of_w = w.clone().reshaped(&[outputs, inputs * geometry.taps()]);
    let y = product(&rows_of_w, &patches(x, geometry)).reshaped(&[outputs, batch, rows * columns]);
    swapped(&y).reshaped(&[batch, outputs, rows, columns])
}

/// `dw[s,l,k,m] = sum_{b,p,q} small[b,s,p,q] large[b,l, p s + k - pad, q s + m - pad]`, a sum over batch and pixels.
///
/// For a convolution `small` is the output's gradient and `large` the input; the result is `[out, in, kh, kw]`. For a
/// transposed convolution `small` is the input and `large` the output's gradient; the result is `[in, out, kh, kw]`.
///
/// # Panics
/// If `small` has another batch or another size than the geometry makes of `large`.
pub fn conv_weight_gradient(large: &Tensor, small: &Tensor, geometry: &Geometry) -> Tensor {
    let [batch, larges, height, width] = large.axes();
    let [b, smalls, rows, columns] = small.axes();
    assert_eq!((b, [rows, columns]), (batch, geometry.small([height, width])), "the images must fit the geometry");
    let [kh, kw] = geometry.kernel;
    product(&swapped(small), &swapped(&patches(large, geometry))).reshaped(&[smalls, larges, kh, kw])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_computed_convolution() {
        // 3x2 image, 2x2 kernel, stride (2, 1), padding (1, 0): output rows see image rows (-1, 0) and (1, 2).
        let x = Tensor::new(&[1, 1, 3, 2], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let w = Tensor::new(&[1, 1, 2, 2], vec![1.0, 10.0, 100.0, 1000.0]);
        let geometry = Geometry { kernel: [2, 2], stride: [2, 1], padding: [1, 0] };
        let y = conv(&x, &w, &geometry);
        assert_eq!((y.shape, y.data), (vec![1, 1, 2, 1], vec![2100.0, 6543.0]));
    }

    #[test]
    fn every_output_is_the_sum_over_the_taps_inside_the_image() {
        let sequence = |shape: &[usize]| {
            let count = shape.iter().product();
            Tensor::new(shape, (0..count).map(|i| (i * 37 % 101) as f64 - 50.0).collect())
        };
        for (kernel, stride, padding) in [([3, 2], [2, 1], [1, 0]), ([4, 4], [2, 2], [2, 1]), ([2, 1], [3, 4], [0, 2])]
        {
            let geometry = Geometry { kernel, stride, padding };
            let (x, w) = (sequence(&[2, 3, 7, 6]), sequence(&[5, 3, kernel[0], kernel[1]]));
            let y = conv(&x, &w, &geometry);
            let [_, _, rows, columns] = y.axes();
            for (index, &found) in y.data.iter().enumerate() {
                let (q, p) = (index % columns, index / columns % rows);
                let (o, b) = (index / columns / rows % 5, index / columns / rows / 5);
                let mut sum = 0.0;
                for (tap, weight) in
                    w.data[o * 3 * kernel[0] * kernel[1]..][..3 * kernel[0] * kernel[1]].iter().enumerate()
                {
                    let (l, k, i) = (tap % kernel[1], tap / kernel[1] % kernel[0], tap / kernel[1] / kernel[0]);
                    let row = (p * stride[0] + k).checked_sub(padding[0]).filter(|&row| row < 7);
                    let column = (q * stride[1] + l).checked_sub(padding[1]).filter(|&column| column < 6);
                    if let (Some(row), Some(column)) = (row, column) {
                        sum += weight * x.data[((b * 3 + i) * 7 + row) * 6 + column];
                    }
                }
                // Whole numbers far below 2^53: exact in any order.
                assert_eq!(found, sum, "{geometry:?}, output {index}");
            }
        }
    }
}
