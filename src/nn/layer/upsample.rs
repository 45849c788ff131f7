//! Nearest-neighbour upsampling to twice the size, cropped, from [rows, h, w, c] to [rows, 2h - 2 pad_h, 2w - 2 pad_w, c]:
//! the adjoint of average pooling, times 4.

use super::average_pool::{gather, scatter, windows};
use super::{Backward, Forward, Layer};
use crate::device::Dispatch;

/// `nn.Upsample(scale_factor=2)`, then the rim cut off.
#[derive(Debug, Clone, Copy)]
pub struct Upsample {
    /// Pixels cropped above and left (and below and right).
    pub pad: [u32; 2],
}

impl Layer for Upsample {
    fn forward(&self, Forward { run, inputs, output, .. }: &Forward<'_>) -> Vec<Dispatch> {
        vec![scatter(run.name, windows(run, [run.io.output, run.io.input], self.pad, 1.0), &inputs[0], output)]
    }

    fn backward(&self, Backward { run, doutput, dinputs, .. }: &Backward<'_>) -> Vec<Dispatch> {
        let windows = windows(run, [run.io.output, run.io.input], self.pad, 1.0);
        let dx = dinputs[0].as_ref();
        dx.map(|dx| gather(&format!("{} backward", run.name), windows, doutput, dx)).into_iter().collect()
    }
}
