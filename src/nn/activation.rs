//! Activations: TPReLU (with PReLU, TReLU and ReLU as held parameters) and sigmoid.

use crate::gpu::{Buffer, Call, View};
use crate::kernels::{self, Sigmoid, SigmoidBackward, Tprelu, TpreluBackward};
use crate::nn::layer::{LayerSpec, Op};
use crate::nn::pairs::ROWS_PER_PART;

/// y = TPReLU(x) for `rows` images; x and y start at the same offset.
pub fn tprelu(spec: &LayerSpec, pair_offset: u32, params: &Buffer, rows: u32, x: &View, y: &Buffer) -> Call {
    let count = rows * spec.output.len();
    Call::new(&kernels::TPRELU, &spec.name)
        .params(&Tprelu { count, channels: spec.output.c, offset: x.offset, pair_offset })
        .buffers(&[params, &x.buffer, y])
        .elements(count as usize)
}

/// Replaces dy by dx and leaves partial sums of the (threshold, slope) gradients in `scratch`, for
/// [`pair_gradients`](super::pairs::pair_gradients). x and dy start at the same offset.
pub fn tprelu_backward(
    spec: &LayerSpec,
    pair_offset: u32,
    params: &Buffer,
    rows: u32,
    x: &View,
    dy: &Buffer,
    scratch: &Buffer,
) -> Call {
    let learns = |which: fn(bool, bool) -> bool| match spec.op {
        Op::Tprelu { learn_threshold, learn_slope } => u32::from(which(learn_threshold, learn_slope)),
        _ => 0,
    };
    let channels = spec.output.c;
    let rows = rows * spec.output.len() / channels;
    let block = TpreluBackward {
        rows,
        channels,
        rows_per_part: ROWS_PER_PART,
        offset: x.offset,
        pair_offset,
        learn_threshold: learns(|threshold, _| threshold),
        learn_slope: learns(|_, slope| slope),
    };
    Call::new(&kernels::TPRELU_BACKWARD, &format!("{} backward", spec.name))
        .params(&block)
        .buffers(&[params, &x.buffer, dy, scratch])
        .grid([channels.div_ceil(kernels::CHANNELS_PER_BLOCK), rows.div_ceil(ROWS_PER_PART), 1])
}

/// y = sigmoid(x) for `count` values.
pub fn sigmoid(name: &str, count: u32, x: &View, y: &View) -> Call {
    Call::new(&kernels::SIGMOID, name)
        .params(&Sigmoid { count, x_offset: x.offset, y_offset: y.offset })
        .buffers(&[&x.buffer, &y.buffer])
        .elements(count as usize)
}

/// dx = dy * y (1 - y) for `count` values; y and dy start at the same offset.
pub fn sigmoid_backward(name: &str, count: u32, y: &View, dy: &Buffer, dx: &View) -> Call {
    Call::new(&kernels::SIGMOID_BACKWARD, &format!("{name} backward"))
        .params(&SigmoidBackward { count, y_offset: y.offset, dx_offset: dx.offset })
        .buffers(&[&y.buffer, dy, &dx.buffer])
        .elements(count as usize)
}
