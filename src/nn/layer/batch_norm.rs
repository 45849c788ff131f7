//! Batch normalisation, per channel with scale and bias: y = scale (x - mean)/std + bias with std = sqrt(variance + 1e-5);
//! x and y are [rows, h, w, c]. It couples the samples of a batch, which no reparameterisation does.
//!
//! A batch of B images is one group; D's real and fake images are two groups with statistics of their own.

use super::{Backward, Forward, Io, Layer, Run, Source};
use crate::device::{Dispatch, View};
use crate::kernels::{
    self, BatchNormBackward, BatchNormMerge, BatchNormPartial, BatchNormRunning, BatchNormSums, CHANNELS_PER_BLOCK,
};
use crate::nn::sums::{ROWS_PER_PART, parts, reduce};
use crate::nn::tensor::{Block, Init, Section, Tensor};

/// What the layer's module is called behind a hidden linear map.
pub const NAME: &str = "batchnorm";

/// How fast the running statistics follow.
const MOMENTUM: f32 = 0.1;

/// `nn.BatchNorm2d`.
#[derive(Debug, Clone, Copy)]
pub struct BatchNorm;

impl Layer for BatchNorm {
    /// Pairs (bias, scale). As in Torch, scales start uniform in [0, 1).
    fn parameters(&self, io: Io) -> Vec<Block> {
        vec![bias_and_scale(io, "weight", Init::Unit)]
    }

    /// Pairs of running (mean, variance).
    fn state(&self, io: Io) -> Option<Block> {
        let channels = io.output.c;
        let tensors = vec![
            Tensor::per_channel("running_mean", channels, 0, 2, Init::Constant(0.0)),
            Tensor::per_channel("running_var", channels, 1, 2, Init::Constant(1.0)),
        ];
        Some(Block { section: Section::Pair, len: 2 * channels, tensors })
    }

    fn forward(&self, Forward { run, inputs, output, .. }: &Forward<'_>) -> Vec<Dispatch> {
        let mut dispatches = statistics(run, &inputs[0]);
        dispatches.push(normalise(run, &inputs[0], output));
        dispatches
    }

    fn backward(&self, backward: &Backward<'_>) -> Vec<Dispatch> {
        normalise_backward(backward, backward.run.source != Source::Running)
    }

    fn overwrites_output_gradient(&self, _: usize) -> bool {
        true
    }

    fn couples_images(&self) -> bool {
        true
    }

    fn memory(&self, io: Io, groups: u32) -> Option<(Vec<f32>, u32)> {
        Some((vec![0.0; 2], groups * io.output.c))
    }

    fn workspace(&self, io: Io, group_rows: u32, groups: u32) -> [u32; 2] {
        sums_workspace(io, group_rows, groups)
    }
}

/// Pairs (bias, scale) per channel.
pub(super) fn bias_and_scale(io: Io, scale: &'static str, init: Init) -> Block {
    let channels = io.output.c;
    let tensors = vec![
        Tensor::per_channel(scale, channels, 1, 2, init),
        Tensor::per_channel("bias", channels, 0, 2, Init::Constant(0.0)),
    ];
    Block { section: Section::Pair, len: 2 * channels, tensors }
}

/// Partial sums of parts, and a pair of sums per group and channel. A group's rows may end in a part that is not full.
pub(super) fn sums_workspace(io: Io, group_rows: u32, groups: u32) -> [u32; 2] {
    [2 * groups * parts(io.output, group_rows) * io.output.c, 2 * groups * io.output.c]
}

fn group_size(run: &Run<'_>) -> u32 {
    run.group_rows * run.io.output.len()
}

