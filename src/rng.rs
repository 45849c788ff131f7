//! Counter-based random numbers, bit-equal to `shaders/shared/rng.wgsl`.
//!
//! Nothing here has state: a number is a function of `(index, step, stream, seed)`. So batches, latent codes and
//! initial weights are the same natively, in a browser, after a resume, and in whatever order they are asked for.

/// What a number is for. Two streams never share a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// Latent codes of the discriminator's fakes (and of both networks in the simultaneous order).
    LatentD = 0,
    /// Latent codes of the generator's own update.
    LatentG = 1,
    /// The fixed codes of the sample grid.
    LatentFixed = 2,
    /// Keys of the batch permutation, one per epoch.
    Shuffle = 3,
    /// The split into held-out and training images.
    Split = 4,
    /// Built-in data generators.
    Data = 5,
    /// Initial parameters; tensor number `t` uses stream `Init + t`.
    Init = 16,
}

/// The four-word hash `pcg4d` of Jarzynski and Olano, "Hash Functions for GPU Rendering" (JCGT 2020).
pub fn pcg4d(mut v: [u32; 4]) -> [u32; 4] {
    for word in &mut v {
        *word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    }
    mix(&mut v);
    for word in &mut v {
        *word ^= *word >> 16;
    }
    mix(&mut v);
    v
}

fn mix(v: &mut [u32; 4]) {
    v[0] = v[0].wrapping_add(v[1].wrapping_mul(v[3]));
    v[1] = v[1].wrapping_add(v[2].wrapping_mul(v[0]));
    v[2] = v[2].wrapping_add(v[0].wrapping_mul(v[1]));
    v[3] = v[3].wrapping_add(v[1].wrapping_mul(v[2]));
}

/// Four random words for counter `index` of `stream` at `step`.
pub fn words(index: u32, step: u32, stream: u32, seed: u32) -> [u32; 4] {
    pcg4d([index, step, stream, seed])
}

/// A word as a uniform number in `[0, 1)` on a grid of 2^-24: exact in f32.
pub fn uniform(word: u32) -> f32 {
    (word >> 8) as f32 / 16_777_216.0
}

/// Uniform numbers in `[0, 1)`: element `e` is word `e % 4` of counter `e / 4`.
pub fn uniforms(count: usize, step: u32, stream: u32, seed: u32) -> impl Iterator<Item = f32> {
    (0..count as u32).map(move |e| uniform(words(e / 4, step, stream, seed)[(e % 4) as usize]))
}

/// The image at position `position` of epoch `epoch`: a keyed permutation of `0..count`.
///
/// A balanced Feistel network of four rounds permutes the smallest `2^(2h) >= count`; an image outside the range is
/// permuted again until it falls inside ("cycle walking"), so every epoch visits each image exactly once without a
/// stored permutation.
pub fn shuffled(position: u32, count: u32, epoch: u32, seed: u32) -> u32 {
    let half = half_bits(count);
    let mask = (1u32 << half) - 1;
    let mut value = position;
    loop {
        let (mut left, mut right) = (value >> half, value & mask);
        for round in 0..4 {
            let key = words(right, epoch, Stream::Shuffle as u32, seed.wrapping_add(round))[0];
            (left, right) = (right, left ^ (key & mask));
        }
        value = (left << half) | right;
        if value < count {
            return value;
        }
    }
}

/// Half the width of the Feistel network for `count` items: the smallest `h >= 1` with `2^(2h) >= count`.
pub fn half_bits(count: u32) -> u32 {
    let bits = 32 - count.saturating_sub(1).leading_zeros();
    bits.div_ceil(2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_visits_every_image_once() {
        for count in [1u32, 2, 3, 7, 64, 65, 1000, 10_001] {
            let mut seen = vec![false; count as usize];
            for position in 0..count {
                let image = shuffled(position, count, 3, 9) as usize;
                assert!(!seen[image], "image {image} of {count} came twice");
                seen[image] = true;
            }
        }
    }

    #[test]
    fn epochs_and_seeds_shuffle_differently() {
        let order = |epoch, seed| (0..100).map(|p| shuffled(p, 100, epoch, seed)).collect::<Vec<_>>();
        assert_ne!(order(0, 1), order(1, 1));
        assert_ne!(order(0, 1), order(0, 2));
    }

    #[test]
    fn uniform_numbers_have_the_moments_of_the_uniform_distribution() {
        let n = 200_000;
        let values: Vec<f64> = uniforms(n, 7, Stream::Init as u32, 42).map(f64::from).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
        // Standard error of the mean is 0.289/sqrt(n) = 6.5e-4, of the variance 0.0745/sqrt(n) = 1.7e-4: five of each.
        assert!((mean - 0.5).abs() < 5.0 * 0.2887 / (n as f64).sqrt(), "mean {mean}");
        assert!((variance - 1.0 / 12.0).abs() < 5.0 * 0.0745 / (n as f64).sqrt(), "variance {variance}");
    }
}
