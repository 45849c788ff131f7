//! Convolution, transposed convolution and their weight gradient, with both bodies
//! of the matrix product and every workgroup shape.

use super::compare::{Expected, Report, Tolerance};
use super::device::{abs, dispatch, filled, nchw, nhwc, permuted, poisoned, random};
use wn_gan::gpu::Call;
use wn_gan::kernels::{Geometry, Kernel, NO_BIAS, Step};
use wn_gan::nn::convolution::Body;
use wn_gan::reference::Tensor;
use wn_gan::reference::conv::{Geometry as Twin, conv as conv_twin};
use wn_gan::reference::conv_transpose::conv_transpose as conv_transpose_twin;
use wn_gan::reference::conv_weight_gradient::conv_weight_gradient as conv_weight_gradient_twin;

/// Where the tensors begin in their buffers.
const BIG: usize = 11;
const SMALL: usize = 6;
const WEIGHT: usize = 3;
const BIAS: usize = 13;

/// Batch; big height, width, channels; small channels; kernel; stride; padding.
type Case = (usize, [usize; 3], usize, [usize; 2], usize, [usize; 2]);

/// A check ends with the first case that fails: its mismatches say enough.
const CASES: &[Case] = &[
    // The paper's geometry, even and odd images.
    (4, [8, 8, 33], 3, [4, 4], 2, [1, 1]),
    (2, [9, 7, 3], 17, [4, 4], 2, [1, 1]),
    (1, [6, 10, 1], 5, [4, 4], 2, [2, 2]),
    // Linear layers: to many values, to one logit, from one value.
    (5, [1, 1, 70], 33, [1, 1], 1, [0, 0]),
    (3, [1, 1, 33], 1, [1, 1], 1, [0, 0]),
    (17, [1, 1, 1], 70, [1, 1], 1, [0, 0]),
    // A kernel that covers the whole image.
    (5, [4, 5, 5], 17, [4, 5], 1, [0, 0]),
    // Stride 1 and kernels with two different sides and paddings.
    (1, [7, 5, 17], 33, [3, 5], 1, [1, 2]),
    (3, [5, 6, 5], 3, [4, 1], 1, [2, 0]),
    // A residual block's convolutions: the shortcut sees one pixel, the stride-2 residue is padded by one more.
    (3, [5, 7, 33], 17, [1, 1], 1, [0, 0]),
    (2, [7, 9, 33], 33, [3, 3], 1, [1, 1]),
    (2, [10, 6, 17], 5, [4, 4], 2, [2, 1]),
    // Stride 3: the last two of 11 rows meet no kernel position. Kernels shorter than the stride leave phases without a
    // tap.
    (2, [11, 8, 5], 5, [3, 3], 3, [0, 1]),
    (3, [10, 7, 3], 17, [2, 2], 3, [1, 1]),
    (2, [5, 5, 5], 17, [1, 1], 2, [0, 0]),
    // An image with fewer rows than the stride has phases without a row.
    (3, [1, 5, 3], 5, [1, 3], 2, [0, 1]),
    // Several workgroups along rows, columns and depth.
    (2, [12, 11, 17], 70, [3, 3], 1, [1, 1]),
];

/// A case with its random tensors in the kernels' layouts.
struct Problem {
    name: String,
    twin: Twin,
    geometry: Geometry,
    big: Tensor,
    small: Tensor,
    weight: Tensor,
    bias: Tensor,
}

impl Problem {
    fn new(&(batch, [height, width, big_c], small_c, kernel, stride, padding): &Case, big_to_small: bool) -> Problem {
        let twin = Twin { kernel, stride: [stride; 2], padding };
        let [small_h, small_w] = twin.small([height, width]);
        let u = |value: usize| value as u32;
        let geometry = Geometry {
            batch: u(batch),
            big_h: u(height),
            big_w: u(width),
            big_c: u(big_c),
            small_h: u(small_h),
            small_w: u(small_w),
            small_c: u(small_c),
            kernel_h: u(kernel[0]),
            kernel_w: u(kernel[1]),
            stride: u(stride),
            pad_h: u(padding[0]),
            pad_w: u(padding[1]),
            big_offset: u(BIG),
            small_offset: u(SMALL),
            weight_offset: u(WEIGHT),
            bias_offset: NO_BIAS,
            split: 0,
        };
        Problem {
            name: format!("{batch}x[{height}, {width}, {big_c}] {small_c} {kernel:?} / {stride} + {padding:?}"),
            twin,
            geometry,
            big: random(&[batch, height, width, big_c], 1),
            small: random(&[batch, small_h, small_w, small_c], 2),
            weight: random(&[kernel[0], kernel[1], big_c, small_c], 3),
            bias: random(&[if big_to_small { small_c } else { big_c }], 4),
        }
    }

