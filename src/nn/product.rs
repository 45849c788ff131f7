//! Which body a matrix product runs with, and with which tile.

use crate::gpu::{Call, Gpu};
use crate::kernels::{self, Kernel};

/// The part of a matrix product that one workgroup computes with [`Body::Tile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Invocations along rows.
    pub wg_m: u32,
    /// Invocations along columns.
    pub wg_n: u32,
    /// Rows and columns of an invocation: 4, or 8 in the wide body.
    pub block: u32,
    /// Depth of the slices that pass through workgroup memory, a multiple of 4.
    pub depth: u32,
}

/// Lanes of the subgroups that [`Body::Subgroup`] is written for.
pub const LANES: u32 = 8;

/// How matrix products are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Slices through workgroup memory (shared/gemm_tile.wgsl and gemm_tile_wide.wgsl): for GPUs. The size is that of the
    /// tiles that large products take.
    Tile(Size),
    /// Operands shuffled through a subgroup of [`LANES`] lanes (shared/gemm_subgroup.wgsl): for llvmpipe, which runs on a
    /// processor. SwiftShader's compiler does not finish with kernels of this size.
    Subgroup,
}

/// Registers that an invocation of a large product uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Blocks of 4x4.
    Small,
    /// Blocks of 8x8, 64 invocations.
    Medium,
    /// Blocks of 8x8, 256 invocations.
    Large,
}

const fn tile(wg: [u32; 2], block: u32, depth: u32) -> Tile {
    Tile { wg_m: wg[0], wg_n: wg[1], block, depth }
}

/// For few columns (images, logits), for few rows (linear layers), and for the rest by size.
const NARROW: Tile = tile([64, 1], 4, 8);
const FLAT: Tile = tile([4, 16], 4, 16);
const TALL: Tile = tile([64, 4], 4, 8);
const SMALL: Tile = tile([16, 16], 4, 16);
const MEDIUM: Tile = tile([8, 8], 8, 16);
const LARGE: Tile = tile([16, 16], 8, 8);

/// Workgroups from which on the next larger tile still keeps a large device busy.
const BUSY: u32 = 256;

impl Body {
    /// The one that suits the device without measuring.
    pub fn for_device(gpu: &Gpu) -> Body {
        match gpu.lanes() {
            Some(LANES) if gpu.software() => Body::Subgroup,
            _ if gpu.software() => Body::Tile(Size::Small),
            _ => Body::Tile(Size::Medium),
        }
    }

    /// Every tile that [`Self::tile`] chooses, at all sizes.
    pub const TILES: [Tile; 6] = [NARROW, FLAT, TALL, SMALL, MEDIUM, LARGE];

    /// The tile for `layers` products of `m` rows and `n` columns.
    pub fn tile(self, m: u32, n: u32, layers: u32) -> Tile {
        let Body::Tile(size) = self else { return SMALL };
        let busy = |tile: Tile| layers * m.div_ceil(tile.height()) * n.div_ceil(tile.width()) >= BUSY;
        match (m, n, size) {
            (_, ..=4, _) => NARROW,
            (..=16, _, _) => FLAT,
            (_, ..=16, _) => TALL,
            (_, _, Size::Large) if n >= LARGE.width() && busy(LARGE) => LARGE,
            (_, _, Size::Medium | Size::Large) => MEDIUM,
            _ => SMALL,
        }
    }

    /// Workgroups along rows and along columns.
    pub fn groups(self, tile: Tile, m: u32, n: u32) -> [u32; 2] {
        match self {
            Body::Tile(_) => [m.div_ceil(tile.height()), n.div_ceil(tile.width())],
            Body::Subgroup => [m.div_ceil(4 * LANES), n.div_ceil(4 * LANES)],
        }
    }

    /// `layers` products of `m` rows and `n` columns by the kernel that serves this body; `quads` says whether A and B can
    /// be read four numbers at a time.
    pub fn call(self, kernels: &Kernels, label: &str, [m, n, layers]: [u32; 3], quads: [bool; 2]) -> Call {
        let tile = self.tile(m, n, layers);
        let [x, y] = self.groups(tile, m, n);
        Call::new(self.kernel(kernels, tile), label).overrides(&self.overrides(tile, quads)).grid([x, y, layers])
    }

    /// The kernel of a tile.
    pub fn kernel(self, kernels: &Kernels, tile: Tile) -> &'static Kernel {
        match self {
            Body::Tile(_) if tile.block == 8 => kernels.wide,
            Body::Tile(_) => kernels.tile,
            Body::Subgroup => kernels.subgroup,
        }
    }

    /// The kernels' overrides.
    pub fn overrides(self, tile: Tile, quads: [bool; 2]) -> Vec<(&'static str, u32)> {
        let mut overrides = match self {
            Body::Tile(_) => vec![("WG_M", tile.wg_m), ("WG_N", tile.wg_n), ("DEPTH", tile.depth)],
            Body::Subgroup => Vec::new(),
        };
        overrides.extend([("QUADS_A", u32::from(quads[0])), ("QUADS_B", u32::from(quads[1]))]);
        overrides
    }
}

/// The kernels of one product, by body.
#[derive(Debug, Clone, Copy)]
pub struct Kernels {
    /// Tiles with 4x4 numbers an invocation.
    pub tile: &'static Kernel,
    /// Tiles with 8x8 numbers an invocation.
    pub wide: &'static Kernel,
    /// Through a subgroup.
    pub subgroup: &'static Kernel,
}

/// Convolution.
pub const CONV: Kernels =
    Kernels { tile: &kernels::CONV, wide: &kernels::CONV_WIDE, subgroup: &kernels::CONV_SUBGROUP };
/// Transposed convolution.
pub const CONV_TRANSPOSE: Kernels = Kernels {
    tile: &kernels::CONV_TRANSPOSE,
    wide: &kernels::CONV_TRANSPOSE_WIDE,
    subgroup: &kernels::CONV_TRANSPOSE_SUBGROUP,
};
/// The weight gradient of both.
pub const CONV_WEIGHT_GRADIENT: Kernels = Kernels {
    tile: &kernels::CONV_WEIGHT_GRADIENT,
    wide: &kernels::CONV_WEIGHT_GRADIENT_WIDE,
    subgroup: &kernels::CONV_WEIGHT_GRADIENT_SUBGROUP,
};

impl Tile {
    /// Rows of a workgroup.
    pub fn height(self) -> u32 {
        self.wg_m * self.block
    }

    /// Columns of a workgroup.
    pub fn width(self) -> u32 {
        self.wg_n * self.block
    }
}
