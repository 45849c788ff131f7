//! Convolution, transposed convolution and linear layers: three kernels serve all of them, because a transposed
//! convolution is a convolution run backwards and a linear layer is a convolution of one pixel.

use crate::gpu::program::Tile;
use crate::gpu::{Buffer, Call, Gpu, View};
use crate::kernels::{self, CHANNELS_PER_BLOCK, ColumnSum, Geometry, Kernel, NO_BIAS};
use crate::nn::layer::LinearMap;
use crate::nn::pairs::{ROWS_PER_PART, reduce};
use crate::nn::parameters::{LayerOffsets, Weights};

/// Workgroups that a weight gradient is split into at least, so that a large device is busy with a small layer.
const SPLIT_TARGET: u32 = 128;
/// Pixels per split at least: below this the partial sums cost more than they save.
const SPLIT_PIXELS: u32 = 64;

/// Which body the matrix products run with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Slices through workgroup memory (shared/gemm_tile.wgsl): for hardware.
    Tile,
    /// Registers only (shared/gemm_direct.wgsl): for adapters that run on a processor.
    Direct,
}

const TILES: &[Tile] = &[tile(64, 1, None), tile(4, 16, None), tile(64, 4, None), tile(16, 16, None)];
const DIRECT_TILES: &[Tile] = &[tile(32, 1, Some(4)), tile(8, 4, Some(8))];

const fn tile(wg_m: u32, wg_n: u32, columns: Option<u32>) -> Tile {
    Tile { wg_m, wg_n, columns }
}

impl Body {
    /// The one that suits the device: registers only where a processor stands in for the GPU (3 times as fast as slices
    /// on llvmpipe). Not in a browser: SwiftShader needs gigabytes to compile a kernel as large as the direct ones.
    pub fn for_device(gpu: &Gpu) -> Body {
        if gpu.software() && gpu.backend() != "webgpu" { Body::Direct } else { Body::Tile }
    }

    /// Every workgroup that [`Self::tile`] chooses. Few, because each is a pipeline to compile.
    pub const fn tiles(self) -> &'static [Tile] {
        match self {
            Body::Tile => TILES,
            Body::Direct => DIRECT_TILES,
        }
    }

    /// The workgroup for a product of `m` rows and `n` columns: narrow where there are few columns (images, logits) or
    /// few rows (linear layers).
    pub fn tile(self, m: u32, n: u32) -> Tile {
        let index = match (self, m, n) {
            (_, _, ..=4) => 0,
            (Body::Direct, _, _) => 1,
            (Body::Tile, ..=16, _) => 1,
            (Body::Tile, _, ..=16) => 2,
            (Body::Tile, _, _) => 3,
        };
        self.tiles()[index]
    }

    /// Workgroups along rows and along columns. An invocation computes 4 rows, or 8 in the direct body.
    pub fn groups(self, tile: Tile, m: u32, n: u32) -> [u32; 2] {
        let rows = if self == Body::Tile { 4 } else { 8 };
        [m.div_ceil(rows * tile.wg_m), n.div_ceil(tile.columns.unwrap_or(4) * tile.wg_n)]
    }

    fn of(self, tile: &'static Kernel, direct: &'static Kernel) -> &'static Kernel {
        match self {
            Body::Tile => tile,
            Body::Direct => direct,
        }
    }
}

/// A layer's linear map applied to `rows` images.
#[derive(Debug, Clone, Copy)]
pub struct Convolution<'a> {
    /// Name of the layer.
    pub name: &'a str,
    /// Its linear map.
    pub map: LinearMap,
    /// Where its parameters lie.
    pub at: &'a LayerOffsets,
    /// Number of images.
    pub rows: u32,
    /// Body of the matrix products.
    pub body: Body,
}

