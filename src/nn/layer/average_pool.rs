//! 2x2 average pooling of the image padded by zeros, from [rows, h, w, c] to [rows, h/2 + pad_h, w/2 + pad_w, c]; every
//! pixel of a window counts, those of the padding too.

use super::{Backward, Forward, Layer, Run};
use crate::device::{Dispatch, View};
use crate::kernels::{self, Pooling};
use crate::nn::shape::Shape;

/// Share of each of the four pixels.
const QUARTER: f32 = 0.25;

/// `nn.AvgPool2d(2, padding)` that counts the padding.
#[derive(Debug, Clone, Copy)]
pub struct AveragePool {
    /// Padding above and left (and below and right).
    pub pad: [u32; 2],
}

impl Layer for AveragePool {
    fn forward(&self, Forward { run, inputs, output, .. }: &Forward<'_>) -> Vec<Dispatch> {
        vec![gather(run.name, windows(run, [run.io.input, run.io.output], self.pad, QUARTER), &inputs[0], output)]
    }

    fn backward(&self, Backward { run, doutput, dinputs, .. }: &Backward<'_>) -> Vec<Dispatch> {
        let windows = windows(run, [run.io.input, run.io.output], self.pad, QUARTER);
        let dx = dinputs[0].as_ref();
        dx.map(|dx| scatter(&format!("{} backward", run.name), windows, doutput, dx)).into_iter().collect()
    }
}

/// Windows of 2x2 pixels of the big image, one per pixel of the small one.
pub(super) fn windows(run: &Run<'_>, [big, small]: [Shape; 2], [pad_h, pad_w]: [u32; 2], factor: f32) -> Pooling {
    Pooling {
        batch: run.rows,
        big_h: big.h,
        big_w: big.w,
        small_h: small.h,
        small_w: small.w,
        channels: big.c,
        pad_h,
        pad_w,
        factor,
        ..Pooling::default()
    }
}

/// Every small pixel is the factor times the sum of its window.
pub(super) fn gather(name: &str, windows: Pooling, big: &View, small: &View) -> Dispatch {
    let count = windows.batch * windows.small_h * windows.small_w * windows.channels;
    let block = Pooling { count, big_offset: big.offset, small_offset: small.offset, ..windows };
    Dispatch::new(&kernels::AVERAGE_POOL, name)
        .params(&block)
        .buffers(&[&big.buffer, &small.buffer])
        .touches(pixels(&block))
        .elements(count as usize)
}

/// Every big pixel is the factor times its small pixel.
pub(super) fn scatter(name: &str, windows: Pooling, small: &View, big: &View) -> Dispatch {
    let count = windows.batch * windows.big_h * windows.big_w * windows.channels;
    let block = Pooling { count, big_offset: big.offset, small_offset: small.offset, ..windows };
    Dispatch::new(&kernels::UPSAMPLE, name)
        .params(&block)
        .buffers(&[&small.buffer, &big.buffer])
        .touches(pixels(&block))
        .elements(count as usize)
}

/// Elements of both images.
fn pixels(block: &Pooling) -> u64 {
    u64::from(block.batch * block.channels) * u64::from(block.big_h * block.big_w + block.small_h * block.small_w)
}