/// (mean, 1/std) per group and channel: from x, or from the running statistics.
fn statistics(run: &Run<'_>, x: &View) -> Vec<Dispatch> {
    let (channels, pixels) = (run.io.output.c, run.io.output.pixels());
    let (Some(memory), Some(running_offset)) = (run.memory, run.at.state) else { return Vec::new() };
    let state = &run.weights.state;
    if run.source == Source::Running {
        debug_assert_eq!(run.first_group, 0, "running statistics serve one group of G");
        let block = BatchNormRunning { count: run.groups() * channels, channels, running_offset };
        let dispatch = Dispatch::new(&kernels::BATCH_NORM_RUNNING, &format!("{} running statistics", run.name))
            .params(&block)
            .buffers(&[state, memory])
            .elements(block.count as usize);
        return vec![dispatch];
    }
    let parts = parts(run.io.output, run.group_rows);
    let partial = BatchNormPartial {
        channels,
        pixels,
        group_rows: run.group_rows * pixels,
        rows_per_part: ROWS_PER_PART,
        x_offset: x.offset,
    };
    let merge = BatchNormMerge {
        count: channels,
        pixels,
        groups: run.groups(),
        parts,
        rows_per_part: ROWS_PER_PART,
        first_group: run.first_group,
        running_offset,
        momentum: if run.source == Source::Training { MOMENTUM } else { 0.0 },
    };
    let [scratch, _] = run.workspace;
    let of_parts = 2 * u64::from(parts * run.groups()) * u64::from(channels);
    vec![
        Dispatch::new(&kernels::BATCH_NORM_PARTIAL, &format!("{} statistics of parts", run.name))
            .params(&partial)
            .buffers(&[&x.buffer, scratch])
            .touches(u64::from(run.output_len()) + of_parts)
            .grid([channels.div_ceil(CHANNELS_PER_BLOCK), parts, run.groups()]),
        Dispatch::new(&kernels::BATCH_NORM_MERGE, &format!("{} statistics", run.name))
            .params(&merge)
            .buffers(&[scratch, memory, state])
            .touches(of_parts + 2 * u64::from(run.groups() + 1) * u64::from(channels))
            .elements(channels as usize),
    ]
}

/// y = scale (x - mean)/std + bias, with the statistics in the layer's memory.
pub(super) fn normalise(run: &Run<'_>, x: &View, y: &View) -> Dispatch {
    let block = kernels::BatchNorm {
        count: run.output_len(),
        channels: run.io.output.c,
        group_size: group_size(run),
        first_group: run.first_group,
        offset: x.offset,
        y_offset: y.offset,
        pair_offset: run.at.offset(Section::Pair).unwrap_or_default(),
    };
    Dispatch::new(&kernels::BATCH_NORM, run.name)
        .params(&block)
        .buffers(&[&run.weights.params, run.memory.unwrap_or(run.dummy), &x.buffer, &y.buffer])
        .elements(block.count as usize)
}

/// Replaces dy by dx, which starts where x does, and writes the pairs' gradients where they learn. `coupled`: the
/// statistics were those of the batch.
pub(super) fn normalise_backward(backward: &Backward<'_>, coupled: bool) -> Vec<Dispatch> {
    let Backward { run, inputs, doutput, learning, .. } = backward;
    let (x, dy) = (&inputs[0], &doutput.buffer);
    let (channels, pixels) = (run.io.output.c, run.io.output.pixels());
    let (parts, groups) = (parts(run.io.output, run.group_rows), run.groups());
    let memory = run.memory.unwrap_or(run.dummy);
    let [scratch, sums] = run.workspace;
    let pair_offset = run.at.offset(Section::Pair).unwrap_or_default();
    let mut dispatches = Vec::new();
    if coupled || learning.is_some() {
        let block = BatchNormSums {
            rows: run.group_rows * pixels,
            channels,
            rows_per_part: ROWS_PER_PART,
            first_group: run.first_group,
            offset: x.offset,
        };
        dispatches.push(
            Dispatch::new(&kernels::BATCH_NORM_SUMS, &format!("{} gradient sums", run.name))
                .params(&block)
                .buffers(&[memory, &x.buffer, dy, scratch])
                .touches(2 * u64::from(run.output_len()) + 2 * u64::from(parts * groups) * u64::from(channels))
                .grid([channels.div_ceil(CHANNELS_PER_BLOCK), parts, groups]),
        );
        dispatches.push(reduce(run.name, parts, 2 * groups * channels, scratch, sums, 0));
    }
    if let Some(learning) = learning {
        dispatches.push(reduce(run.name, groups, 2 * channels, sums, learning.gradients, pair_offset));
    }
    let block = BatchNormBackward {
        count: run.output_len(),
        channels,
        pixels,
        group_size: group_size(run),
        first_group: run.first_group,
        offset: x.offset,
        pair_offset,
        coupled: u32::from(coupled),
    };
    dispatches.push(
        Dispatch::new(&kernels::BATCH_NORM_BACKWARD, &format!("{} backward", run.name))
            .params(&block)
            .buffers(&[&run.weights.params, memory, sums, &x.buffer, dy])
            .elements(block.count as usize),
    );
    dispatches
}
