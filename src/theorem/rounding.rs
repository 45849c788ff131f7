//! How far rounding alone can drive the two networks of the theorem apart.

use super::map::Map;
use super::network::Plain;
use crate::reference::Tensor;

/// The bound `k u / (1 - k u)` on the relative error of `k` roundings in a row, `u = 2^-53` (Higham, "Accuracy and
/// Stability of Numerical Algorithms", lemma 3.1). An output of a layer is a sum of `fan_in` products; scaling the
/// weight, dividing by the norm, offset and activation are at most eight roundings more.
pub(super) fn gamma(map: &Map) -> f64 {
    let k = (map.fan_in() + 8) as f64 * f64::EPSILON / 2.0;
    k / (1.0 - k)
}

/// The map with the absolute values of the weight.
pub(super) fn magnitude(map: &Map) -> Map {
    map.with_weights(|w, _, _| w.abs())
}

/// Bound on the largest difference between the outputs of `plain` and of its strict form for the batch `x`.
///
/// In units of the plain network, where a strict layer's output counts `n` times, per layer and element:
/// - `C = |b| + |W| C'` bounds the absorbed offset `c`, and `D = |W| D' + 3 gamma C` its error: `gamma C` is the sum's,
///   and positions of a channel that lie within `4 gamma C` become their middle;
/// - `T = L (|W| T' + C)` bounds the output, with `L = |s| + |1 - s|` (1 for slopes in [0, 1]);
/// - `E = L (|W| E' + D + gamma (|W| T' + C))` bounds the output's error.
///
/// The plain network's error obeys the same recursion with smaller terms, so the outputs differ by at most `2 E`. The
/// norms' own rounding does not count: the theorem holds for any scale, and both directions use the same.
pub fn rounding(plain: &Plain, x: &Tensor) -> f64 {
    let zeros = || Tensor::zeros(&x.shape);
    let (mut c, mut d, mut t, mut e) = (zeros(), zeros(), x.map(f64::abs), zeros());
    let ones = vec![1.0; plain.last.output()[0]];
    let layers = plain.hidden.iter().map(|layer| (&layer.map, &layer.offset, &layer.slope));
    for (map, offset, slope) in layers.chain([(&plain.last, &plain.bias, &ones)]) {
        let (weight, gamma) = (magnitude(map), gamma(map));
        let bias = offset.spread(map.output());
        let index = |i: usize| bias.data[i % bias.data.len()].abs();
        c = weight.apply(&c);
        c.data.iter_mut().enumerate().for_each(|(i, c)| *c += index(i));
        d = weight.apply(&d).zip_map(&c, |d, c| d + 3.0 * gamma * c);
        let sum = weight.apply(&t).zip_map(&c, |t, c| t + c);
        e = weight.apply(&e).zip_map(&d, |e, d| e + d).zip_map(&sum, |e, sum| e + gamma * sum);
        t = sum;
        let (_, channels, inner) = t.around(1);
        for (i, (t, e)) in t.data.iter_mut().zip(&mut e.data).enumerate() {
            let s = slope[i / inner % channels];
            let lipschitz = s.abs() + (1.0 - s).abs();
            *t *= lipschitz;
            *e *= lipschitz;
        }
    }
    2.0 * greatest(&e)
}

/// Bound on the largest difference between the outputs of `plain` and of the plain network that its strict form is taken
/// back to, for the batch `x`.
///
/// Both evaluate the same kind of layer, so only weights and biases count. A weight has been multiplied by a norm and
/// divided by it, two roundings. A bias `b` has become `c = b - <v,a'>` and then `b* = c + <v,a'>` again; with
/// `S = <|v|,|a'|>`, and the error of the sum and of the middle as in [`rounding`], the first is off by
/// `3 gamma (|b| + S)` and the second by `3 gamma (|b| + 2 S)` more, together less than `9 gamma C` of that recursion.
/// Each evaluation adds `gamma (|W| T' + |b|)`. So the difference obeys
/// `X = L (|W| X' + 3 gamma |W| T' + 11 gamma C)`, which is less than three times
/// `E = L (|W| E' + gamma |W| T' + 4 gamma C)`.
pub fn round_trip(plain: &Plain, x: &Tensor) -> f64 {
    1.5 * rounding(plain, x)
}

/// The largest absolute value; NaN if there is any.
pub(super) fn greatest(values: &Tensor) -> f64 {
    let larger = |largest: f64, value: f64| if largest.is_nan() || value <= largest { largest } else { value };
    values.data.iter().map(|value| value.abs()).fold(0.0, larger)
}
