//! Sigmoid: y = 1/(1 + exp(-x)); only as a network's last layer.

use super::{Backward, Forward, Io, Layer};
use crate::device::{Dispatch, View};
use crate::kernels::{self, CHANNELS_PER_BLOCK, SigmoidBackward, constants};
use crate::nn::gemm::epilogue::Epilogue;
use crate::nn::parameters::LayerOffsets;
use crate::nn::sums::rows_per_part;

/// The logistic function.
#[derive(Debug, Clone, Copy)]
pub struct Sigmoid;

impl Layer for Sigmoid {
    fn forward(&self, Forward { run, inputs, output, .. }: &Forward<'_>) -> Vec<Dispatch> {
        let count = run.output_len();
        let dispatch = Dispatch::new(&kernels::SIGMOID, run.name)
            .params(&kernels::Sigmoid { count, x_offset: inputs[0].offset, y_offset: output.offset })
            .buffers(&[&inputs[0].buffer, &output.buffer])
            .elements(count as usize);
        vec![dispatch]
    }

    /// dx = dy y (1 - y), each image's times its factor, and the sums that are the gradient of a bias before the sigmoid,
    /// where there is a place for them. y and dy start at the same offset. The dx of a fused sigmoid replaces y, because
    /// what it read has no memory of its own.
    fn backward(&self, backward: &Backward<'_>) -> Vec<Dispatch> {
        let Backward { run, output: y, doutput: dy, output_factors, fused_bias, .. } = backward;
        let Some(dx) = &backward.dinputs[0] else { return Vec::new() };
        debug_assert_eq!(y.offset, dy.offset, "y and dy are laid out alike");
        let (channels, pixels) = (run.io.output.c, run.io.output.pixels());
        let rows = run.rows * pixels;
        let rows_per_part = rows_per_part(rows);
        // What a dispatch binds for writing it cannot bind for reading too.
        let (read, written, over_y): (_, &View, _) = if run.is_fused { (&dy.buffer, y, 1) } else { (&y.buffer, dx, 0) };
        let block = SigmoidBackward {
            rows,
            channels,
            rows_per_part,
            y_offset: y.offset,
            dx_offset: written.offset,
            output_offset: fused_bias.as_ref().map_or(constants::NO_SUMS, |sums| sums.offset),
            scaled_by: output_factors.map_or(0, |_| pixels),
            over_y,
        };
        let factors = output_factors.map_or(&dy.buffer, |factors| factors.of_image);
        let sums = fused_bias.as_ref().map_or(run.workspace[0], |sums| &sums.buffer);
        let dispatch = Dispatch::new(&kernels::SIGMOID_BACKWARD, &format!("{} backward", run.name))
            .params(&block)
            .buffers(&[read, &dy.buffer, factors, &written.buffer, sums])
            .touches(3 * u64::from(run.output_len()) + u64::from(channels) * u64::from(rows.div_ceil(rows_per_part)))
            .grid([channels.div_ceil(CHANNELS_PER_BLOCK), rows.div_ceil(rows_per_part), 1]);
        vec![dispatch]
    }

    fn epilogue(&self, _: &LayerOffsets, _: Io) -> Option<Epilogue> {
        Some(Epilogue::sigmoid())
    }
}
