//! Batch normalisation, and the affine map per channel, which is the same with statistics (0, 1).
//!
//! A batch of B images is one group; D's real and fake images are two groups with statistics of their own.

use crate::device::{Buffer, Dispatch, View};
use crate::kernels::{
    self, BatchNorm, BatchNormBackward, BatchNormMerge, BatchNormPartial, BatchNormRunning, BatchNormSums,
    CHANNELS_PER_BLOCK,
};
use crate::nn::layer::LayerSpec;
use crate::nn::sums::{ROWS_PER_PART, parts, reduce};

/// How fast the running statistics follow.
const MOMENTUM: f32 = 0.1;

/// Where the statistics that normalise come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The batch at hand, and the running statistics follow: training.
    Training,
    /// The batch at hand; the running statistics stay.
    Batch,
    /// The running statistics.
    Running,
}

/// One layer applied to whole groups of images.
#[derive(Debug, Clone, Copy)]
pub struct Groups<'a> {
    /// The layer.
    pub spec: &'a LayerSpec,
    /// Its (bias, scale) pairs in the parameters.
    pub pair_offset: u32,
    /// Images of one group.
    pub group_rows: u32,
    /// First group.
    pub first: u32,
    /// Number of groups.
    pub count: u32,
    /// (mean, 1/std) per group and channel.
    pub statistics: &'a Buffer,
}

impl Groups<'_> {
    fn channels(&self) -> u32 {
        self.spec.output.c
    }

    fn pixels(&self) -> u32 {
        self.spec.output.h * self.spec.output.w
    }

    fn parts(&self) -> u32 {
        parts(self.spec.output, self.group_rows)
    }

    fn group_size(&self) -> u32 {
        self.group_rows * self.spec.output.len()
    }

    /// Fills the statistics: from x, which starts at the first of the groups, or from the running ones in `state`.
    pub fn statistics(&self, source: Source, state: &View, x: &View, scratch: &Buffer) -> Vec<Dispatch> {
        let (channels, pixels, parts) = (self.channels(), self.pixels(), self.parts());
        let name = &self.spec.name;
        if source == Source::Running {
            let block = BatchNormRunning { channels, groups: self.count, running_offset: state.offset };
            debug_assert_eq!(self.first, 0, "running statistics serve one group of G");
            let call = Dispatch::new(&kernels::BATCH_NORM_RUNNING, &format!("{name} running statistics"))
                .params(&block)
                .buffers(&[&state.buffer, self.statistics])
                .elements((self.count * channels) as usize);
            return vec![call];
        }
        let partial = BatchNormPartial {
            channels,
            pixels,
            group_rows: self.group_rows * pixels,
            rows_per_part: ROWS_PER_PART,
            x_offset: x.offset,
        };
        let merge = BatchNormMerge {
            channels,
            pixels,
            groups: self.count,
            parts,
            rows_per_part: ROWS_PER_PART,
            first_group: self.first,
            running_offset: state.offset,
            momentum: if source == Source::Training { MOMENTUM } else { 0.0 },
        };
        vec![
            Dispatch::new(&kernels::BATCH_NORM_PARTIAL, &format!("{name} statistics of parts"))
                .params(&partial)
                .buffers(&[&x.buffer, scratch])
                .grid([channels.div_ceil(CHANNELS_PER_BLOCK), parts, self.count]),
            Dispatch::new(&kernels::BATCH_NORM_MERGE, &format!("{name} statistics"))
                .params(&merge)
                .buffers(&[scratch, self.statistics, &state.buffer])
                .elements(channels as usize),
        ]
    }

    /// y = scale * (x - mean)/std + bias.
    pub fn forward(&self, params: &Buffer, x: &View, y: &View) -> Dispatch {
        let block = BatchNorm {
            count: self.count * self.group_size(),
            channels: self.channels(),
            group_size: self.group_size(),
            first_group: self.first,
            offset: x.offset,
            y_offset: y.offset,
            pair_offset: self.pair_offset,
        };
        Dispatch::new(&kernels::BATCH_NORM, &self.spec.name)
            .params(&block)
            .buffers(&[params, self.statistics, &x.buffer, &y.buffer])
            .elements(block.count as usize)
    }

    /// Replaces dy by dx, which starts where x does, and writes the pairs' gradients to `gradients` if they are wanted.
    /// `coupled`: the statistics were those of the batch. `sums` holds a pair per group and channel.
    pub fn backward(
        &self,
        coupled: bool,
        [params, dy, scratch, sums]: [&Buffer; 4],
        x: &View,
        gradients: Option<&Buffer>,
    ) -> Vec<Dispatch> {
        let (channels, name) = (self.channels(), &self.spec.name);
        let mut calls = Vec::new();
        if coupled || gradients.is_some() {
            let block = BatchNormSums {
                rows: self.group_rows * self.pixels(),
                channels,
                rows_per_part: ROWS_PER_PART,
                first_group: self.first,
                offset: x.offset,
            };
            let partial = Dispatch::new(&kernels::BATCH_NORM_SUMS, &format!("{name} gradient sums"))
                .params(&block)
                .buffers(&[self.statistics, &x.buffer, dy, scratch])
                .grid([channels.div_ceil(CHANNELS_PER_BLOCK), self.parts(), self.count]);
            let of_group = reduce(name, self.parts(), 2 * self.count * channels, scratch, sums, 0);
            calls.extend([partial, of_group]);
        }
        if let Some(gradients) = gradients {
            calls.push(reduce(name, self.count, 2 * channels, sums, gradients, self.pair_offset));
        }
        let block = BatchNormBackward {
            count: self.count * self.group_size(),
            channels,
            pixels: self.pixels(),
            group_size: self.group_size(),
            first_group: self.first,
            offset: x.offset,
            pair_offset: self.pair_offset,
            coupled: u32::from(coupled),
        };
        calls.push(
            Dispatch::new(&kernels::BATCH_NORM_BACKWARD, &format!("{name} backward"))
                .params(&block)
                .buffers(&[params, self.statistics, sums, &x.buffer, dy])
                .elements(block.count as usize),
        );
        calls
    }
}
