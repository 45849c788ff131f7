//! TPReLU, the paper's activation, per channel with threshold a and slope s: y = x above a, s x + (1 - s) a below. PReLU
//! holds a at 0, TReLU holds s at 0, ReLU holds both. x and y are [rows, h, w, c].

use super::{Backward, Forward, Io, Layer, Run};
use crate::device::Dispatch;
use crate::kernels::{self, CHANNELS_PER_BLOCK, TpreluBackward};
use crate::nn::gemm::epilogue::Epilogue;
use crate::nn::parameters::LayerOffsets;
use crate::nn::sums::rows_per_part;
use crate::nn::tensor::{Block, Init, Section, Tensor};

/// The activation of hidden layers. What is not learned keeps what it starts from: thresholds 0, and slopes 0 where they
/// are held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tprelu {
    /// Whether thresholds learn (TPReLU, TReLU) or stay 0 (PReLU, ReLU).
    pub learn_threshold: bool,
    /// What learned slopes start from (TPReLU, PReLU); without it slopes stay 0 (TReLU, ReLU).
    pub slope: Option<f32>,
    /// Whether all channels share one threshold and one slope, PyTorch's `num_parameters=1`.
    pub is_shared: bool,
}

impl Tprelu {
    /// Number of (threshold, slope) pairs.
    fn pairs(&self, io: Io) -> u32 {
        if self.is_shared { 1 } else { io.output.c }
    }

    /// Rows of the image block as the kernels see it, [rows, pairs].
    fn rows(&self, run: &Run<'_>) -> u32 {
        run.output_len() / self.pairs(run.io)
    }
}

impl Layer for Tprelu {
    /// Pairs (threshold, slope): PyTorch's `weight` is the slope, the authors' `bias` the threshold.
    fn parameters(&self, io: Io) -> Vec<Block> {
        let pairs = self.pairs(io);
        let slope = self.slope.map(|slope| Tensor::per_channel("weight", pairs, 1, 2, Init::Constant(slope)));
        let threshold = Tensor::per_channel("bias", pairs, 0, 2, Init::Constant(0.0));
        let tensors = slope.into_iter().chain(self.learn_threshold.then_some(threshold)).collect();
        vec![Block { section: Section::Kink, len: 2 * pairs, tensors }]
    }

    /// x and y start at the same offset.
    fn forward(&self, Forward { run, inputs, output, .. }: &Forward<'_>) -> Vec<Dispatch> {
        let count = run.output_len();
        let (pair_offset, _) = pairs(self, run.at, run.io);
        let block = kernels::Tprelu { count, channels: self.pairs(run.io), offset: inputs[0].offset, pair_offset };
        let dispatch = Dispatch::new(&kernels::TPRELU, run.name)
            .params(&block)
            .buffers(&[&run.weights.params, &inputs[0].buffer, &output.buffer])
            .elements(count as usize);
        vec![dispatch]
    }

    /// Replaces dy by dx = dy where x > a, s dy elsewhere, and sums da = sum (1 - s) dy and ds = sum (x - a) dy below the
    /// threshold. x and dy start at the same offset.
    fn backward(&self, backward: &Backward<'_>) -> Vec<Dispatch> {
        let Backward { run, inputs, doutput, learning, image_factors, .. } = backward;
        let channels = self.pairs(run.io);
        let rows = self.rows(run);
        let rows_per_part = rows_per_part(rows);
        let (pair_offset, _) = pairs(self, run.at, run.io);
        // Sums that nobody learns from must not replace those of a pass before.
        let sums = learning.as_ref().and_then(|learning| learning.target(Section::Kink, run.at));
        let sums = sums.unwrap_or_else(|| run.workspace[0].at(0));
        let block = TpreluBackward {
            rows,
            channels,
            rows_per_part,
            offset: inputs[0].offset,
            pair_offset,
            learn_threshold: u32::from(self.learn_threshold),
            learn_slope: u32::from(self.slope.is_some()),
            output_offset: sums.offset,
            scaled_by: image_factors.map_or(0, |_| rows / run.rows),
        };
        let params = &run.weights.params;
        let factors = image_factors.map_or(params, |factors| factors.of_image);
        let dispatch = Dispatch::new(&kernels::TPRELU_BACKWARD, &format!("{} backward", run.name))
            .params(&block)
            .buffers(&[params, &inputs[0].buffer, factors, &doutput.buffer, &sums.buffer])
            .grid([channels.div_ceil(CHANNELS_PER_BLOCK), rows.div_ceil(rows_per_part), 1]);
        vec![dispatch]
    }

    fn epilogue(&self, at: &LayerOffsets, io: Io) -> Option<Epilogue> {
        let (first, count) = pairs(self, at, io);
        Some(Epilogue::tprelu(first, count))
    }

    fn gradient_epilogue(&self, at: &LayerOffsets, io: Io) -> Option<Epilogue> {
        let (first, count) = pairs(self, at, io);
        Some(Epilogue::tprelu_gradient(first, count))
    }

    fn overwrites_output_gradient(&self, _: usize) -> bool {
        true
    }

    fn takes_image_factors(&self) -> bool {
        true
    }

    fn gradient_parts(&self, _: Section, run: &Run<'_>) -> Option<u32> {
        let rows = self.rows(run);
        Some(rows.div_ceil(rows_per_part(rows)))
    }

    /// The sums of a pass that learns nothing.
    fn workspace(&self, io: Io, group_rows: u32, groups: u32) -> [u32; 2] {
        let rows = group_rows * groups * io.output.len() / self.pairs(io);
        [2 * self.pairs(io) * rows.div_ceil(rows_per_part(rows)), 0]
    }
}

/// The first (threshold, slope) pair in the parameters, and their number.
fn pairs(layer: &Tprelu, at: &LayerOffsets, io: Io) -> (u32, u32) {
    (at.offset(Section::Kink).unwrap_or_default(), layer.pairs(io))
}
