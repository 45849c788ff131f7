//! Average pooling, upsampling, and the two elementwise kernels without parameters.

use super::compare::{Expected, Report, Tolerance};
use super::device::{abs, dispatch, filled, nchw, nhwc, poisoned, random};
use wn_gan::device::Dispatch;
use wn_gan::kernels::{Add, Kernel, Pooling, Rescale, Step};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::average_pool::average_pool as average_pool_reference;
use wn_gan::reference::layer::upsample::upsample as upsample_reference;

/// Where the images begin in their buffers.
const BIG: usize = 8;
const SMALL: usize = 3;

/// Batch, big height and width, channels, padding.
const CASES: [(usize, [usize; 2], usize, [usize; 2]); 6] = [
    (1, [2, 2], 1, [0, 0]),
    (3, [6, 10], 17, [1, 1]),
    (2, [4, 6], 33, [0, 1]),
    (5, [10, 2], 3, [1, 0]),
    (2, [16, 12], 17, [0, 0]),
    (1, [2, 2], 33, [1, 1]),
];

/// Average pooling divides by four; the gradient of upsampling does not.
const FACTORS: [f32; 2] = [0.25, 1.0];

struct Problem {
    name: String,
    params: Pooling,
    padding: [usize; 2],
    /// Images [B, C, H, W].
    big: Tensor,
    small: Tensor,
}

fn problems() -> Vec<Problem> {
    let mut problems = Vec::new();
    for (batch, [height, width], channels, padding) in CASES {
        for factor in FACTORS {
            let [small_h, small_w] = [height / 2 + padding[0], width / 2 + padding[1]];
            problems.push(Problem {
                name: format!("{batch}x[{height}, {width}, {channels}] + {padding:?} times {factor}"),
                params: Pooling {
                    count: 0, // of the output: one or the other
                    batch: batch as u32,
                    big_h: height as u32,
                    big_w: width as u32,
                    small_h: small_h as u32,
                    small_w: small_w as u32,
                    channels: channels as u32,
                    pad_h: padding[0] as u32,
                    pad_w: padding[1] as u32,
                    big_offset: BIG as u32,
                    small_offset: SMALL as u32,
                    factor,
                },
                padding,
                big: nchw(&random(&[batch, height, width, channels], 1)),
                small: nchw(&random(&[batch, small_h, small_w, channels], 2)),
            });
        }
    }
    problems
}

/// small = factor * sum of big.
pub fn average_pool(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for Problem { name, params, padding, big, small } in problems() {
        let contents = [filled(BIG, &nhwc(&big).data), poisoned(SMALL, small.data.len())];
        let params = Pooling { count: small.data.len() as u32, ..params };
        let call = Dispatch::new(kernel, "test").params(&params).elements(small.data.len());
        let after = dispatch(call, &Step::default(), &contents);
        let of =
            |big: &Tensor| nhwc(&average_pool_reference(big, padding)).map(|v| 4.0 * f64::from(params.factor) * v).data;
        let (y, size) = (of(&big), of(&abs(&big)));
        // Three sums; the factor is a power of two.
        let expected = Expected::untouched(after[1].len()).at(SMALL, &y, |i| Tolerance::rounded(1.5, size[i]));
        report.compare(&name, &after[1], &expected);
    }
    report
}

/// big = factor * small.
pub fn upsample(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for Problem { name, params, padding, big, small } in problems() {
        let contents = [filled(SMALL, &nhwc(&small).data), poisoned(BIG, big.data.len())];
        let params = Pooling { count: big.data.len() as u32, ..params };
        let call = Dispatch::new(kernel, "test").params(&params).elements(big.data.len());
        let after = dispatch(call, &Step::default(), &contents);
        let y = nhwc(&upsample_reference(&small, padding)).map(|v| f64::from(params.factor) * v).data;
        let expected = Expected::untouched(after[1].len()).at(BIG, &y, |_| Tolerance::exact());
        report.compare(&name, &after[1], &expected);
    }
    report
}

/// y = scale * x + shift.
pub fn rescale(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (count, scale, shift) in [(1, 2.0, -1.0), (300, 2.0, -1.0), (257, 2.0, 0.0), (515, -0.75, 0.3)] {
        let x = random(&[count], 1).data;
        let params = Rescale { count: count as u32, x_offset: 9, y_offset: 4, scale, shift };
        let call = Dispatch::new(kernel, "test").params(&params).elements(count);
        let after = dispatch(call, &Step::default(), &[filled(9, &x), poisoned(4, count)]);
        let products: Vec<f64> = x.iter().map(|x| f64::from(scale) * x).collect();
        let y: Vec<f64> = products.iter().map(|product| product + f64::from(shift)).collect();
        let tolerance = |i: usize| Tolerance::rounded(0.5, products[i]) + Tolerance::rounded(0.5, y[i]);
        let expected = Expected::untouched(after[1].len()).at(4, &y, tolerance);
        report.compare(&format!("{count} values times {scale} plus {shift}"), &after[1], &expected);
    }
    report
}

/// y = y + x.
pub fn add(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for (count, offset) in [(1, 0), (255, 3), (769, 10)] {
        let (x, y) = (random(&[count], 1).data, random(&[count], 2).data);
        let params = Add { count: count as u32, offset: offset as u32 };
        let call = Dispatch::new(kernel, "test").params(&params).elements(count);
        let after = dispatch(call, &Step::default(), &[filled(offset, &x), filled(offset, &y)]);
        let sums: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x + y).collect();
        let expected = Expected::untouched(after[1].len()).at(offset, &sums, |i| Tolerance::rounded(0.5, sums[i]));
        report.compare(&format!("{count} values"), &after[1], &expected);
    }
    report
}
