//! Which body a matrix product runs with, and what a workgroup of it computes.

use crate::gpu::{Call, Gpu, Overrides};
use crate::kernels::{self, Kernel};

/// How matrix products are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Slices through workgroup memory (shared/gemm_tile.wgsl and gemm_tile_wide.wgsl): for GPUs. The size is that of the
    /// tiles that large products take.
    Tile(Size),
    /// Operands shuffled through a subgroup of [`Body::lanes`] lanes (shared/gemm_subgroup.wgsl): for llvmpipe, which runs
    /// on a processor.
    Subgroup,
    /// The same with four lanes and less code (shared/gemm_quad.wgsl): for SwiftShader, which runs on a processor in
    /// browsers and whose compiler does not finish with more.
    Quad,
    /// Slices in the cache and sums in the registers of one invocation (shared/gemm_panel.wgsl): for a processor without a
    /// driver.
    Panel,
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

/// The size of matrix products beside one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Rows of each.
    pub m: u32,
    /// Columns of each.
    pub n: u32,
    /// Their number.
    pub layers: u32,
    /// Segments that their depths consist of, all products together.
    pub segments: u32,
    /// Depth of a segment.
    pub length: u32,
}

/// What one workgroup of a product computes.
#[derive(Debug, Clone)]
pub struct Block {
    /// By which kernel.
    pub kernel: &'static Kernel,
    /// Rows of the result.
    pub rows: u32,
    /// Columns of the result.
    pub columns: u32,
    /// Depths of a segment at a time: the last ones are multiplied even where it has ended.
    pub depth: u32,
    /// Segments at a time.
    pub span: u32,
    /// The kernel's overrides but for those of its operands.
    pub overrides: Overrides,
}

/// The part of a matrix product that one workgroup computes with [`Body::Tile`].
#[derive(Debug, Clone, Copy)]
struct Tile {
    /// Invocations along rows and along columns.
    wg: [u32; 2],
    /// Rows and columns of an invocation: 4, or 8 in the wide body.
    block: u32,
    /// Depth of the slices that pass through workgroup memory, a multiple of 4.
    depth: u32,
}

const fn tile(wg: [u32; 2], block: u32, depth: u32) -> Tile {
    Tile { wg, block, depth }
}

/// For few columns (images, logits), for few rows (linear layers), and for the rest by size.
const NARROW: Tile = tile([64, 1], 4, 8);
const FLAT: Tile = tile([4, 16], 4, 16);
const TALL: Tile = tile([64, 4], 4, 8);
const SMALL: Tile = tile([16, 16], 4, 16);
const MEDIUM: Tile = tile([8, 8], 8, 16);
const LARGE: Tile = tile([16, 16], 8, 8);

/// Most rows and columns of a panel. What is gathered for them [`PANEL_DEPTH`] deep, 96 kB, and their sums, 128 kB, stay in
/// a processor's second cache; the rest of the program's speed hardly depends on these numbers.
const PANEL: [u32; 2] = [128, 256];
/// A power of two.
const PANEL_DEPTH: u32 = 32;

/// Columns from which on sharing rows among the lanes of a subgroup pays.
const MOST_NARROW: u32 = 4;

/// Workgroups from which on the next larger tile still keeps a large device busy.
const BUSY: u32 = 256;

impl Body {
    /// The one that suits the device without measuring.
    pub fn for_device(gpu: &Gpu) -> Body {
        match gpu.lanes() {
            _ if gpu.is_processor() => Body::Panel,
            Some(8) if gpu.software() => Body::Subgroup,
            Some(4) if gpu.software() => Body::Quad,
            _ if gpu.software() => Body::Tile(Size::Small),
            _ => Body::Tile(Size::Medium),
        }
    }

    /// Every body.
    pub const ALL: [Body; 6] = [
        Body::Tile(Size::Small),
        Body::Tile(Size::Medium),
        Body::Tile(Size::Large),
        Body::Subgroup,
        Body::Quad,
        Body::Panel,
    ];

