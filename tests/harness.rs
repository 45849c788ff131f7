//! The tests' own tests: the comparison at its limits, and kernels with planted errors, each of which the kernel's check
//! must report.

#[path = "kernels/mod.rs"]
mod checks;

use checks::compare::{Expected, POISON, Report, Tolerance};
use checks::device::{filled, planted, poisoned};
use checks::{activation, convolution, data, sums, training, weight_norm};
use std::collections::BTreeSet;
use wn_gan::kernels::{self, Kernel};

/// Wrong elements of a buffer that holds `found` where `expected` should be.
fn wrong(found: &[f32], expected: &[f64], tolerance: Tolerance) -> Vec<usize> {
    let bits: Vec<u32> = found.iter().map(|value| value.to_bits()).collect();
    let mut report = Report::default();
    report.compare("planted", &bits, &Expected::untouched(bits.len()).at(0, expected, |_| tolerance));
    assert_eq!(report.compared, found.len());
    report.mismatches.iter().map(|mismatch| mismatch.index).collect()
}

#[test]
fn a_bound_holds_at_its_limit_and_not_a_step_above() {
    let (expected, smallest) = (1.0, f64::from(f32::MIN_POSITIVE));
    // Four neighbours of 1 upwards, 2^-23 apart: two ulps allow two.
    let up: Vec<f32> = (0..4).map(|steps| 1.0 + steps as f32 * f32::EPSILON).collect();
    assert_eq!(wrong(&up, &[expected; 4], Tolerance::rounded(2.0, 1.0)), [3]);
    assert_eq!(wrong(&up, &[expected; 4], Tolerance::exact()), [1, 2, 3]);
    // 4 sqrt(16) 2^-24 of 1 are eight steps.
    let up: Vec<f32> = [8, 9].map(|steps| 1.0 + steps as f32 * f32::EPSILON).to_vec();
    assert_eq!(wrong(&up, &[expected; 2], Tolerance::summed(16, 1.0)), [1]);
    assert_eq!(wrong(&up, &[expected; 2], Tolerance::summed(16, 0.5) + Tolerance::rounded(4.0, 1.0)), [1]);
    // With nothing to round, only what may be flushed to zero.
    assert_eq!(Tolerance::summed(1000, 0.0), Tolerance::Within(smallest));
    assert_eq!(wrong(&[f32::MIN_POSITIVE, 2.0 * f32::MIN_POSITIVE], &[0.0; 2], Tolerance::summed(9, 0.0)), [1]);
    assert_eq!(Tolerance::exact() + Tolerance::rounded(1.0, 1.0), Tolerance::rounded(1.0, 1.0));
}

#[test]
fn exact_means_every_bit() {
    assert_eq!(wrong(&[0.0, -0.0, 1.0, 1.0f32.next_up()], &[0.0, 0.0, 1.0, 1.0], Tolerance::exact()), [1, 3]);
    // A number that f32 does not have cannot be met.
    assert_eq!(wrong(&[0.1], &[0.1], Tolerance::exact()), [0]);
}

#[test]
fn nan_is_near_nothing_and_infinity_only_itself() {
    let huge = Tolerance::Within(f64::INFINITY);
    assert_eq!(wrong(&[f32::NAN, 1.0, f32::NAN], &[1.0, f64::NAN, f64::NAN], huge), [0, 1, 2]);
    let (up, down) = (f32::INFINITY, f32::NEG_INFINITY);
    let expected = [f64::INFINITY, f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY];
    assert_eq!(wrong(&[up, down, f32::MAX, down], &expected, huge), [1, 2]);
    assert_eq!(wrong(&[up], &[f64::from(f32::MAX)], Tolerance::rounded(1e6, 1.0)), [0]);
}

#[test]
fn every_element_of_the_output_and_none_beside_it_must_be_written() {
    let expected = |len: usize| Expected::untouched(len).at(2, &[1.0, 2.0], |_| Tolerance::exact());
    let wrong = |words: &[u32]| {
        let mut report = Report::default();
        report.compare("planted", words, &expected(words.len()));
        report.mismatches.iter().map(|mismatch| mismatch.index).collect::<Vec<_>>()
    };
    let right = filled(2, &[1.0, 2.0]);
    assert_eq!(wrong(&right), [0usize; 0]);
    assert_eq!(wrong(&poisoned(2, 2)), [2, 3], "an output that nobody wrote");
    for beside in [0, 1, 4, right.len() - 1] {
        let mut words = right.clone();
        words[beside] = f32::NAN.to_bits();
        assert_eq!(wrong(&words), [beside], "even another NaN than the poison is a write");
    }
    assert!(f32::from_bits(POISON).is_nan());
}

