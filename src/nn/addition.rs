//! Weight-normalised addition of a residue and a shortcut (the second codebase's residual blocks).

use crate::gpu::{Buffer, Call, View};
use crate::kernels::{self, Addition, AdditionBackward, CHANNELS_PER_BLOCK};
use crate::nn::layer::LayerSpec;
use crate::nn::pairs::{ROWS_PER_PART, parts};

/// y = (g0 x0 + g1 x1)/|g| for `rows` images; x0 (residue), x1 (shortcut) and y start at the same offset.
pub fn addition(
    spec: &LayerSpec,
    gate_offset: u32,
    params: &Buffer,
    rows: u32,
    [residue, shortcut]: [&View; 2],
    y: &Buffer,
) -> Call {
    debug_assert_eq!(residue.offset, shortcut.offset, "both branches start at the same image");
    let count = rows * spec.output.len();
    Call::new(&kernels::ADDITION, &spec.name)
        .params(&Addition { count, channels: spec.output.c, offset: residue.offset, gate_offset })
        .buffers(&[params, &residue.buffer, &shortcut.buffer, y])
        .elements(count as usize)
}

/// Replaces dy by the shortcut's gradient, writes the residue's to `dresidue` and leaves partial sums of the gates'
/// gradients in `scratch`, for [`pair_gradients`](super::pairs::pair_gradients). All start at the same offset.
pub fn addition_backward(
    spec: &LayerSpec,
    gate_offset: u32,
    rows: u32,
    [residue, shortcut]: [&View; 2],
    [params, dy, dresidue, scratch]: [&Buffer; 4],
) -> Call {
    let channels = spec.output.c;
    let block = AdditionBackward {
        rows: rows * spec.output.h * spec.output.w,
        channels,
        rows_per_part: ROWS_PER_PART,
        offset: residue.offset,
        gate_offset,
    };
    Call::new(&kernels::ADDITION_BACKWARD, &format!("{} backward", spec.name))
        .params(&block)
        .buffers(&[params, &residue.buffer, &shortcut.buffer, dy, dresidue, scratch])
        .grid([channels.div_ceil(CHANNELS_PER_BLOCK), parts(spec.output, rows), 1])
}
