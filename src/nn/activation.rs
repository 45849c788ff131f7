//! Activations: TPReLU (with PReLU, TReLU and ReLU as held parameters) and sigmoid.

use crate::device::{Buffer, Dispatch, View};
use crate::kernels::{self, Sigmoid, SigmoidBackward, Tprelu, TpreluBackward};
use crate::nn::convolution::Factors;
use crate::nn::layer::{LayerSpec, Op};
use crate::nn::partial::Parts;
use crate::nn::sums::rows_per_part;

/// y = TPReLU(x) for `rows` images; x and y start at the same offset.
pub fn tprelu(spec: &LayerSpec, pair_offset: u32, params: &Buffer, rows: u32, x: &View, y: &Buffer) -> Dispatch {
    let count = rows * spec.output.len();
    Dispatch::new(&kernels::TPRELU, &spec.name)
        .params(&Tprelu { count, channels: spec.output.c, offset: x.offset, pair_offset })
        .buffers(&[params, &x.buffer, y])
        .elements(count as usize)
}

/// Replaces dy by dx and leaves partial sums of the (threshold, slope) gradients at `sums`, as
/// [`PartialSums`](super::partial::PartialSums) plans them. x and dy start at the same offset.
pub fn tprelu_backward(
    spec: &LayerSpec,
    pair_offset: u32,
    params: &Buffer,
    rows: u32,
    (x, dy): (&View, &Buffer),
    factors: Option<Factors<'_>>,
    sums: &View,
) -> Dispatch {
    let learns = |which: fn(bool, bool) -> bool| match spec.op {
        Op::Tprelu { learn_threshold, learn_slope } => u32::from(which(learn_threshold, learn_slope)),
        _ => 0,
    };
    let channels = spec.output.c;
    let pixels = spec.output.h * spec.output.w;
    let rows = rows * pixels;
    let rows_per_part = rows_per_part(rows);
    let block = TpreluBackward {
        rows,
        channels,
        rows_per_part,
        offset: x.offset,
        pair_offset,
        learn_threshold: learns(|threshold, _| threshold),
        learn_slope: learns(|_, slope| slope),
        output_offset: sums.offset,
        scaled_by: factors.map_or(0, |_| pixels),
    };
    Dispatch::new(&kernels::TPRELU_BACKWARD, &format!("{} backward", spec.name))
        .params(&block)
        .buffers(&[params, &x.buffer, factors.map_or(params, |factors| factors.of_image), dy, &sums.buffer])
        .grid([channels.div_ceil(kernels::CHANNELS_PER_BLOCK), rows.div_ceil(rows_per_part), 1])
}

/// y = sigmoid(x) for `count` values.
pub fn sigmoid(name: &str, count: u32, x: &View, y: &View) -> Dispatch {
    Dispatch::new(&kernels::SIGMOID, name)
        .params(&Sigmoid { count, x_offset: x.offset, y_offset: y.offset })
        .buffers(&[&x.buffer, &y.buffer])
        .elements(count as usize)
}

/// dx = dy * y (1 - y) for `rows` images, each times its factor, and the sums that are the gradient of a bias before the
/// sigmoid, where `sums` has a place for them. y and dy start at the same offset; a dx without a place replaces y.
pub fn sigmoid_backward(
    spec: &LayerSpec,
    rows: u32,
    y: &View,
    dy: &Buffer,
    factors: Option<Factors<'_>>,
    dx: Option<&View>,
    (sums, parts): (&Buffer, Option<Parts>),
) -> Dispatch {
    let (channels, pixels) = (spec.output.c, spec.output.h * spec.output.w);
    let rows = rows * pixels;
    let rows_per_part = rows_per_part(rows);
    // What a dispatch binds for writing it cannot bind for reading too.
    let (read, written, over_y) = match dx {
        Some(dx) => (&y.buffer, dx, 0),
        None => (dy, y, 1),
    };
    let block = SigmoidBackward {
        rows,
        channels,
        rows_per_part,
        y_offset: y.offset,
        dx_offset: written.offset,
        output_offset: parts.map_or(kernels::constants::NO_SUMS, |parts| parts.source),
        scaled_by: factors.map_or(0, |_| pixels),
        over_y,
    };
    let factors = factors.map_or(dy, |factors| factors.of_image);
    Dispatch::new(&kernels::SIGMOID_BACKWARD, &format!("{} backward", spec.name))
        .params(&block)
        .buffers(&[read, dy, factors, &written.buffer, sums])
        .grid([channels.div_ceil(kernels::CHANNELS_PER_BLOCK), rows.div_ceil(rows_per_part), 1])
}
