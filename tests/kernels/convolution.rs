//! Convolution, transposed convolution and their weight gradient, in every kernel variant
//! of the matrix product and every workgroup shape.

use super::activation::sigmoid_ulps;
use super::compare::{Expected, Report, Tolerance};
use super::device::{abs, dispatch, filled, nchw, nhwc, permuted, poisoned, random};
use wn_gan::device::Dispatch;
use wn_gan::kernels::{Geometry, Kernel, Step};
use wn_gan::nn::gemm::{self, WorkgroupTile};
use wn_gan::reference::Tensor;
use wn_gan::reference::geometry::Geometry as ReferenceGeometry;
use wn_gan::reference::layer::conv::{conv as conv_reference, conv_weight_gradient as conv_weight_gradient_reference};
use wn_gan::reference::layer::conv_transpose::conv_transpose as conv_transpose_reference;
use wn_gan::reference::layer::sigmoid::logistic;

/// Where the tensors begin in their buffers: at odd places, and at multiples of four, where vec4 can be read.
#[derive(Clone, Copy)]
struct Places {
    big: usize,
    small: usize,
    weight: usize,
}
const ODD: Places = Places { big: 11, small: 6, weight: 3 };
const ALIGNED: Places = Places { big: 12, small: 8, weight: 4 };
/// Where the biases and the pairs begin in the parameters, and where an activation's input begins.
const BIAS: usize = 13;
const PAIRS: usize = 1050;
const PRE: usize = 5;

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
    // Channels in fours: convolutions, a linear layer, one to a vec4 of columns; rows of 6 and 5 pixels.
    (3, [12, 10, 8], 36, [4, 4], 2, [1, 1]),
    (37, [1, 1, 72], 36, [1, 1], 1, [0, 0]),
    (2, [5, 6, 4], 4, [3, 3], 1, [1, 1]),
];

/// Sums of more than a thousand terms: over pixels, over channels on one side and on the other.
const DEEP_CASES: &[Case] = &[
    (17, [8, 8, 5], 3, [1, 1], 1, [0, 0]),
    (2, [1, 1, 1030], 5, [1, 1], 1, [0, 0]),
    (2, [1, 1, 5], 1030, [1, 1], 1, [0, 0]),
];

/// Epilogues, as numbered in shared/epilogue.wgsl.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Epilogue {
    Plain,
    Tprelu,
    Sigmoid,
    Gradient,
}

/// A case with its random tensors in the kernels' layouts.
struct Problem {
    name: String,
    reference: ReferenceGeometry,
    geometry: Geometry,
    big: Tensor,
    small: Tensor,
    weight: Tensor,
    bias: Tensor,
    places: Places,
}

impl Problem {
    fn new(&(batch, [height, width, big_c], small_c, kernel, stride, padding): &Case, big_to_small: bool) -> Problem {
        let places = if big_c % 4 == 0 && small_c % 4 == 0 { ALIGNED } else { ODD };
        let reference = ReferenceGeometry { kernel, stride: [stride; 2], padding };
        let [small_h, small_w] = reference.small([height, width]);
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
            big_offset: u(places.big),
            small_offset: u(places.small),
            weight_offset: u(places.weight),
            bias_offset: u(BIAS),
            pair_offset: u(PAIRS),
            pair_channels: 0, // see `Product::check_epilogues`
            pre_offset: u(PRE),
            ..Geometry::default()
        };
        Problem {
            name: format!("{batch}x[{height}, {width}, {big_c}] {small_c} {kernel:?} / {stride} + {padding:?}"),
            reference,
            geometry,
            big: random(&[batch, height, width, big_c], 1),
            small: random(&[batch, small_h, small_w, small_c], 2),
            weight: random(&[kernel[0], kernel[1], big_c, small_c], 3),
            bias: random(&[if big_to_small { small_c } else { big_c }], 4),
            places,
        }
    }

    /// [kernel_h, kernel_w, big, small] as PyTorch's [small, big, kernel_h, kernel_w], for both directions.
    fn torch(weight: &Tensor) -> Tensor {
        permuted(weight, [3, 2, 0, 1])
    }

    fn conv(&self, big: &Tensor, weight: &Tensor) -> Tensor {
        nhwc(&conv_reference(&nchw(big), &Self::torch(weight), &self.reference))
    }

    fn conv_transpose(&self, small: &Tensor, weight: &Tensor) -> Tensor {
        let large = [self.big.shape[1], self.big.shape[2]];
        nhwc(&conv_transpose_reference(&nchw(small), &Self::torch(weight), &self.reference, large))
    }

    fn weight_gradient(&self, big: &Tensor, small: &Tensor) -> Tensor {
        permuted(&conv_weight_gradient_reference(&nchw(big), &nchw(small), &self.reference), [2, 3, 1, 0])
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
    /// Output without bias, and the reference's answer to the absolute values.
    sum: Tensor,
    magnitude: Tensor,
    /// Products that meet in one output.
    terms: u32,
    /// Rows and columns of the matrix product, and how many of them there are.
    size: [u32; 3],
}

