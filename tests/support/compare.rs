//! How a kernel's output is compared with the reference implementation: bounds that are derived, whole buffers, every deviation listed.

use std::fmt;
use std::ops::Add;

/// What stands in every output before a kernel runs, and around every input: a NaN that no kernel computes.
pub const POISON: u32 = 0x7fc0_5eed;

/// One step between neighbouring f32 numbers near 1.
const ULP: f64 = 1.0 / 8_388_608.0;

/// How far a result may be from the reference's. Two bounds add up by `+`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// Bit-equal to the expected number, which must be one of f32.
    Exact,
    /// At most this far away.
    Within(f64),
}

impl Tolerance {
    /// No rounding at all.
    pub fn exact() -> Tolerance {
        Tolerance::Exact
    }

    /// An elementwise formula that loses at most `ulps` units in the last place of `magnitude`: the result, or the sum
    /// of the absolute terms where terms may cancel. WGSL's accuracies add up to first order: 0.5 for `+ - *`,
    /// 2.5 for `/`, 4.5 for `sqrt` (2 of `inverseSqrt`, 2.5 of the division), `3 + 2|x|` for `exp`. Numbers below the
    /// smallest normal one may be flushed to zero.
    pub fn rounded(ulps: f64, magnitude: f64) -> Tolerance {
        Tolerance::Within(ulps * ULP * magnitude.abs() + f64::from(f32::MIN_POSITIVE))
    }

    /// A sum of `terms` rounded products with `magnitude = sum |a_i b_i|`: `4 sqrt(terms) 2^-24 magnitude`.
    ///
    /// Each of the `terms` additions rounds a partial sum of at most `magnitude` by up to `2^-24` of it. Up to 16 terms
    /// the bound is the worst case. Beyond, roundings are taken as independent: each has the standard deviation
    /// `2^-24 magnitude / sqrt 3` at most, so the bound is 6.9 standard deviations.
    pub fn summed(terms: usize, magnitude: f64) -> Tolerance {
        Tolerance::Within(2.0 * (terms as f64).sqrt() * ULP * magnitude.abs() + f64::from(f32::MIN_POSITIVE))
    }

    /// Whether `found` is near enough. NaN is near nothing, an infinity only itself.
    pub fn accepts(self, found: f32, expected: f64) -> bool {
        match self {
            Tolerance::Exact => found.to_bits() == (expected as f32).to_bits() && f64::from(found) == expected,
            Tolerance::Within(_) if expected.is_infinite() => f64::from(found) == expected,
            Tolerance::Within(bound) => (f64::from(found) - expected).abs() <= bound,
        }
    }
}

impl Add for Tolerance {
    type Output = Tolerance;

    fn add(self, other: Tolerance) -> Tolerance {
        match (self, other) {
            (Tolerance::Within(a), Tolerance::Within(b)) => Tolerance::Within(a + b),
            (Tolerance::Exact, other) | (other, Tolerance::Exact) => other,
        }
    }
}

/// What a whole buffer must hold after a dispatch: a number with its tolerance, or the poison still.
#[derive(Debug, Clone)]
pub struct Expected(Vec<Option<(f64, Tolerance)>>);

impl Expected {
    /// A buffer of `len` elements that nobody may write.
    pub fn untouched(len: usize) -> Expected {
        Expected(vec![None; len])
    }

    /// From element `offset` on `values` must be written, element `i` within `tolerance(i)`.
    pub fn at(mut self, offset: usize, values: &[f64], tolerance: impl Fn(usize) -> Tolerance) -> Expected {
        for (i, &value) in values.iter().enumerate() {
            self.0[offset + i] = Some((value, tolerance(i)));
        }
        self
    }
}

/// One element that is not what it should be.
#[derive(Debug, Clone)]
pub struct Mismatch {
    /// Which case and buffer.
    pub what: String,
    /// Element of the buffer.
    pub index: usize,
    /// What the device wrote.
    pub found: f32,
    /// The reference's value with its tolerance; `None` where the poison should still stand.
    pub expected: Option<(f64, Tolerance)>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { what, index, found, expected } = self;
        match expected {
            Some((value, Tolerance::Within(bound))) => {
                let error = (f64::from(*found) - value).abs();
                write!(f, "{what} [{index}]: {found:e} instead of {value:e}, off by {error:.2e}, allowed {bound:.2e}")
            }
            Some((value, Tolerance::Exact)) => write!(f, "{what} [{index}]: {found:e} instead of exactly {value:e}"),
            None => write!(f, "{what} [{index}]: {found:e} written outside the output"),
        }
    }
}

/// All comparisons of a check.
#[derive(Debug, Default)]
pub struct Report {
    /// Elements compared.
    pub compared: usize,
    /// Those that failed.
    pub mismatches: Vec<Mismatch>,
}

impl Report {
    /// Compares a whole buffer, given as the bits that the device left in it.
    pub fn compare(&mut self, what: &str, found: &[u32], expected: &Expected) {
        assert_eq!(found.len(), expected.0.len(), "{what}: the buffer and what is expected of it differ in length");
        self.compared += found.len();
        for (index, (&bits, &expected)) in found.iter().zip(&expected.0).enumerate() {
            let found = f32::from_bits(bits);
            let right = expected.map_or(bits == POISON, |(value, tolerance)| tolerance.accepts(found, value));
            if !right {
                self.mismatches.push(Mismatch { what: what.into(), index, found, expected });
            }
        }
    }

    /// Fails with the number of mismatches and the first ten, or if nothing was compared.
    pub fn none(self) {
        assert!(self.compared > 0, "nothing was compared");
        let (count, compared) = (self.mismatches.len(), self.compared);
        let first: Vec<String> = self.mismatches.iter().take(10).map(Mismatch::to_string).collect();
        assert!(count == 0, "{count} of {compared} elements are wrong, first:\n{}", first.join("\n"));
    }
}
