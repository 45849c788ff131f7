//! Pixel normalisation (Karras et al. 2018): every pixel's channels are divided by their root mean square. It has no
//! parameters and, unlike batch normalisation, couples no samples.

use super::{Backward, Forward, Layer, Run};
use crate::device::{Dispatch, View};
use crate::kernels;

/// What the layer's module is called behind a hidden linear map.
pub const NAME: &str = "pixelnorm";

/// Pixels that one workgroup of the kernel takes.
const PIXELS_PER_WORKGROUP: u32 = 16;

/// y = x / sqrt(mean over channels of x^2 + 1e-8).
#[derive(Debug, Clone, Copy)]
pub struct PixelNorm;

impl Layer for PixelNorm {
    fn forward(&self, Forward { run, inputs, output, .. }: &Forward<'_>) -> Vec<Dispatch> {
        vec![dispatch(run, run.name, [&inputs[0], output], 0)]
    }

    /// Replaces dy by dx = (dy - y mean(dy y))/r.
    fn backward(&self, Backward { run, inputs, doutput, .. }: &Backward<'_>) -> Vec<Dispatch> {
        vec![dispatch(run, &format!("{} backward", run.name), [&inputs[0], doutput], 1)]
    }

    fn overwrites_output_gradient(&self, _: usize) -> bool {
        true
    }

    /// There are no parameters to weigh.
    fn takes_image_factors(&self) -> bool {
        true
    }
}

fn dispatch(run: &Run<'_>, label: &str, [x, image]: [&View; 2], backward: u32) -> Dispatch {
    let rows = run.rows * run.io.output.pixels();
    let block = kernels::PixelNorm { rows, channels: run.io.output.c, x_offset: x.offset, image_offset: image.offset };
    Dispatch::new(&kernels::PIXEL_NORM, label)
        .params(&block)
        .overrides(&[("BACKWARD", backward)])
        .buffers(&[&x.buffer, &image.buffer])
        .touches(u64::from(2 * run.output_len()))
        .workgroups(rows.div_ceil(PIXELS_PER_WORKGROUP))
}
