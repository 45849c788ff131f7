//! The tests' own tests: the comparison at its limits, and kernels with planted errors, each of which the kernel's check
//! must report.

#[path = "kernels/mod.rs"]
mod checks;
#[path = "kernels/planted.rs"]
mod errors;
#[path = "support/parallel.rs"]
mod parallel;

use checks::compare::{Expected, POISON, Report, Tolerance};
use checks::device::{filled, planted, poisoned};
use errors::PLANTED;
use std::collections::BTreeSet;
use wn_gan::kernels;

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

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn every_planted_error_is_caught() {
    let seen = parallel::each(PLANTED, |(check, kernel, text, replacement)| {
        let kernel = planted(kernel, text, replacement);
        (kernel.name, !check(kernel).mismatches.is_empty())
    });
    let missed: Vec<&str> = seen.into_iter().filter(|(_, is_seen)| !is_seen).map(|(name, _)| name).collect();
    assert!(missed.is_empty(), "not noticed:\n{}", missed.join("\n"));
}

#[test]
fn every_kernel_has_a_planted_error() {
    let planted: BTreeSet<_> = PLANTED.iter().map(|(_, kernel, ..)| kernel.name).collect();
    assert_eq!(planted, kernels::ALL.iter().map(|kernel| kernel.name).collect());
}
