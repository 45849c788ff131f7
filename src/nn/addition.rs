//! Weight-normalised addition of a residue and a shortcut (the second codebase's residual blocks).

use crate::device::{Buffer, Dispatch, View};
use crate::kernels::{self, Addition, AdditionBackward, CHANNELS_PER_BLOCK};
use crate::nn::layer::LayerSpec;
use crate::nn::sums::rows_per_part;

/// y = (g0 x0 + g1 x1)/|g| for `rows` images; x0 (residue), x1 (shortcut) and y start at the same offset.
pub fn addition(
    spec: &LayerSpec,
    gate_offset: u32,
    params: &Buffer,
    rows: u32,
    [residue, shortcut]: [&View; 2],
    y: &Buffer,
) -> Dispatch {
    debug_assert_eq!(residue.offset, shortcut.offset, "both branches start at the same image");
    let count = rows * spec.output.len();
    Dispatch::new(&kernels::ADDITION, &spec.name)
        .params(&Addition { count, channels: spec.output.c, offset: residue.offset, gate_offset })
        .buffers(&[params, &residue.buffer, &shortcut.buffer, y])
        .elements(count as usize)
}

/// Replaces dy by the shortcut's gradient, writes the residue's to `dresidue` and leaves partial sums of the gates'
/// gradients at `sums`, as [`PartialSums`](super::partial::PartialSums) plans them. The others start at one offset.
pub fn addition_backward(
    spec: &LayerSpec,
    gate_offset: u32,
    rows: u32,
    [residue, shortcut]: [&View; 2],
    [params, dy, dresidue]: [&Buffer; 3],
    sums: &View,
) -> Dispatch {
    let channels = spec.output.c;
    let rows = rows * spec.output.h * spec.output.w;
    let rows_per_part = rows_per_part(rows);
    let block = AdditionBackward {
        rows,
        channels,
        rows_per_part,
        offset: residue.offset,
        gate_offset,
        output_offset: sums.offset,
    };
    Dispatch::new(&kernels::ADDITION_BACKWARD, &format!("{} backward", spec.name))
        .params(&block)
        .buffers(&[params, &residue.buffer, &shortcut.buffer, dy, dresidue, &sums.buffer])
        .grid([channels.div_ceil(CHANNELS_PER_BLOCK), rows.div_ceil(rows_per_part), 1])
}