    /// [kernel_h, kernel_w, big, small] as PyTorch's [small, big, kernel_h, kernel_w], for both directions.
    fn torch(weight: &Tensor) -> Tensor {
        permuted(weight, [3, 2, 0, 1])
    }

    fn conv(&self, big: &Tensor, weight: &Tensor) -> Tensor {
        nhwc(&conv_twin(&nchw(big), &Self::torch(weight), &self.twin))
    }

    fn conv_transpose(&self, small: &Tensor, weight: &Tensor) -> Tensor {
        let large = [self.big.shape[1], self.big.shape[2]];
        nhwc(&conv_transpose_twin(&nchw(small), &Self::torch(weight), &self.twin, large))
    }

    fn weight_gradient(&self, big: &Tensor, small: &Tensor) -> Tensor {
        permuted(&conv_weight_gradient_twin(&nchw(big), &nchw(small), &self.twin), [2, 3, 1, 0])
    }

    /// `small` with only the rows `begin..end` of all images' rows, zero elsewhere.
    fn rows_of_small(&self, begin: usize, end: usize) -> Tensor {
        let mut part = self.small.clone();
        let row = part.shape[2] * part.shape[3];
        for (i, value) in part.data.iter_mut().enumerate() {
            if !(begin..end).contains(&(i / row)) {
                *value = 0.0;
            }
        }
        part
    }
}

/// One of the two directions between the images.
struct Product {
    /// The input's buffer, and where the output begins in its own.
    input: Vec<u32>,
    output: usize,
    /// Output without bias, and the twin's answer to the absolute values.
    sum: Tensor,
    magnitude: Tensor,
    /// Products that meet in one output.
    terms: u32,
    /// Rows and columns of the matrix product, and how many of them there are.
    size: [u32; 3],
}

impl Product {
    /// Runs it with every workgroup shape, without and with a bias.
    fn check(&self, body: Body, kernel: &'static Kernel, problem: &Problem, report: &mut Report) {
        let Product { sum, magnitude, size: [m, n, layers], .. } = self;
        for &tile in body.tiles() {
            for (bias_offset, share) in [(NO_BIAS, 0.0), (BIAS as u32, 1.0)] {
                let geometry = Geometry { bias_offset, ..problem.geometry };
                let [x, y] = body.groups(tile, *m, *n);
                let call = Call::new(kernel, "test").params(&geometry).tile(tile).grid([x, y, *layers]);
                let output = poisoned(self.output, sum.data.len());
                let weight = filled(WEIGHT, &problem.weight.data);
                let bias = filled(BIAS, &problem.bias.data);
                let after = dispatch(call, &Step::default(), &[self.input.clone(), weight, bias, output]);

                let bias_of = |i: usize| share * problem.bias.data[i % problem.bias.data.len()];
                let values: Vec<f64> = sum.data.iter().enumerate().map(|(i, value)| value + bias_of(i)).collect();
                let terms = self.terms as usize + 1;
                let tolerance = |i: usize| Tolerance::summed(terms, magnitude.data[i] + bias_of(i).abs());
                let expected = Expected::untouched(after[3].len()).at(self.output, &values, tolerance);
                report.compare(&format!("{} bias {share} {tile:?}", problem.name), &after[3], &expected);
            }
        }
    }
}

