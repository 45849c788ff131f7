//! What one workgroup of a matrix product computes, by variant and shape.

use super::GemmShape;
use super::variant::TileSize;
use crate::device::Overrides;
use crate::kernels::Kernel;

/// The kernels of one product, by variant.
#[derive(Debug, Clone, Copy)]
pub struct Kernels {
    /// 4x4 numbers an invocation.
    pub tile: &'static Kernel,
    /// 8x8 numbers an invocation.
    pub tile_wide: &'static Kernel,
    /// 4x4 numbers an invocation, without workgroup memory.
    pub plain: &'static Kernel,
    /// By one invocation.
    pub panel: &'static Kernel,
}

/// The part of a matrix product that one workgroup computes.
#[derive(Debug, Clone)]
pub struct WorkgroupTile {
    /// By which kernel.
    pub kernel: &'static Kernel,
    /// Rows of the result.
    pub rows: u32,
    /// Columns of the result.
    pub columns: u32,
    /// Depths of a K-run to a K-tile: the last ones are multiplied even where the run has ended.
    pub depth: u32,
    /// K-runs to a K-tile.
    pub runs: u32,
    /// The kernel's overrides but for those of its operands.
    pub overrides: Overrides,
}

impl WorkgroupTile {
    /// Workgroups along rows and along columns of a product with `m` rows and `n` columns.
    pub fn workgroups(&self, m: u32, n: u32) -> [u32; 2] {
        [m.div_ceil(self.rows), n.div_ceil(self.columns)]
    }

    /// Multiply-adds that such workgroups do for a shape: edges of tiles and ends of K-runs among them.
    pub fn multiply_adds(&self, shape: GemmShape) -> u64 {
        let [x, y] = self.workgroups(shape.m, shape.n);
        let area = u64::from(x * self.rows) * u64::from(y * self.columns);
        let of_each = shape.runs.div_ceil(shape.batch).next_multiple_of(self.runs);
        let runs = if self.runs == 1 { shape.runs } else { of_each * shape.batch };
        area * u64::from(runs) * u64::from(shape.run_length.next_multiple_of(self.depth))
    }
}

/// A workgroup of the variants `tile` and `tile_wide`.
#[derive(Debug, Clone, Copy)]
struct Tile {
    /// Invocations along rows and along columns.
    invocations: [u32; 2],
    /// Rows and columns of an invocation: 4, or 8 in the wide kernel.
    block: u32,
    /// Depth of a K-tile, a multiple of 4.
    depth: u32,
}

const fn tile(invocations: [u32; 2], block: u32, depth: u32) -> Tile {
    Tile { invocations, block, depth }
}

// For few columns (images, logits), for few rows (linear layers), for at most 16 columns, and for the rest by size.
const FEW_COLUMNS: Tile = tile([64, 1], 4, 8);
const FEW_ROWS: Tile = tile([4, 16], 4, 16);
const SIXTEEN_COLUMNS: Tile = tile([64, 4], 4, 8);
const SMALL: Tile = tile([16, 16], 4, 16);
const MEDIUM: Tile = tile([8, 8], 8, 16);
const LARGE: Tile = tile([16, 16], 8, 8);

/// Workgroups from which on the next larger tile still keeps a large device busy.
const ENOUGH_WORKGROUPS: u32 = 256;

/// Rows and columns of a panel at most. What is gathered for them [`PANEL_DEPTH`] deep, 96 kB, and their sums, 128 kB, stay
/// in a CPU's second cache; the rest of the program's speed hardly depends on these numbers.
const PANEL: [u32; 2] = [128, 256];
/// A power of two.
const PANEL_DEPTH: u32 = 32;

/// Invocations along rows and along columns of the variant `plain`; the second for at most four columns.
const PLAIN: [[u32; 2]; 2] = [[8, 4], [32, 1]];

impl Tile {
    fn rows(self) -> u32 {
        self.invocations[0] * self.block
    }

    fn columns(self) -> u32 {
        self.invocations[1] * self.block
    }