impl Product {
    /// Runs it with every tile, with and without vec4 where channels come in fours, and with every epilogue.
    fn check(&self, kernel: &'static Kernel, problem: &Problem, report: &mut Report) {
        let whole = problem.places.big == ALIGNED.big;
        let [m, n, batch] = self.size;
        for tile in workgroups(kernel) {
            let [x, y] = tile.workgroups(m, n);
            for vec4 in [[false; 2], [true; 2], [true, false]].into_iter().filter(|vec4| whole || !vec4[0]) {
                let call = Dispatch::new(kernel, "test").overrides(&tile.overrides).grid([x, y, batch]);
                let call = gemm::vec4_operands(call, vec4);
                let name = format!("{} {:?} {vec4:?}", problem.name, tile.overrides);
                self.check_epilogues(&call, &name, problem, report);
                if !report.mismatches.is_empty() {
                    return; // A pipeline takes long to build, and one wrong number is enough.
                }
            }
        }
    }

    fn check_epilogues(&self, call: &Dispatch, name: &str, problem: &Problem, report: &mut Report) {
        use Epilogue::{Gradient, Plain, Sigmoid, Tprelu};
        let channels = problem.bias.data.len();
        let len = self.sum.data.len();
        // A linear layer may lead to feature maps, whose channels share pairs.
        let is_linear = problem.geometry.big_h * problem.geometry.big_w == 1;
        let pixels =
            if is_linear { [2, 3, 5, 7].into_iter().find(|n| channels.is_multiple_of(*n)).unwrap_or(1) } else { 1 };
        let count = channels / pixels;
        let pairs: Vec<[f64; 2]> =
            random(&[count], 5).data.iter().zip(&random(&[count], 6).data).map(|(&a, s)| [a, s.abs()]).collect();
        assert!(BIAS + channels <= PAIRS, "biases end before the pairs begin");
        let mut params = poisoned(PAIRS, 2 * channels);
        let mut put = |at: usize, value: f64| params[at] = (value as f32).to_bits();
        problem.bias.data.iter().enumerate().for_each(|(c, &bias)| put(BIAS + c, bias));
        pairs.iter().flatten().enumerate().for_each(|(i, &value)| put(PAIRS + i, value));
        let pre_given = random(&[len], 7).data;
        for (epilogue, biased) in [(Plain, false), (Plain, true), (Tprelu, true), (Sigmoid, true), (Gradient, false)] {
            let overrides = [("EPILOGUE", epilogue as u32), ("BIASED", u32::from(biased))];
            let geometry =
                Geometry { output_offset: self.output as u32, pair_channels: count as u32, ..problem.geometry };
            let pre = if epilogue == Gradient { filled(PRE, &pre_given) } else { poisoned(PRE, len) };
            let contents = [
                self.input.clone(),
                filled(problem.places.weight, &problem.weight.data),
                params.clone(),
                pre.clone(),
                poisoned(self.output, len),
            ];
            let after = dispatch(call.clone().params(&geometry).overrides(&overrides), &Step::default(), &contents);

            let bias = |i: usize| if biased { problem.bias.data[i % channels] } else { 0.0 };
            let v: Vec<f64> = self.sum.data.iter().enumerate().map(|(i, sum)| sum + bias(i)).collect();
            let error = |i: usize| Tolerance::summed(self.terms as usize + 1, self.magnitude.data[i] + bias(i).abs());
            // Activations are continuous with slopes of at most 1 (the sigmoid's 1/4), so they pass an error on, and
            // round by themselves.
            let of = |i: usize| -> (f64, Tolerance) {
                let ([a, s], v) = (pairs[i % count], v[i]);
                let below = Tolerance::rounded(2.0, (s * v).abs() + ((1.0 - s) * a).abs());
                match epilogue {
                    Plain => (v, error(i)),
                    Tprelu => (if v > a { v } else { s * v + (1.0 - s) * a }, error(i) + below),
                    Sigmoid => (logistic(v), error(i) + Tolerance::rounded(sigmoid_ulps(v), logistic(v))),
                    Gradient => {
                        let y = if pre_given[i] > a { v } else { s * v };
                        (y, error(i) + Tolerance::rounded(0.5, y))
                    }
                }
            };
            let y: Vec<f64> = (0..len).map(|i| of(i).0).collect();
            let name = format!("{name} {epilogue:?} bias {biased}");
            let expected = Expected::untouched(after[4].len()).at(self.output, &y, |i| of(i).1);
            report.compare(&name, &after[4], &expected);
            if !report.mismatches.is_empty() {
                return;
            }
            if epilogue == Tprelu {
                let expected = Expected::untouched(after[3].len()).at(PRE, &v, error);
                report.compare(&format!("{name}: kept"), &after[3], &expected);
            } else {
                assert_eq!(after[3], pre, "{name} writes what it should only read");
            }
        }
    }
}

/// What workgroups of a kernel, which may have a planted error, compute.
fn workgroups(kernel: &Kernel) -> impl Iterator<Item = WorkgroupTile> {
    let name = kernel.name.split(" with ").next().unwrap_or_default().to_string();
    let all = [gemm::CONV, gemm::CONV_TRANSPOSE, gemm::CONV_WEIGHT_GRADIENT];
    all.into_iter().flat_map(|kernels| kernels.workgroups()).filter(move |tile| tile.kernel.name == name)
}

