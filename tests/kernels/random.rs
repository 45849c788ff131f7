//! The device's random numbers: the integers bit by bit, the normal numbers as a distribution.

use crate::checks::device::{dispatch, planted, poisoned};
use wn_gan::device::Dispatch;
use wn_gan::kernels::{Kernel, LATENT, Latent, Step};
use wn_gan::rng::{self, Stream};

/// The first `count` latent codes, or what `kernel` writes instead of them.
fn latent(kernel: &'static Kernel, count: usize, step: u32, seed: u32) -> Vec<f32> {
    let params = Latent { count: count.div_ceil(4) as u32, length: count as u32, first_stream: Stream::LatentG as u32 };
    let call = Dispatch::new(kernel, "test").params(&params).elements(count.div_ceil(4));
    let after = dispatch(call, &Step { draw: step, seed, ..Step::default() }, &[poisoned(0, count)]);
    after[0][..count].iter().map(|&bits| f32::from_bits(bits)).collect()
}

/// Halves of the random words are written in place of the latent codes: 16 bits are exact in f32.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn random_words_are_those_of_the_cpu_bit_by_bit() {
    let halves = [("words.x >> 16u", "words.y >> 16u"), ("words.x & 0xffffu", "words.y & 0xffffu")].map(|(x, y)| {
        let pair = |x: &str, y: &str| format!("vec2<f32>(f32({x}), f32({y}))");
        let first = planted(&LATENT, "normal_pair(words.x, words.y)", &pair(x, y));
        let (z, w) = (x.replace(".x", ".z"), y.replace(".y", ".w"));
        planted(first, "normal_pair(words.z, words.w)", &pair(&z, &w))
    });
    for (step, seed) in [(0, 0), (1, 20), (u32::MAX, u32::MAX), (123_456_789, 0x8000_0001)] {
        let [high, low] = halves.map(|kernel| latent(kernel, 4000, step, seed));
        let found: Vec<u32> = high.iter().zip(&low).map(|(&high, &low)| (high as u32) << 16 | low as u32).collect();
        let counters = 0..1000;
        let expected: Vec<u32> =
            counters.flat_map(|index| rng::words(index, step, Stream::LatentG as u32, seed)).collect();
        assert_eq!(found, expected, "step {step}, seed {seed}");
    }
}

/// The normal distribution's function: 1/2 + phi(x) (x + x^3/3 + x^5/(3*5) + ...).
fn normal_below(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for odd in (3..400).step_by(2) {
        term *= x * x / f64::from(odd);
        sum += term;
    }
    0.5 + (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt() * sum
}

#[test]
fn the_distribution_function_is_that_of_the_tables() {
    for (x, below) in
        [(0.0, 0.5), (1.0, 0.841_344_746_068_543), (-1.959_963_984_540_054, 0.025), (5.0, 0.999_999_713_348_428)]
    {
        assert!((normal_below(x) - below).abs() < 1e-14, "{x}: {}", normal_below(x));
    }
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn latent_codes_are_normally_distributed_and_independent() {
    let n = 100_000;
    let mut z: Vec<f64> = latent(&LATENT, n, 3, 7).into_iter().map(f64::from).collect();
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / n as f64;
    // Standard errors: sqrt(Var(x^p) / n) with Var(x) = 1, Var(x^2) = 2, Var(x^3) = 15, Var(x^4) = 96. Five of each.
    for (power, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
        let found = mean(&mut z.iter().map(|value| value.powi(power)));
        let bound = 5.0 * f64::sqrt(variance / n as f64);
        assert!((found - expected).abs() < bound, "moment {power} is {found}");
    }
    // Products of neighbours (pairs of one transform, of one counter, of two counters) have variance 1.
    for distance in 1..=4 {
        let found = mean(&mut z.iter().zip(&z[distance..]).map(|(a, b)| a * b));
        assert!(found.abs() < 5.0 / f64::sqrt(n as f64), "correlation at distance {distance} is {found}");
    }
    // Kolmogorov and Smirnov: the largest distance of the two distribution functions exceeds 2.69 / sqrt(n) once in a
    // million times, sqrt(ln(2e6) / 2) = 2.69.
    z.sort_by(f64::total_cmp);
    let distance = |(i, &value): (usize, &f64)| {
        let below = normal_below(value);
        (below - i as f64 / n as f64).abs().max((below - (i + 1) as f64 / n as f64).abs())
    };
    let largest = z.iter().enumerate().map(distance).fold(0.0, f64::max);
    assert!(largest < 2.69 / f64::sqrt(n as f64), "the distribution functions are {largest} apart");
}