    /// What it is called where a choice is kept: `small`, `medium`, `large`, `subgroup`, `quad`, `panel`.
    pub fn name(self) -> &'static str {
        match self {
            Body::Tile(Size::Small) => "small",
            Body::Tile(Size::Medium) => "medium",
            Body::Tile(Size::Large) => "large",
            Body::Subgroup => "subgroup",
            Body::Quad => "quad",
            Body::Panel => "panel",
        }
    }

    /// The body of a name, if it is one that the device can run.
    pub fn named(name: &str, gpu: &Gpu) -> Option<Body> {
        Body::ALL.into_iter().find(|body| body.name() == name && body.runs_on(gpu))
    }

    /// Whether the device can run it.
    pub fn runs_on(self, gpu: &Gpu) -> bool {
        gpu.is_processor() == (self == Body::Panel) && (self.lanes().is_none() || self.lanes() == gpu.lanes())
    }

    /// Lanes of the subgroups that the body is written for.
    pub fn lanes(self) -> Option<u32> {
        match self {
            Body::Tile(_) | Body::Panel => None,
            Body::Subgroup => Some(8),
            Body::Quad => Some(4),
        }
    }

    /// Workgroups that a long sum is split into at least, so that the whole device is busy with a small layer.
    pub fn busy(self) -> u32 {
        match self {
            Body::Tile(_) => 128,
            Body::Subgroup | Body::Quad => 8,
            Body::Panel => 1,
        }
    }

    /// What a workgroup computes of products of an extent.
    pub fn block(self, kernels: &Kernels, extent: Extent) -> Block {
        match self {
            Body::Tile(size) => {
                let tile = size.tile(extent.m, extent.n, extent.layers);
                least(extent, segments(tile.depth).map(|segment| tile.block(kernels, segment)))
            }
            Body::Panel => {
                let rows = extent.m.next_multiple_of(4).min(PANEL[0]);
                let columns = extent.n.next_multiple_of(4).min(PANEL[1]);
                least(extent, segments(PANEL_DEPTH).map(|segment| panel(kernels, [rows, columns], segment)))
            }
            Body::Subgroup if extent.n > MOST_NARROW => square(kernels.subgroup, 8),
            Body::Quad if extent.n > MOST_NARROW => square(kernels.quad, 4),
            Body::Subgroup => narrow(kernels, 8),
            Body::Quad => narrow(kernels, 4),
        }
    }

    /// Products of an extent; `quads` says whether A and B can be read four numbers at a time.
    pub fn call(self, kernels: &Kernels, label: &str, extent: Extent, quads: [bool; 2]) -> Call {
        let Extent { m, n, layers, .. } = extent;
        let block = self.block(kernels, extent);
        let [x, y] = block.groups(m, n);
        Call::new(block.kernel, label)
            .overrides(&block.overrides)
            .operands(quads)
            .grid([x, y, layers])
            .multiply_adds(block.multiply_adds(extent))
    }
}

impl Call {
    /// Whether the operands of a product can be read four numbers at a time.
    pub fn operands(self, [a, b]: [bool; 2]) -> Call {
        self.overrides(&[("QUADS_A", u32::from(a)), ("QUADS_B", u32::from(b))])
    }
}

impl Size {
    fn tile(self, m: u32, n: u32, layers: u32) -> Tile {
        let busy = |tile: Tile| layers * m.div_ceil(tile.rows()) * n.div_ceil(tile.columns()) >= BUSY;
        match (m, n, self) {
            (_, ..=4, _) => NARROW,
            (..=16, _, _) => FLAT,
            (_, ..=16, _) => TALL,
            (_, _, Size::Large) if n >= LARGE.columns() && busy(LARGE) => LARGE,
            (_, _, Size::Medium | Size::Large) => MEDIUM,
            _ => SMALL,
        }
    }
}

impl Tile {
    fn rows(self) -> u32 {
        self.wg[0] * self.block
    }

    fn columns(self) -> u32 {
        self.wg[1] * self.block
    }

    fn block(self, kernels: &Kernels, segment: u32) -> Block {
        let [wg_m, wg_n] = self.wg;
        Block {
            kernel: if self.block == 8 { kernels.wide } else { kernels.tile },
            rows: self.rows(),
            columns: self.columns(),
            depth: segment,
            span: self.depth / segment,
            overrides: vec![("WG_M", wg_m), ("WG_N", wg_n), ("DEPTH", self.depth), ("SEGMENT", segment)],
        }
    }
}

/// Depths of a segment that a slice may hold, the longest first.
fn segments(depth: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(depth), |&depth| (depth > 4).then_some(depth / 2))
}

/// The block with the longest segments of those that multiply the least beyond the end of one.
fn least(extent: Extent, blocks: impl Iterator<Item = Block>) -> Block {
    blocks.min_by_key(|block| block.multiply_adds(extent)).expect("the whole depth is one")
}

