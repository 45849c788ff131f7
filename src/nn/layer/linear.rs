//! Linear: y = W x + b from all values of an image to all values of another, x [rows, in] and y [rows, out]. Computed as a
//! convolution of images of one pixel whose channels are all values.

use super::Io;
use super::linear_map::{LinearMap, MapLayer, WeightSpec};
use crate::kernels::Geometry;

/// `nn.Linear` with a reparameterised weight [out, in]; every output value is a unit. The result is read as
/// [channels, h, w] by PyTorch and lies inside as [h, w, channels].
#[derive(Debug, Clone, Copy)]
pub struct Linear(pub WeightSpec);

impl MapLayer for Linear {
    fn map(&self, io: Io) -> LinearMap {
        let (inputs, units) = (io.input.len(), io.output.len());
        let (channels, pixels) = (io.output.c, io.output.pixels());
        let unit_axes = vec![(channels, 1), (pixels, channels)];
        LinearMap {
            geometry: one_pixel(inputs, units),
            is_transposed: false,
            units,
            norm_factor: 1.0,
            weight_shape: vec![units as usize, inputs as usize],
            weight_axes: [unit_axes.as_slice(), &[(inputs, units)]].concat(),
            unit_axis: 0,
            unit_axes,
            weight: self.0,
        }
    }
}

/// A 1x1 convolution of images of one pixel.
pub(super) fn one_pixel(big_c: u32, small_c: u32) -> Geometry {
    Geometry {
        big_h: 1,
        big_w: 1,
        big_c,
        small_h: 1,
        small_w: 1,
        small_c,
        kernel_h: 1,
        kernel_w: 1,
        stride: 1,
        ..Geometry::default()
    }
}