/// Convolution, linear layers among them.
fn check_conv(body: Body, kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for case in CASES {
        let problem = Problem::new(case, true);
        let Problem { geometry: g, big, weight, .. } = &problem;
        let product = Product {
            input: filled(BIG, &big.data),
            output: SMALL,
            sum: problem.conv(big, weight),
            magnitude: problem.conv(&abs(big), &abs(weight)),
            terms: g.kernel_h * g.kernel_w * g.big_c,
            size: [g.batch * g.small_h * g.small_w, g.small_c, 1],
        };
        product.check(body, kernel, &problem, &mut report);
        if !report.mismatches.is_empty() {
            break;
        }
    }
    report
}

/// Transposed convolution, which is also the data gradient of convolutions and linear layers.
fn check_conv_transpose(body: Body, kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for case in CASES {
        let problem = Problem::new(case, false);
        let Problem { geometry: g, small, weight, .. } = &problem;
        let rows_of_phase = g.big_h.div_ceil(g.stride) * g.big_w.div_ceil(g.stride);
        let product = Product {
            input: filled(SMALL, &small.data),
            output: BIG,
            sum: problem.conv_transpose(small, weight),
            magnitude: problem.conv_transpose(&abs(small), &abs(weight)),
            terms: g.kernel_h.div_ceil(g.stride) * g.kernel_w.div_ceil(g.stride) * g.small_c,
            size: [g.batch * rows_of_phase, g.big_c, g.stride * g.stride],
        };
        product.check(body, kernel, &problem, &mut report);
        if !report.mismatches.is_empty() {
            break;
        }
    }
    report
}

/// The weight gradient in one part and cut into up to three.
fn check_weight_gradient(body: Body, kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for case in CASES {
        let problem = Problem::new(case, true);
        let Problem { geometry: g, big, small, .. } = &problem;
        let rows = (g.batch * g.small_h) as usize;
        for split in [rows, rows.div_ceil(3)] {
            let (mut sums, mut magnitudes) = (Vec::new(), Vec::new());
            for begin in (0..rows).step_by(split) {
                let part = problem.rows_of_small(begin, begin + split);
                sums.extend(problem.weight_gradient(big, &part).data);
                magnitudes.extend(problem.weight_gradient(&abs(big), &abs(&part)).data);
            }
            let parts = rows.div_ceil(split) as u32;
            let terms = split * g.small_w as usize;
            for &tile in body.tiles() {
                let [x, y] = body.groups(tile, g.kernel_h * g.kernel_w * g.big_c, g.small_c);
                let geometry = Geometry { split: split as u32, ..*g };
                let call = Call::new(kernel, "test").params(&geometry).tile(tile).grid([x, y, parts]);
                let output = poisoned(WEIGHT, sums.len());
                let contents = [filled(BIG, &big.data), filled(SMALL, &small.data), output];
                let after = dispatch(call, &Step::default(), &contents);
                let tolerance = |i: usize| Tolerance::summed(terms, magnitudes[i]);
                let expected = Expected::untouched(after[2].len()).at(WEIGHT, &sums, tolerance);
                report.compare(&format!("{} {parts} parts {tile:?}", problem.name), &after[2], &expected);
            }
        }
        if !report.mismatches.is_empty() {
            break;
        }
    }
    report
}

/// Convolution through workgroup memory.
pub fn conv(kernel: &'static Kernel) -> Report {
    check_conv(Body::Tile, kernel)
}

/// Convolution in registers.
pub fn conv_direct(kernel: &'static Kernel) -> Report {
    check_conv(Body::Direct, kernel)
}

/// Transposed convolution through workgroup memory.
pub fn conv_transpose(kernel: &'static Kernel) -> Report {
    check_conv_transpose(Body::Tile, kernel)
}

/// Transposed convolution in registers.
pub fn conv_transpose_direct(kernel: &'static Kernel) -> Report {
    check_conv_transpose(Body::Direct, kernel)
}

/// The weight gradient through workgroup memory.
pub fn conv_weight_gradient(kernel: &'static Kernel) -> Report {
    check_weight_gradient(Body::Tile, kernel)
}

/// The weight gradient in registers.
pub fn conv_weight_gradient_direct(kernel: &'static Kernel) -> Report {
    check_weight_gradient(Body::Direct, kernel)
}