#[test]
#[should_panic(expected = "differ in length")]
fn a_buffer_of_another_length_is_refused() {
    Report::default().compare("planted", &[0; 3], &Expected::untouched(4));
}

#[test]
#[should_panic(expected = "nothing was compared")]
fn a_check_that_compares_nothing_fails() {
    Report::default().none();
}

#[test]
#[should_panic(expected = "12 of 12 elements are wrong")]
fn a_report_with_mismatches_fails() {
    let mut report = Report::default();
    report.compare("planted", &[0; 12], &Expected::untouched(12));
    report.none();
}

type Check = fn(&'static Kernel) -> Report;

/// (check, kernel, text of the shader, text that replaces it).
const PLANTED: &[(Check, &Kernel, &str, &str)] = &[
    // A wrong sign, a dropped bias, an element never written, a wrong offset, pixels and depths outside.
    (convolution::conv, &kernels::CONV, "r1 += a.y * b", "r1 -= a.y * b"),
    (convolution::conv, &kernels::CONV, "value.x + bias_of(n)", "value.x"),
    (convolution::conv, &kernels::CONV, "if (n + 1u < g.small_c) { small[at + 1u] = value.y + bias_of(n + 1u); }", ""),
    (convolution::conv, &kernels::CONV, "g.small_offset + m", "g.small_offset + 1u + m"),
    (convolution::conv, &kernels::CONV, "y < 0 || y >= i32(g.big_h)", "y < 0"),
    (convolution::conv, &kernels::CONV, "if (j < length) {", "if (true) {"),
    (convolution::conv_direct, &kernels::CONV_DIRECT, "-row.z * c, (i32", "0, (i32"),
    (convolution::conv_direct, &kernels::CONV_DIRECT, "store(m + 5u, n4 + 1u, right5);", ""),
    // A wrong phase, taps of another phase, pixels outside, phases without a pixel.
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE, "(y + g.pad_h) % g.stride", "y % g.stride"),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE, "g.stride * (tap % phase.taps_w)", "(tap % phase.taps_w)"),
    (convolution::conv_transpose, &kernels::CONV_TRANSPOSE, "here.rows * here.columns == 0u", "false"),
    (convolution::conv_transpose_direct, &kernels::CONV_TRANSPOSE_DIRECT, "row.y - i32(tap", "row.y + i32(tap"),
    // Missing strides, swapped sides, a row of pixels that two parts count.
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT,
        "(s % g.small_h) * g.stride",
        "(s % g.small_h)",
    ),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT,
        "i32(tap % g.kernel_w)",
        "i32(tap / g.kernel_w)",
    ),
    (
        convolution::conv_weight_gradient,
        &kernels::CONV_WEIGHT_GRADIENT,
        "min(first + g.split,",
        "min(first + g.split + 1u,",
    ),
    (convolution::conv_weight_gradient_direct, &kernels::CONV_WEIGHT_GRADIENT_DIRECT, "g.stride * g.big_c", "g.big_c"),
    (
        convolution::conv_weight_gradient_direct,
        &kernels::CONV_WEIGHT_GRADIENT_DIRECT,
        "left1 += a1 * left",
        "left1 += a0 * left",
    ),
    (sums::reduce_partials, &kernels::REDUCE_PARTIALS, "var part = 0u", "var part = 1u"),
    (sums::column_sum, &kernels::COLUMN_SUM, "row += 16u", "row += 17u"),
    (sums::column_sum, &kernels::COLUMN_SUM, "lanes[lane] += lanes[lane + stride];", "lanes[lane] += lanes[lane];"),
    (activation::tprelu, &kernels::TPRELU, "(1.0 - s) * a", "s * a"),
    (activation::tprelu, &kernels::TPRELU, "2u * (i % p.channels)", "(i % p.channels)"),
    // The kink on the wrong side.
    (activation::tprelu_backward, &kernels::TPRELU_BACKWARD, "value <= a", "value < a"),
    (activation::tprelu_backward, &kernels::TPRELU_BACKWARD, "value - a", "value"),
    (activation::tprelu_backward, &kernels::TPRELU_BACKWARD, "p.learn_slope != 0u", "true"),
    (activation::sigmoid, &kernels::SIGMOID, "exp(-abs(value))", "exp(-value)"),
    (activation::sigmoid_backward, &kernels::SIGMOID_BACKWARD, "(1.0 - value)", "value"),
    // Missing factor and eps, gains of the wrong channel.
    (weight_norm::weight_norm, &kernels::WEIGHT_NORM, "block.factor * squares", "squares"),
    (weight_norm::weight_norm, &kernels::WEIGHT_NORM, " + NORM_EPS", ""),
    (weight_norm::weight_norm, &kernels::WEIGHT_NORM, "params[block.gain_offset + c]", "params[block.gain_offset]"),
    (weight_norm::weight_norm_backward, &kernels::WEIGHT_NORM_BACKWARD, "block.factor * projection", "projection"),
    (weight_norm::weight_norm_backward, &kernels::WEIGHT_NORM_BACKWARD, "gain / n * (", "1.0 / n * ("),
    (weight_norm::weight_norm_backward, &kernels::WEIGHT_NORM_BACKWARD, "= projection;", "= inner_product;"),
    // eps inside the root, no projection, projection of thresholds.
    (training::rmsprop, &kernels::RMSPROP, "sqrt(m) + p.eps", "sqrt(m + p.eps)"),
    (training::rmsprop, &kernels::RMSPROP, "clamp(value, 0.0, 1.0)", "value"),
    (training::rmsprop, &kernels::RMSPROP, "% 2u == 1u", "% 2u == 0u"),
    // A saturating loss, swapped labels, an overflowing exponential, another network's column.
    (training::gan_loss, &kernels::GAN_LOSS, "is_real || p.generator == 1u", "is_real"),
    (training::gan_loss, &kernels::GAN_LOSS, "select(0.0, 1.0, is_real", "select(1.0, 0.0, is_real"),
    (training::gan_loss, &kernels::GAN_LOSS, "exp(-abs(logit))", "exp(-logit)"),
    (training::gan_loss, &kernels::GAN_LOSS, "metrics[at + 3u]", "metrics[at + 2u]"),
    (training::gan_loss, &kernels::GAN_LOSS, "row += 256u", "row += 512u"),
    // Swapped operands, a gradient for images that only fill the batch up.
    (training::mse, &kernels::MSE, "y[at] - wanted[at]", "wanted[at] - y[at]"),
    (training::mse, &kernels::MSE, "group.x < now.rows", "true"),
    // The same order in every epoch, held-out images among training images, an image too far.
    (data::gather_batch, &kernels::GATHER_BATCH, "position / p.count, now.seed", "0u, now.seed"),
    (data::gather_batch, &kernels::GATHER_BATCH, "image = p.first + shuffled", "image = shuffled"),
    (data::gather_batch, &kernels::GATHER_BATCH, "p.first + p.count - 1u", "p.first + p.count"),
    // The same latent codes for both networks and in every step, dependent pairs.
    (data::latent, &kernels::LATENT, "now.step, p.stream", "now.step, 0u"),
    (data::latent, &kernels::LATENT, "now.step, p.stream", "0u, p.stream"),
    (data::latent, &kernels::LATENT, "normal_pair(words.z, words.w)", "normal_pair(words.y, words.x)"),
    // Truncation, swapped colours, tiles beside each other in the wrong order.
    (data::sample_sheet, &kernels::SAMPLE_SHEET, "* 255.0 + 0.5", "* 255.0"),
    (data::sample_sheet, &kernels::SAMPLE_SHEET, "(green << 8u) | (blue << 16u)", "(blue << 8u) | (green << 16u)"),
    (data::sample_sheet, &kernels::SAMPLE_SHEET, "image >= p.images", "image > p.images"),
];

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn every_planted_error_is_caught() {
    let missed: Vec<&str> = PLANTED
        .iter()
        .map(|(check, kernel, text, replacement)| (check, planted(kernel, text, replacement)))
        .filter(|(check, kernel)| check(kernel).mismatches.is_empty())
        .map(|(_, kernel)| kernel.name)
        .collect();
    assert!(missed.is_empty(), "not noticed:\n{}", missed.join("\n"));
}

#[test]
fn every_kernel_has_a_planted_error() {
    let planted: BTreeSet<_> = PLANTED.iter().map(|(_, kernel, ..)| kernel.name).collect();
    assert_eq!(planted, kernels::ALL.iter().map(|kernel| kernel.name).collect());
}