/// Convolution, linear layers among them.
pub fn conv(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for case in CASES.iter().chain(DEEP_CASES) {
        let problem = Problem::new(case, true);
        let Problem { geometry: g, big, weight, .. } = &problem;
        let product = Product {
            input: filled(problem.places.big, &big.data),
            output: problem.places.small,
            sum: problem.conv(big, weight),
            magnitude: problem.conv(&abs(big), &abs(weight)),
            terms: g.kernel_h * g.kernel_w * g.big_c,
            size: [g.batch * g.small_h * g.small_w, g.small_c, 1],
        };
        product.check(kernel, &problem, &mut report);
        if !report.mismatches.is_empty() {
            break;
        }
    }
    report
}

/// Transposed convolution, which is also the data gradient of convolutions and linear layers.
pub fn conv_transpose(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    for case in CASES.iter().chain(DEEP_CASES) {
        let problem = Problem::new(case, false);
        let Problem { geometry: g, small, weight, .. } = &problem;
        let rows_of_phase = g.big_h.div_ceil(g.stride) * g.big_w.div_ceil(g.stride);
        let product = Product {
            input: filled(problem.places.small, &small.data),
            output: problem.places.big,
            sum: problem.conv_transpose(small, weight),
            magnitude: problem.conv_transpose(&abs(small), &abs(weight)),
            terms: g.kernel_h.div_ceil(g.stride) * g.kernel_w.div_ceil(g.stride) * g.small_c,
            size: [g.batch * rows_of_phase, g.big_c, g.stride * g.stride],
        };
        product.check(kernel, &problem, &mut report);
        if !report.mismatches.is_empty() {
            break;
        }
    }
    report
}

/// The weight gradient in one part and cut into up to three, with and without a factor for every image.
pub fn conv_weight_gradient(kernel: &'static Kernel) -> Report {
    weight_gradients(kernel, CASES.iter().chain(DEEP_CASES))
}

/// The long sums alone: the bound grows with the root of their length, and must still see what operands lose.
pub fn deep_weight_gradient(kernel: &'static Kernel) -> Report {
    weight_gradients(kernel, &DEEP_CASES[..1])
}

fn weight_gradients<'a>(kernel: &'static Kernel, cases: impl IntoIterator<Item = &'a Case>) -> Report {
    let mut report = Report::default();
    for case in cases {
        let problem = Problem::new(case, true);
        let Problem { geometry: g, big, small, places, .. } = &problem;
        let rows = (g.batch * g.small_h) as usize;
        let factors = random(&[g.batch as usize], 8).data;
        let pixels = (g.small_h * g.small_w) as usize;
        for (split, scaled) in [(rows, false), (rows.div_ceil(3), true)] {
            let (mut sums, mut magnitudes) = (Vec::new(), Vec::new());
            for begin in (0..rows).step_by(split) {
                let mut part = problem.rows_of_small(begin, begin + split);
                if scaled {
                    let per_image = pixels * g.small_c as usize;
                    part.data.iter_mut().enumerate().for_each(|(i, value)| *value *= factors[i / per_image]);
                }
                sums.extend(problem.weight_gradient(big, &part).data);
                magnitudes.extend(problem.weight_gradient(&abs(big), &abs(&part)).data);
            }
            let parts = rows.div_ceil(split) as u32;
            let terms = split * g.small_w as usize;
            for tile in workgroups(kernel) {
                let whole = places.big == ALIGNED.big;
                for vec4 in [[false; 2], [true; 2]].into_iter().filter(|vec4| whole || !vec4[0]) {
                    let [x, y] = tile.workgroups(g.kernel_h * g.kernel_w * g.big_c, g.small_c);
                    let scaled_by = if scaled { pixels as u32 } else { 0 };
                    let geometry =
                        Geometry { split: split as u32, output_offset: places.weight as u32, scaled_by, ..*g };
                    let call = Dispatch::new(kernel, "test").params(&geometry).grid([x, y, parts]);
                    let contents = [
                        filled(places.big, &big.data),
                        filled(places.small, &small.data),
                        filled(0, &factors),
                        poisoned(places.weight, sums.len()),
                    ];
                    let call = gemm::vec4_operands(call.overrides(&tile.overrides), vec4);
                    let after = dispatch(call, &Step::default(), &contents);
                    // Besides the sum's own rounding that of each product with a factor.
                    let tolerance =
                        |i: usize| Tolerance::summed(terms, magnitudes[i]) + Tolerance::rounded(0.5, magnitudes[i]);
                    let expected = Expected::untouched(after[3].len()).at(places.weight, &sums, tolerance);
                    let name = format!("{} {parts} parts {:?} {vec4:?}", problem.name, tile.overrides);
                    report.compare(&name, &after[3], &expected);
                    if !report.mismatches.is_empty() {
                        return report;
                    }
                }
            }
        }
        if !report.mismatches.is_empty() {
            break;
        }
    }
    report
}
