//! Pairs of parameters per channel, whose gradients are sums over rows of pixels: first partial sums of
//! 256 rows, one pair per part and channel, then their sum.

use crate::gpu::{Buffer, Call};
use crate::kernels::{self, ReducePartials};
use crate::nn::layer::{LayerSpec, Shape};

/// Rows of pixels per part of a column sum.
pub(crate) const ROWS_PER_PART: u32 = 256;

/// Number of parts of `rows` images of `shape`.
pub(crate) fn parts(shape: Shape, rows: u32) -> u32 {
    (rows * shape.h * shape.w).div_ceil(ROWS_PER_PART)
}

/// Elements of scratch memory that partial sums of pairs need for `rows` images.
pub fn scratch(shape: Shape, rows: u32) -> u32 {
    2 * parts(shape, rows) * shape.c
}

/// Adds up partial sums of pairs into `gradients` at `pair_offset`.
pub fn pair_gradients(spec: &LayerSpec, pair_offset: u32, rows: u32, gradients: &Buffer, scratch: &Buffer) -> Call {
    reduce(&spec.name, parts(spec.output, rows), 2 * spec.output.c, scratch, gradients, pair_offset)
}

/// Adds `parts` partial results of `count` elements from `scratch` into `target` at `offset`.
pub fn reduce(name: &str, parts: u32, count: u32, scratch: &Buffer, target: &Buffer, offset: u32) -> Call {
    Call::new(&kernels::REDUCE_PARTIALS, &format!("{name} sum of parts"))
        .params(&ReducePartials { parts, count, total_offset: offset })
        .buffers(&[scratch, target])
        .elements(count as usize)
}
