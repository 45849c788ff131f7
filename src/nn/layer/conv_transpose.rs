//! Transposed convolution, from the small image [rows, small_h, small_w, small_c] to the big one.

use super::Io;
use super::conv::{geometry, small_big_taps};
use super::linear_map::{LinearMap, MapLayer, WeightSpec};

/// `nn.ConvTranspose2d` with a reparameterised weight [in, out, kh, kw]; every output channel is a unit.
#[derive(Debug, Clone, Copy)]
pub struct ConvTranspose {
    /// Kernel height and width.
    pub kernel: [u32; 2],
    /// Step between taps' origins.
    pub stride: u32,
    /// Padding of the convolution this is the adjoint of.
    pub pad: [u32; 2],
    /// How its weight is made.
    pub weight: WeightSpec,
}

impl MapLayer for ConvTranspose {
    fn map(&self, io: Io) -> LinearMap {
        let ConvTranspose { kernel, stride, pad, weight } = *self;
        let (weight_shape, weight_axes) = small_big_taps(kernel, io.output.c, io.input.c);
        LinearMap {
            geometry: geometry(kernel, stride, pad, io.output, io.input),
            is_transposed: true,
            units: io.output.c,
            norm_factor: 1.0 / (stride * stride) as f32,
            weight_shape,
            weight_axes,
            unit_axis: 1,
            unit_axes: vec![(io.output.c, 1)],
            weight,
        }
    }
}