    fn workgroup(self, kernels: &Kernels, run: u32) -> WorkgroupTile {
        let [wg_m, wg_n] = self.invocations;
        WorkgroupTile {
            kernel: if self.block == 8 { kernels.tile_wide } else { kernels.tile },
            rows: self.rows(),
            columns: self.columns(),
            depth: run,
            runs: self.depth / run,
            overrides: vec![("WG_M", wg_m), ("WG_N", wg_n), ("DEPTH", self.depth), ("K_RUN", run)],
        }
    }
}

/// Tiles of a size for a shape.
pub(super) fn tiled(kernels: &Kernels, size: TileSize, shape: GemmShape) -> WorkgroupTile {
    let GemmShape { m, n, batch, .. } = shape;
    let keeps_busy = |tile: Tile| batch * m.div_ceil(tile.rows()) * n.div_ceil(tile.columns()) >= ENOUGH_WORKGROUPS;
    let tile = match (m, n, size) {
        (_, ..=4, _) => FEW_COLUMNS,
        (..=16, _, _) => FEW_ROWS,
        (_, ..=16, _) => SIXTEEN_COLUMNS,
        (_, _, TileSize::Large) if n >= LARGE.columns() && keeps_busy(LARGE) => LARGE,
        (_, _, TileSize::Medium | TileSize::Large) => MEDIUM,
        _ => SMALL,
    };
    least(shape, run_depths(tile.depth).map(|run| tile.workgroup(kernels, run)))
}

/// A panel for a shape.
pub(super) fn panel(kernels: &Kernels, shape: GemmShape) -> WorkgroupTile {
    let rows = shape.m.next_multiple_of(4).min(PANEL[0]);
    let columns = shape.n.next_multiple_of(4).min(PANEL[1]);
    least(shape, run_depths(PANEL_DEPTH).map(|run| panel_of(kernels, [rows, columns], run)))
}

fn panel_of(kernels: &Kernels, [rows, columns]: [u32; 2], run: u32) -> WorkgroupTile {
    let overrides = vec![("TILE_M4", rows / 4), ("TILE_N4", columns / 4), ("DEPTH", PANEL_DEPTH), ("K_RUN", run)];
    WorkgroupTile { kernel: kernels.panel, rows, columns, depth: run, runs: PANEL_DEPTH / run, overrides }
}

/// The plain variant for `n` columns.
pub(super) fn plain(kernels: &Kernels, n: u32) -> WorkgroupTile {
    let [wg_m, wg_n] = PLAIN[usize::from(n <= 4)];
    let overrides = vec![("WG_M", wg_m), ("WG_N", wg_n)];
    WorkgroupTile { kernel: kernels.plain, rows: 4 * wg_m, columns: 4 * wg_n, depth: 4, runs: 1, overrides }
}

/// Depths of one K-run that a K-tile may hold, the longest first.
fn run_depths(depth: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(depth), |&depth| (depth > 4).then_some(depth / 2))
}

/// The one with the longest K-runs of those that multiply the least beyond the end of one.
fn least(shape: GemmShape, tiles: impl Iterator<Item = WorkgroupTile>) -> WorkgroupTile {
    tiles.min_by_key(|tile| tile.multiply_adds(shape)).expect("the whole depth is one")
}

impl Kernels {
    /// Every workgroup that some variant chooses.
    pub fn workgroups(&self) -> Vec<WorkgroupTile> {
        let tiles = [FEW_COLUMNS, FEW_ROWS, SIXTEEN_COLUMNS, SMALL, MEDIUM, LARGE].into_iter();
        let tiles = tiles.flat_map(|tile| run_depths(tile.depth).map(move |run| tile.workgroup(self, run)));
        let plain = [4, 5].map(|n| plain(self, n));
        // Small enough for the workgroup memory of an adapter too, with one K-run to a K-tile and with several.
        let panels = [PANEL_DEPTH, 4].map(|run| panel_of(self, [16, 8], run));
        tiles.chain(plain).chain(panels).collect()
    }
}