fn panel(kernels: &Kernels, [rows, columns]: [u32; 2], segment: u32) -> Block {
    let overrides = vec![("QUADS_M", rows / 4), ("QUADS_N", columns / 4), ("DEPTH", PANEL_DEPTH), ("SEGMENT", segment)];
    Block { kernel: kernels.panel, rows, columns, depth: segment, span: PANEL_DEPTH / segment, overrides }
}

/// Every lane has four rows and four columns, and multiplies its columns with all rows.
fn square(kernel: &'static Kernel, lanes: u32) -> Block {
    Block { kernel, rows: 4 * lanes, columns: 4 * lanes, depth: 4, span: 1, overrides: Vec::new() }
}

fn narrow(kernels: &Kernels, lanes: u32) -> Block {
    let overrides = vec![("WG_N", lanes)];
    Block { kernel: kernels.narrow, rows: 4 * lanes, columns: MOST_NARROW, depth: 16, span: 1, overrides }
}

impl Block {
    /// Workgroups along rows and along columns of a product with `m` rows and `n` columns.
    pub fn groups(&self, m: u32, n: u32) -> [u32; 2] {
        [m.div_ceil(self.rows), n.div_ceil(self.columns)]
    }

    /// Multiply-adds that workgroups of this kind do for an extent: edges of blocks and ends of segments among them.
    pub fn multiply_adds(&self, extent: Extent) -> u64 {
        let [x, y] = self.groups(extent.m, extent.n);
        let area = u64::from(x * self.rows) * u64::from(y * self.columns);
        let of_each = extent.segments.div_ceil(extent.layers).next_multiple_of(self.span);
        let segments = if self.span == 1 { extent.segments } else { of_each * extent.layers };
        area * u64::from(segments) * u64::from(extent.length.next_multiple_of(self.depth))
    }
}

/// The kernels of one product, by body.
#[derive(Debug, Clone, Copy)]
pub struct Kernels {
    /// Tiles with 4x4 numbers an invocation.
    pub tile: &'static Kernel,
    /// Tiles with 8x8 numbers an invocation.
    pub wide: &'static Kernel,
    /// Through a subgroup of eight.
    pub subgroup: &'static Kernel,
    /// Through a subgroup of four.
    pub quad: &'static Kernel,
    /// Few columns, through a subgroup.
    pub narrow: &'static Kernel,
    /// By one invocation.
    pub panel: &'static Kernel,
}

impl Kernels {
    /// Every block that some body chooses.
    pub fn blocks(&self) -> Vec<Block> {
        let tiles = [NARROW, FLAT, TALL, SMALL, MEDIUM, LARGE].into_iter();
        let tiles = tiles.flat_map(|tile| segments(tile.depth).map(move |segment| tile.block(self, segment)));
        let lanes = [square(self.subgroup, 8), square(self.quad, 4), narrow(self, 8), narrow(self, 4)];
        // Small enough for the workgroup memory of an adapter too, with one segment to a slice and with several.
        let panels = [PANEL_DEPTH, 4].map(|segment| panel(self, [16, 8], segment));
        tiles.chain(lanes).chain(panels).collect()
    }
}

/// Convolution.
pub const CONV: Kernels = Kernels {
    tile: &kernels::CONV,
    wide: &kernels::CONV_WIDE,
    subgroup: &kernels::CONV_SUBGROUP,
    quad: &kernels::CONV_QUAD,
    narrow: &kernels::CONV_NARROW,
    panel: &kernels::CONV_PANEL,
};
/// Transposed convolution.
pub const CONV_TRANSPOSE: Kernels = Kernels {
    tile: &kernels::CONV_TRANSPOSE,
    wide: &kernels::CONV_TRANSPOSE_WIDE,
    subgroup: &kernels::CONV_TRANSPOSE_SUBGROUP,
    quad: &kernels::CONV_TRANSPOSE_QUAD,
    narrow: &kernels::CONV_TRANSPOSE_NARROW,
    panel: &kernels::CONV_TRANSPOSE_PANEL,
};
/// The weight gradient of both.
pub const CONV_WEIGHT_GRADIENT: Kernels = Kernels {
    tile: &kernels::CONV_WEIGHT_GRADIENT,
    wide: &kernels::CONV_WEIGHT_GRADIENT_WIDE,
    subgroup: &kernels::CONV_WEIGHT_GRADIENT_SUBGROUP,
    quad: &kernels::CONV_WEIGHT_GRADIENT_QUAD,
    narrow: &kernels::CONV_WEIGHT_GRADIENT_NARROW,
    panel: &kernels::CONV_WEIGHT_GRADIENT_PANEL,
};
