//! Pixel normalisation, forward and backward.

use super::compare::{Expected, Report, Tolerance};
use super::device::{dispatch, filled, nchw, nhwc, poisoned, random};
use wn_gan::device::Dispatch;
use wn_gan::kernels::{Kernel, PixelNorm, Step};
use wn_gan::reference::layer::pixel_norm::{pixel_norm as reference, pixel_norm_backward};

/// Where x and the image begin.
const X: usize = 5;
const IMAGE: usize = 9;
/// Of a root and of a division.
const ROOT: f64 = 4.5;
const DIVISION: f64 = 2.5;

/// Channels below, at, and above the invocations that share a pixel; pixels that leave a workgroup partly empty.
pub fn pixel_norm(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for [batch, height, width, channels] in [[2, 3, 5, 33], [1, 4, 4, 16], [3, 1, 1, 1], [1, 7, 9, 5]] {
        let shape = [batch, height, width, channels];
        let (x, dy) = (random(&shape, 1), random(&shape, 2));
        let rows = batch * height * width;
        let params =
            PixelNorm { rows: rows as u32, channels: channels as u32, x_offset: X as u32, image_offset: IMAGE as u32 };
        let run = |backward: u32, image: Vec<u32>| {
            let call = Dispatch::new(kernel, "test").params(&params).overrides(&[("BACKWARD", backward)]);
            let call = call.workgroups(rows.div_ceil(16) as u32);
            dispatch(call, &Step::default(), &[filled(X, &x.data), image])
        };
        let y = nhwc(&reference(&nchw(&x))).data;
        // The mean of squares loses what a sum does, and a division; its root half of that, and its own.
        let of_root =
            |size: f64| Tolerance::summed(channels, size / 2.0) + Tolerance::rounded(DIVISION / 2.0 + ROOT, size);
        let of_y = |i: usize| of_root(y[i]) + Tolerance::rounded(DIVISION, y[i]);
        let after = run(0, poisoned(IMAGE, x.data.len()));
        let expected = Expected::untouched(after[1].len()).at(IMAGE, &y, of_y);
        report.compare(&format!("{shape:?}: y"), &after[1], &expected);

        let dx = nhwc(&pixel_norm_backward(&nchw(&x), &nchw(&dy))).data;
        let of_dx = |i: usize| {
            let first = i / channels * channels;
            let pixel = first..first + channels;
            let products: f64 = pixel.map(|i| (dy.data[i] * y[i]).abs()).sum::<f64>() / channels as f64;
            let r = (x.data[i] / y[i]).abs();
            let along = (y[i] * products).abs() / r;
            let whole = dy.data[i].abs() / r + along;
            // The mean of dy x, divided by r; y once more; the difference; the last division by r. Each r is off.
            of_root(3.0 * along)
                + Tolerance::summed(channels, along)
                + Tolerance::rounded(3.0 * DIVISION + 0.5, along)
                + of_root(whole)
                + Tolerance::rounded(0.5 + DIVISION, whole)
        };
        let after = run(1, filled(IMAGE, &dy.data));
        let expected = Expected::untouched(after[1].len()).at(IMAGE, &dx, of_dx);
        report.compare(&format!("{shape:?}: dx"), &after[1], &expected);
    }
    report
}
