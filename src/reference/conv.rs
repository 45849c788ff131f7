//! Convolution (cross-correlation, as in every framework) with zero padding.

use super::Tensor;
use super::patches::{patches, product, swapped};
use std::ops::Range;

/// Kernel, stride and zero padding as `[height, width]`.
///
/// A convolution ties a large image to a small one: tap `k` of small position `q` reads large position
/// `q * stride + k - padding`. A convolution maps large to small, a transposed convolution small to large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Kernel size.
    pub kernel: [usize; 2],
    /// Step between two small positions, in large positions.
    pub stride: [usize; 2],
    /// Zeros around the large image.
    pub padding: [usize; 2],
}

impl Geometry {
    /// `[height, width]` of the small image: `floor((large + 2 padding - kernel) / stride) + 1`.
    pub fn small(&self, large: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| (large[axis] + 2 * self.padding[axis] - self.kernel[axis]) / self.stride[axis] + 1)
    }

    /// `[height, width]` of the smallest large image: `(small - 1) stride + kernel - 2 padding`.
    pub fn large(&self, small: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| (small[axis] - 1) * self.stride[axis] + self.kernel[axis] - 2 * self.padding[axis])
    }

    /// Taps of the kernel.
    pub(super) fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// The small positions along `axis` whose tap `tap` lies inside the large image.
    pub(super) fn inside(&self, axis: usize, tap: usize, large: usize, small: usize) -> Range<usize> {
        let (stride, padding) = (self.stride[axis], self.padding[axis]);
        let first = padding.saturating_sub(tap).div_ceil(stride);
        let end = (large + padding).saturating_sub(tap).div_ceil(stride).min(small);
        first..end.max(first)
    }
}

/// `y[b,o,p,q] = sum_{i,k,l} w[o,i,k,l] x[b,i, p s + k - pad, q s + l - pad]`.
///
/// `x` is `[B, I, H, W]`, `w` is `[O, I, kh, kw]`, the result `[B, O, H', W']`. It is also the gradient of a transposed
/// convolution with respect to its input, given the gradient of its output and its weight `[in, out, kh, kw]`.
pub fn conv(x: &Tensor, w: &Tensor, geometry: &Geometry) -> Tensor {
    let ([batch, inputs, height, width], [outputs, i, kh, kw]) = (x.axes(), w.axes());
    assert_eq!((i, [kh, kw]), (inputs, geometry.kernel), "the weight must fit the image and the geometry");
    let [rows, columns] = geometry.small([height, width]);
    let rows_of_w = w.clone().reshaped(&[outputs, inputs * geometry.taps()]);
    let y = product(&rows_of_w, &patches(x, geometry)).reshaped(&[outputs, batch, rows * columns]);
    swapped(&y).reshaped(&[batch, outputs, rows, columns])
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
