//! Rescaling y = 2x - 1: from pixels in [0, 1] to [-1, 1], D's first layer in the ResNet.

use super::{Backward, Forward, Layer};
use crate::device::{Dispatch, View};
use crate::kernels;

/// y = 2x - 1.
#[derive(Debug, Clone, Copy)]
pub struct Rescale;

impl Layer for Rescale {
    fn forward(&self, Forward { run, inputs, output, .. }: &Forward<'_>) -> Vec<Dispatch> {
        vec![affine(run.name, run.output_len(), &inputs[0], output, -1.0)]
    }

    /// dx = 2dy
    fn backward(&self, Backward { run, doutput, dinputs, .. }: &Backward<'_>) -> Vec<Dispatch> {
        let dx = dinputs[0].as_ref();
        dx.map(|dx| affine(&format!("{} backward", run.name), run.output_len(), doutput, dx, 0.0)).into_iter().collect()
    }
}

/// y = 2x + shift for `count` values.
fn affine(name: &str, count: u32, x: &View, y: &View, shift: f32) -> Dispatch {
    Dispatch::new(&kernels::RESCALE, name)
        .params(&kernels::Rescale { count, x_offset: x.offset, y_offset: y.offset, scale: 2.0, shift })
        .buffers(&[&x.buffer, &y.buffer])
        .elements(count as usize)
}
