//! Convolution, from the big image [rows, big_h, big_w, big_c] to the small one.

use super::Io;
use super::linear::one_pixel;
use super::linear_map::{LinearMap, MapLayer, WeightSpec};
use crate::kernels::Geometry;
use crate::nn::shape::Shape;

/// `nn.Conv2d` with a reparameterised weight [out, in, kh, kw]; every output channel is a unit.
#[derive(Debug, Clone, Copy)]
pub struct Conv {
    /// Kernel height and width.
    pub kernel: [u32; 2],
    /// Step between taps' origins.
    pub stride: u32,
    /// Padding above and left (and below and right).
    pub pad: [u32; 2],
    /// How its weight is made.
    pub weight: WeightSpec,
}

impl MapLayer for Conv {
    fn map(&self, io: Io) -> LinearMap {
        let Conv { kernel, stride, pad, weight } = *self;
        let covers_all = kernel == [io.input.h, io.input.w] && pad == [0, 0] && io.output.pixels() == 1;
        let (weight_shape, weight_axes) = small_big_taps(kernel, io.input.c, io.output.c);
        LinearMap {
            // One output pixel that sees the whole image is a matrix product without padding.
            geometry: if covers_all {
                one_pixel(io.input.len(), io.output.len())
            } else {
                geometry(kernel, stride, pad, io.input, io.output)
            },
            is_transposed: false,
            units: io.output.c,
            norm_factor: 1.0,
            weight_shape,
            weight_axes,
            unit_axis: 0,
            unit_axes: vec![(io.output.c, 1)],
            weight,
        }
    }
}

/// A convolution between a big and a small image, with batch and offsets open.
pub(super) fn geometry(kernel: [u32; 2], stride: u32, pad: [u32; 2], big: Shape, small: Shape) -> Geometry {
    Geometry {
        big_h: big.h,
        big_w: big.w,
        big_c: big.c,
        small_h: small.h,
        small_w: small.w,
        small_c: small.c,
        kernel_h: kernel[0],
        kernel_w: kernel[1],
        stride,
        pad_h: pad[0],
        pad_w: pad[1],
        ..Geometry::default()
    }
}

/// PyTorch's shape of a kernel, [small, big, kh, kw] for both convolution and transposed convolution, and where its
/// elements lie inside, [kh, kw, big, small].
pub(super) fn small_big_taps([kh, kw]: [u32; 2], big: u32, small: u32) -> (Vec<usize>, Vec<(u32, u32)>) {
    let shape = [small, big, kh, kw].map(|len| len as usize).to_vec();
    (shape, vec![(small, 1), (big, small), (kh, kw * big * small), (kw, big * small)])
}
