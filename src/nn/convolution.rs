//! Convolution, transposed convolution and linear layers: three kernels serve all of them, because a transposed
//! convolution is a convolution run backwards and a linear layer is a convolution of one pixel.

use crate::gpu::program::Tile;
use crate::gpu::{Buffer, Call, View};
use crate::kernels::{self, ColumnSum, Geometry, ReducePartials};
use crate::nn::layer::LayerSpec;
use crate::nn::parameters::{LayerOffsets, Weights};

/// Workgroups that a weight gradient is split into at least, so that a large device is busy with a small layer.
const SPLIT_TARGET: u32 = 128;
/// Pixels per split at least: below this the partial sums cost more than they save.
const SPLIT_PIXELS: u32 = 64;
/// Rows per part of a column sum.
pub(crate) const ROWS_PER_PART: u32 = 256;

/// y = W x + b for `rows` images: x at `input`, y written at `output`.
pub fn forward(spec: &LayerSpec, at: &LayerOffsets, weights: &Weights, rows: u32, input: &View, output: &View) -> Call {
    let bias = at.bias.unwrap_or(kernels::NO_BIAS);
    apply(spec, at, weights, rows, spec.is_transposed(), input, output, bias, "forward")
}

/// dx = W^T dy for `rows` images: dy at `dy`, dx written at `dx`.
pub fn input_gradient(spec: &LayerSpec, at: &LayerOffsets, weights: &Weights, rows: u32, dy: &View, dx: &View) -> Call {
    apply(spec, at, weights, rows, !spec.is_transposed(), dy, dx, kernels::NO_BIAS, "input gradient")
}

#[allow(clippy::too_many_arguments, reason = "the two public functions above name what they mean")]
fn apply(
    spec: &LayerSpec,
    at: &LayerOffsets,
    weights: &Weights,
    rows: u32,
    transposed: bool,
    from: &View,
    to: &View,
    bias_offset: u32,
    what: &str,
) -> Call {
    let (big, small) = if transposed { (to, from) } else { (from, to) };
    let geometry = Geometry {
        batch: rows,
        big_offset: big.offset,
        small_offset: small.offset,
        weight_offset: at.weight,
        bias_offset,
        ..spec.geometry()
    };
    let kernel = if transposed { &kernels::CONV_TRANSPOSE } else { &kernels::CONV };
    let phases = if transposed { geometry.stride * geometry.stride } else { 1 };
    let (m, n) = if transposed {
        let rows_of_phase = geometry.big_h.div_ceil(geometry.stride) * geometry.big_w.div_ceil(geometry.stride);
        (rows * rows_of_phase, geometry.big_c)
    } else {
        (rows * geometry.small_h * geometry.small_w, geometry.small_c)
    };
    let tile = tile_for(m, n);
    Call::new(kernel, &format!("{} {what}", spec.name))
        .params(&geometry)
        .buffers(&[&from.buffer, &weights.effective, &weights.params, &to.buffer])
        .tile(tile)
        .grid([m.div_ceil(4 * tile.wg_m), n.div_ceil(4 * tile.wg_n), phases])
}

/// The gradient of the effective weight, written to `gradients` at the weight's offset: x at `input`, dy at `dy`.
/// `scratch` holds the partial sums, [`weight_gradient_scratch`] elements.
pub fn weight_gradient(
    spec: &LayerSpec,
    at: &LayerOffsets,
    rows: u32,
    input: &View,
    dy: &View,
    gradients: &Buffer,
    scratch: &Buffer,
) -> Vec<Call> {
    let (big, small) = if spec.is_transposed() { (dy, input) } else { (input, dy) };
    let plan = SplitPlan::new(spec, rows);
    let geometry = Geometry {
        batch: rows,
        big_offset: big.offset,
        small_offset: small.offset,
        weight_offset: if plan.parts == 1 { at.weight } else { 0 },
        split: plan.pixels,
        ..spec.geometry()
    };
    let target = if plan.parts == 1 { gradients } else { scratch };
    let product = Call::new(&kernels::CONV_WEIGHT_GRADIENT, &format!("{} weight gradient", spec.name))
        .params(&geometry)
        .buffers(&[&big.buffer, &small.buffer, target])
        .tile(plan.tile)
        .grid([plan.m.div_ceil(4 * plan.tile.wg_m), plan.n.div_ceil(4 * plan.tile.wg_n), plan.parts]);
    if plan.parts == 1 {
        return vec![product];
    }
    vec![product, reduce(&spec.name, plan.parts, plan.m * plan.n, scratch, gradients, at.weight)]
}