impl Convolution<'_> {
    /// y = W x + b: x at `input`, y written at `output`.
    pub fn forward(&self, weights: &Weights, input: &View, output: &View) -> Call {
        let bias = self.at.bias.unwrap_or(NO_BIAS);
        if self.map.is_transposed() {
            self.scatter(weights, input, output, bias, "forward")
        } else {
            self.gather(weights, input, output, bias, "forward")
        }
    }

    /// dx = W^T dy: dy at `dy`, dx written at `dx`.
    pub fn input_gradient(&self, weights: &Weights, dy: &View, dx: &View) -> Call {
        if self.map.is_transposed() {
            self.gather(weights, dy, dx, NO_BIAS, "input gradient")
        } else {
            self.scatter(weights, dy, dx, NO_BIAS, "input gradient")
        }
    }

    /// From the big image to the small one.
    fn gather(&self, weights: &Weights, big: &View, small: &View, bias_offset: u32, what: &str) -> Call {
        let g = self.geometry(big, small, bias_offset);
        let (m, n) = (g.batch * g.small_h * g.small_w, g.small_c);
        let tile = self.body.tile(m, n);
        let [x, y] = self.body.groups(tile, m, n);
        Call::new(self.body.of(&kernels::CONV, &kernels::CONV_DIRECT), &self.label(what))
            .params(&g)
            .buffers(&[&big.buffer, &weights.effective, &weights.params, &small.buffer])
            .tile(tile)
            .grid([x, y, 1])
    }

    /// From the small image to the big one, one phase of output pixels per layer of the grid.
    fn scatter(&self, weights: &Weights, small: &View, big: &View, bias_offset: u32, what: &str) -> Call {
        let g = self.geometry(big, small, bias_offset);
        let (m, n) = (g.batch * g.big_h.div_ceil(g.stride) * g.big_w.div_ceil(g.stride), g.big_c);
        let tile = self.body.tile(m, n);
        let [x, y] = self.body.groups(tile, m, n);
        Call::new(self.body.of(&kernels::CONV_TRANSPOSE, &kernels::CONV_TRANSPOSE_DIRECT), &self.label(what))
            .params(&g)
            .buffers(&[&small.buffer, &weights.effective, &weights.params, &big.buffer])
            .tile(tile)
            .grid([x, y, g.stride * g.stride])
    }

    fn geometry(&self, big: &View, small: &View, bias_offset: u32) -> Geometry {
        Geometry {
            batch: self.rows,
            big_offset: big.offset,
            small_offset: small.offset,
            weight_offset: self.at.weight,
            bias_offset,
            ..self.map.geometry()
        }
    }

    /// The gradient of the effective weight, written to `gradients` at the weight's offset: x at `input`, dy at `dy`.
    /// `scratch` holds the partial sums, [`Self::weight_gradient_scratch`] elements.
    pub fn weight_gradient(&self, input: &View, dy: &View, gradients: &Buffer, scratch: &Buffer) -> Vec<Call> {
        let (big, small) = if self.map.is_transposed() { (dy, input) } else { (input, dy) };
        let plan = self.split();
        let whole = plan.parts == 1;
        let geometry = Geometry {
            weight_offset: if whole { self.at.weight } else { 0 },
            split: plan.rows,
            ..self.geometry(big, small, NO_BIAS)
        };
        let [x, y] = self.body.groups(plan.tile, plan.m, plan.n);
        let kernel = self.body.of(&kernels::CONV_WEIGHT_GRADIENT, &kernels::CONV_WEIGHT_GRADIENT_DIRECT);
        let product = Call::new(kernel, &self.label("weight gradient"))
            .params(&geometry)
            .buffers(&[&big.buffer, &small.buffer, if whole { gradients } else { scratch }])
            .tile(plan.tile)
            .grid([x, y, plan.parts]);
        if whole {
            return vec![product];
        }
        vec![product, reduce(self.name, plan.parts, plan.m * plan.n, scratch, gradients, self.at.weight)]
    }

    /// Elements of scratch memory that [`Self::weight_gradient`] needs.
    pub fn weight_gradient_scratch(&self) -> u32 {
        let plan = self.split();
        if plan.parts == 1 { 0 } else { plan.parts * plan.m * plan.n }
    }

    /// Elements of scratch memory that [`Self::weight_gradient`] and [`Self::bias_gradient`] need.
    pub fn scratch(&self) -> u32 {
        let channels = self.map.units();
        let rows = self.rows * self.map.output.len() / channels;
        self.weight_gradient_scratch().max(rows.div_ceil(ROWS_PER_PART) * channels)
    }

    /// The bias gradient, the sum of dy over images and pixels, written to `gradients` at `bias_offset`.
    pub fn bias_gradient(&self, bias_offset: u32, dy: &View, gradients: &Buffer, scratch: &Buffer) -> [Call; 2] {
        let channels = self.map.units();
        let rows = self.rows * self.map.output.len() / channels;
        let parts = rows.div_ceil(ROWS_PER_PART);
        let sum = Call::new(&kernels::COLUMN_SUM, &self.label("bias gradient"))
            .params(&ColumnSum { rows, channels, rows_per_part: ROWS_PER_PART, dy_offset: dy.offset })
            .buffers(&[&dy.buffer, scratch])
            .grid([channels.div_ceil(CHANNELS_PER_BLOCK), parts, 1]);
        [sum, reduce(self.name, parts, channels, scratch, gradients, bias_offset)]
    }

    fn label(&self, what: &str) -> String {
        format!("{} {what}", self.name)
    }

    /// How a weight gradient's long sum over rows of pixels is cut into parts.
    fn split(&self) -> Split {
        let g = self.map.geometry();
        let (m, n) = (g.kernel_h * g.kernel_w * g.big_c, g.small_c);
        let tile = self.body.tile(m, n);
        let [x, y] = self.body.groups(tile, m, n);
        let pixel_rows = self.rows * g.small_h;
        let most = (pixel_rows * g.small_w).div_ceil(SPLIT_PIXELS).min(pixel_rows);
        let wanted = SPLIT_TARGET.div_ceil(x * y).clamp(1, most.max(1));
        let rows = pixel_rows.div_ceil(wanted);
        Split { m, n, tile, parts: pixel_rows.div_ceil(rows), rows }
    }
}

struct Split {
    m: u32,
    n: u32,
    tile: Tile,
    parts: u32,
    rows: u32,
}
