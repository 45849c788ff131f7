//! The kernel that measures the adapter's arithmetic.

use super::compare::{Expected, Report, Tolerance};
use super::device::{dispatch, poisoned};
use wn_gan::device::Dispatch;
use wn_gan::kernels::{FmaPeak, Kernel, Step};

/// Forty-eight chains x = a x + b per element. With a = 1/2, b = 1/4 and few rounds every number is a multiple of 2^-13
/// below 2^10, so nothing rounds.
pub fn fma_peak(kernel: &'static Kernel) -> Report {
    let mut report = Report::default();
    let (a, b) = (0.5, 0.25);
    for (count, rounds) in [(1, 0), (300, 1), (257, 7)] {
        let params = FmaPeak { count: count as u32, rounds, a, b };
        let call = Dispatch::new(kernel, "test").params(&params).elements(count);
        let after = dispatch(call, &Step::default(), &[poisoned(0, count)]);
        let chain = |start: f64| (0..rounds).fold(start, |x, _| f64::from(a) * x + f64::from(b));
        let of_element = |i: usize| (0..48).map(|k| chain(f64::from(k) / 4.0 + (i % 16) as f64 / 16.0)).sum::<f64>();
        let sums: Vec<f64> = (0..count).map(of_element).collect();
        let expected = Expected::untouched(after[0].len()).at(0, &sums, |_| Tolerance::exact());
        report.compare(&format!("{count} elements, {rounds} rounds"), &after[0], &expected);
    }
    report
}
