//! How a convolution ties a large image to a small one.

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
    /// The convolution of a whole image `[C, H, W]` to one pixel.
    pub(super) fn whole(image: [usize; 3]) -> Geometry {
        Geometry { kernel: [image[1], image[2]], stride: [1, 1], padding: [0, 0] }
    }

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
