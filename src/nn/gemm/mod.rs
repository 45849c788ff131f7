//! Which kernel variant a matrix product (GEMM) runs with, and what one workgroup of it computes.

pub mod convolution;
pub mod epilogue;
pub mod tuner;

mod variant;
mod workgroup;

pub use variant::{TileSize, Variant};
pub use workgroup::{Kernels, WorkgroupTile};

use crate::device::Dispatch;
use crate::kernels;

/// The size of `batch` matrix products beside one another, C [m, n] = A [m, k] B [k, n]. The depth k consists of runs
/// along which A is evenly strided in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GemmShape {
    /// Rows of each.
    pub m: u32,
    /// Columns of each.
    pub n: u32,
    /// Number of products: phases of a transposed convolution, or parts of a split K.
    pub batch: u32,
    /// K-runs, those of all products together.
    pub runs: u32,
    /// Depth of a K-run.
    pub run_length: u32,
}

/// The dispatch of products of a shape, whose parameters and buffers are still missing; `vec4` says whether A and B can be
/// read four numbers at a time.
pub fn dispatch(variant: Variant, kernels: &Kernels, label: &str, shape: GemmShape, vec4: [bool; 2]) -> Dispatch {
    let tile = variant.workgroup(kernels, shape);
    let [x, y] = tile.workgroups(shape.m, shape.n);
    vec4_operands(Dispatch::new(tile.kernel, label), vec4)
        .overrides(&tile.overrides)
        .grid([x, y, shape.batch])
        .multiply_adds(tile.multiply_adds(shape))
}

/// Sets whether operands A and B can be read four numbers at a time.
pub fn vec4_operands(call: Dispatch, [a, b]: [bool; 2]) -> Dispatch {
    call.overrides(&[("VEC4_A", u32::from(a)), ("VEC4_B", u32::from(b))])
}

/// Convolution (fprop, and dgrad of transposed convolutions).
pub const CONV: Kernels = Kernels {
    tile: &kernels::CONV_TILE,
    tile_wide: &kernels::CONV_TILE_WIDE,
    plain: &kernels::CONV_PLAIN,
    panel: &kernels::CONV_PANEL,
};
/// Transposed convolution (fprop, and dgrad of convolutions).
pub const CONV_TRANSPOSE: Kernels = Kernels {
    tile: &kernels::CONV_TRANSPOSE_TILE,
    tile_wide: &kernels::CONV_TRANSPOSE_TILE_WIDE,
    plain: &kernels::CONV_TRANSPOSE_PLAIN,
    panel: &kernels::CONV_TRANSPOSE_PANEL,
};
/// The weight gradient (wgrad) of both.
pub const CONV_WEIGHT_GRADIENT: Kernels = Kernels {
    tile: &kernels::CONV_WEIGHT_GRADIENT_TILE,
    tile_wide: &kernels::CONV_WEIGHT_GRADIENT_TILE_WIDE,
    plain: &kernels::CONV_WEIGHT_GRADIENT_PLAIN,
    panel: &kernels::CONV_WEIGHT_GRADIENT_PANEL,
};