/// Elements of scratch memory that [`weight_gradient`] needs for `rows` images.
pub fn weight_gradient_scratch(spec: &LayerSpec, rows: u32) -> u32 {
    let plan = SplitPlan::new(spec, rows);
    if plan.parts == 1 { 0 } else { plan.parts * plan.m * plan.n }
}

/// The bias gradient, the sum of dy over images and pixels, written to `gradients` at `bias_offset`.
pub fn bias_gradient(
    spec: &LayerSpec,
    bias_offset: u32,
    rows: u32,
    dy: &View,
    gradients: &Buffer,
    scratch: &Buffer,
) -> Vec<Call> {
    let channels = spec.units();
    let rows = rows * spec.output.len() / channels;
    let parts = rows.div_ceil(ROWS_PER_PART);
    let sum = Call::new(&kernels::COLUMN_SUM, &format!("{} bias gradient", spec.name))
        .params(&ColumnSum { rows, channels, rows_per_part: ROWS_PER_PART, dy_offset: dy.offset })
        .buffers(&[&dy.buffer, scratch])
        .grid([channels.div_ceil(kernels::CHANNELS_PER_BLOCK), parts, 1]);
    vec![sum, reduce(&spec.name, parts, channels, scratch, gradients, bias_offset)]
}

/// Adds `parts` partial results of `count` elements from `scratch` into `target` at `offset`.
pub fn reduce(name: &str, parts: u32, count: u32, scratch: &Buffer, target: &Buffer, offset: u32) -> Call {
    Call::new(&kernels::REDUCE_PARTIALS, &format!("{name} sum of parts"))
        .params(&ReducePartials { parts, count, total_offset: offset })
        .buffers(&[scratch, target])
        .elements(count as usize)
}

/// How a weight gradient's long sum over pixels is cut into parts.
struct SplitPlan {
    m: u32,
    n: u32,
    tile: Tile,
    parts: u32,
    pixels: u32,
}

impl SplitPlan {
    fn new(spec: &LayerSpec, rows: u32) -> SplitPlan {
        let g = spec.geometry();
        let (m, n) = (g.kernel_h * g.kernel_w * g.big_c, g.small_c);
        let tile = tile_for(m, n);
        let tiles = m.div_ceil(4 * tile.wg_m) * n.div_ceil(4 * tile.wg_n);
        let pixels = rows * g.small_h * g.small_w;
        let wanted = SPLIT_TARGET.div_ceil(tiles).min(pixels.div_ceil(SPLIT_PIXELS)).max(1);
        let per_part = pixels.div_ceil(wanted);
        SplitPlan { m, n, tile, parts: pixels.div_ceil(per_part), pixels: per_part }
    }
}

/// The tile shape for a product of `m` rows and `n` columns: narrow tiles where there are few columns (images, logits)
/// or few rows (linear layers), square ones otherwise. Few shapes, because each is a pipeline to compile.
fn tile_for(m: u32, n: u32) -> Tile {
    match (m, n) {
        (_, ..=4) => Tile { wg_m: 64, wg_n: 1, tile_k: 8 },
        (..=16, _) => Tile { wg_m: 4, wg_n: 16, tile_k: 16 },
        (_, ..=16) => Tile { wg_m: 64, wg_n: 4, tile_k: 8 },
        _ => Tile { wg_m: 16, wg_n: 16, tile_k: 16 },
    }
}
