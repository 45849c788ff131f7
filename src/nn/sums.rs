//! Sums over rows of pixels, which are cut into parts.

use crate::device::{Buffer, Dispatch};
use crate::kernels::{self, ReducePartials};
use crate::nn::shape::Shape;

/// Rows of pixels per part of batch normalisation's sums.
pub(crate) const ROWS_PER_PART: u32 = 256;
/// Parts of a sum of gradients at most: those of one element are added by one invocation.
const MAX_PARTS: u32 = 64;

/// Rows of pixels per part of a sum of gradients over `rows`.
pub(crate) fn rows_per_part(rows: u32) -> u32 {
    rows.div_ceil(MAX_PARTS).max(ROWS_PER_PART)
}

/// Number of parts of batch normalisation's sums over `rows` images of `shape`.
pub(crate) fn parts(shape: Shape, rows: u32) -> u32 {
    (rows * shape.h * shape.w).div_ceil(ROWS_PER_PART)
}

/// Adds up the partial results `[parts, count]` at the front of `scratch`; the sums `[count]` replace what `target` has
/// from element `offset` on.
pub fn reduce(name: &str, parts: u32, count: u32, scratch: &Buffer, target: &Buffer, offset: u32) -> Dispatch {
    Dispatch::new(&kernels::REDUCE_PARTIALS, &format!("{name} sum of parts"))
        .params(&ReducePartials { parts, count, total_offset: offset })
        .buffers(&[scratch, target])
        .touches(u64::from(parts + 1) * u64::from(count))
        .elements(count as usize)
}
