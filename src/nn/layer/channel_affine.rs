//! An affine map per channel of x [rows, h, w, c], y = scale x + bias: batch normalisation with statistics (0, 1) that
//! never change.

use super::batch_norm::{bias_and_scale, normalise, normalise_backward, sums_workspace};
use super::{Backward, Forward, Io, Layer};
use crate::device::Dispatch;
use crate::nn::tensor::{Block, Init};

/// The last layer of the ResNet's G before its sigmoid.
#[derive(Debug, Clone, Copy)]
pub struct ChannelAffine;

impl Layer for ChannelAffine {
    /// Pairs (bias, scale).
    fn parameters(&self, io: Io) -> Vec<Block> {
        vec![bias_and_scale(io, "scale", Init::Constant(1.0))]
    }

    fn forward(&self, Forward { run, inputs, output, .. }: &Forward<'_>) -> Vec<Dispatch> {
        vec![normalise(run, &inputs[0], output)]
    }

    fn backward(&self, backward: &Backward<'_>) -> Vec<Dispatch> {
        normalise_backward(backward, false)
    }

    fn overwrites_output_gradient(&self, _: usize) -> bool {
        true
    }

    /// Mean 0 and 1/std 1 per group and channel.
    fn memory(&self, io: Io, groups: u32) -> Option<(Vec<f32>, u32)> {
        Some((vec![0.0, 1.0], groups * io.output.c))
    }

    fn workspace(&self, io: Io, group_rows: u32, groups: u32) -> [u32; 2] {
        sums_workspace(io, group_rows, groups)
    }
}
