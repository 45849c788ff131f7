//! Weight-normalised addition of a residue x0 and a shortcut x1 (the residual blocks of the authors' second code), per
//! channel with gates g: y = (g0 x0 + g1 x1)/n with n = sqrt(g0^2 + g1^2 + 1e-6); all are [rows, h, w, c].

use super::{Backward, Forward, Io, Layer, Run};
use crate::device::Dispatch;
use crate::kernels::{self, AdditionBackward, CHANNELS_PER_BLOCK};
use crate::nn::sums::rows_per_part;
use crate::nn::tensor::{Block, Init, Section, Tensor};

/// Reads two values: residue and shortcut, which start at the same image.
#[derive(Debug, Clone, Copy)]
pub struct Addition;

impl Layer for Addition {
    /// Gates `weight` [2, channels], those of the residue first, stored as pairs. A block starts as its shortcut.
    fn parameters(&self, io: Io) -> Vec<Block> {
        let (channels, len) = (io.output.c, 2 * io.output.c);
        let gates = Tensor {
            name: "weight",
            shape: vec![2, channels as usize],
            offset: 0,
            axes: vec![(2, 1), (channels, 2)],
            init: Init::SecondHalf,
            unit_axis: None,
        };
        vec![Block { section: Section::Pair, len, tensors: vec![gates] }]
    }

    fn forward(&self, Forward { run, inputs, output, .. }: &Forward<'_>) -> Vec<Dispatch> {
        let count = run.output_len();
        let block =
            kernels::Addition { count, channels: run.io.output.c, offset: inputs[0].offset, gate_offset: gates(run) };
        debug_assert_eq!(inputs[0].offset, inputs[1].offset, "both branches start at the same image");
        let dispatch = Dispatch::new(&kernels::ADDITION, run.name)
            .params(&block)
            .buffers(&[&run.weights.params, &inputs[0].buffer, &inputs[1].buffer, &output.buffer])
            .elements(count as usize);
        vec![dispatch]
    }

    /// Replaces dy by the shortcut's gradient, writes the residue's, and sums those of the gates. All start at one offset.
    fn backward(&self, backward: &Backward<'_>) -> Vec<Dispatch> {
        let Backward { run, inputs, doutput, learning, .. } = backward;
        // The residue always leads to weights that learn, or to an input whose gradient is wanted.
        let Some(dresidue) = &backward.dinputs[0] else { return Vec::new() };
        let rows = rows(run);
        let rows_per_part = rows_per_part(rows);
        let sums = learning.as_ref().and_then(|learning| learning.target(Section::Pair, run.at));
        let sums = sums.unwrap_or_else(|| run.workspace[0].at(0));
        let block = AdditionBackward {
            rows,
            channels: run.io.output.c,
            rows_per_part,
            offset: inputs[0].offset,
            gate_offset: gates(run),
            output_offset: sums.offset,
        };
        let buffers = [
            &run.weights.params,
            &inputs[0].buffer,
            &inputs[1].buffer,
            &doutput.buffer,
            &dresidue.buffer,
            &sums.buffer,
        ];
        let dispatch = Dispatch::new(&kernels::ADDITION_BACKWARD, &format!("{} backward", run.name))
            .params(&block)
            .buffers(&buffers)
            .grid([run.io.output.c.div_ceil(CHANNELS_PER_BLOCK), rows.div_ceil(rows_per_part), 1]);
        vec![dispatch]
    }

    /// The shortcut's.
    fn overwrites_output_gradient(&self, input: usize) -> bool {
        input == 1
    }

    fn reads_inputs_late(&self) -> bool {
        true
    }

    fn gradient_parts(&self, _: Section, run: &Run<'_>) -> Option<u32> {
        Some(rows(run).div_ceil(rows_per_part(rows(run))))
    }

    /// The sums of a pass that learns nothing.
    fn workspace(&self, io: Io, group_rows: u32, groups: u32) -> [u32; 2] {
        let rows = group_rows * groups * io.output.pixels();
        [2 * io.output.c * rows.div_ceil(rows_per_part(rows)), 0]
    }
}

fn gates(run: &Run<'_>) -> u32 {
    run.at.offset(Section::Pair).unwrap_or_default()
}

fn rows(run: &Run<'_>) -> u32 {
    run.rows * run.io.output.pixels()
}
