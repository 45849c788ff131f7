//! From one family to the other and back.

use super::map::Map;
use super::network::{Layer, Offset, Plain, Strict};
use super::rounding::{gamma, magnitude};
use crate::reference::Tensor;

impl Plain {
    /// The strict network of the same function; `epsilon` is that of its norms.
    ///
    /// Layer by layer, with scale `n'` and threshold `a'` of the layer before (1 and 0 for the input):
    /// `v = w diag(n')`, `c = b - <v,a'>`, `n = sqrt(f ||v||^2 + epsilon)`, `a = -c / n`.
    pub fn to_strict(&self, epsilon: f64) -> Strict {
        let mut outer = Outer::of_input(self.input());
        let mut hidden = Vec::new();
        for layer in &self.hidden {
            let map = layer.map.with_weights(|w, _, channel| w * outer.scale[channel]);
            let norms = map.norms(epsilon);
            let offset = absorbed(&layer.offset, &map, &outer.threshold, -1.0);
            let threshold = offset.map(|c, channel| -c / norms[channel]);
            outer = Outer { scale: norms, threshold: threshold.clone() };
            hidden.push(Layer { map, offset: threshold, slope: layer.slope.clone() });
        }
        let last = self.last.with_weights(|w, _, channel| w * outer.scale[channel]);
        let bias = absorbed(&self.bias, &last, &outer.threshold, -1.0);
        Strict { hidden, scale: last.norms(epsilon), last, bias, epsilon }
    }
}

impl Strict {
    /// The plain network of the same function; of all of them the one that [`Plain::to_strict`] turns into this.
    ///
    /// Layer by layer, with scale `n'` and threshold `a'` of the layer before (1 and 0 for the input):
    /// `w = v diag(1 / n')`, `b = -n a + <v,a'>`; for the last layer both are also multiplied by `scale / n`.
    pub fn to_plain(&self) -> Plain {
        let mut outer = Outer::of_input(self.input());
        let mut hidden = Vec::new();
        for layer in &self.hidden {
            let norms = layer.map.norms(self.epsilon);
            let map = layer.map.with_weights(|v, _, channel| v / outer.scale[channel]);
            let offset = layer.offset.map(|a, channel| -norms[channel] * a);
            let bias = absorbed(&offset, &layer.map, &outer.threshold, 1.0);
            outer = Outer { scale: norms, threshold: layer.offset.clone() };
            hidden.push(Layer { map, offset: bias, slope: layer.slope.clone() });
        }
        let norms = self.last.norms(self.epsilon);
        let gained = self.last.with_weights(|v, unit, _| self.scale[unit] / norms[unit] * v);
        let bias = absorbed(&self.bias, &gained, &outer.threshold, 1.0);
        let last = gained.with_weights(|v, _, channel| v / outer.scale[channel]);
        Plain { hidden, last, bias }
    }
}

/// What is left outside of a strict layer: its plain counterpart is `scale (layer - threshold)`.
struct Outer {
    scale: Vec<f64>,
    threshold: Offset,
}

impl Outer {
    fn of_input([channels, ..]: [usize; 3]) -> Outer {
        Outer { scale: vec![1.0; channels], threshold: Offset::Channels(vec![0.0; channels]) }
    }
}

/// `offset + sign <v, shift>`: per channel where it is the same at every position, otherwise a map.
///
/// "The same" means that the positions of a channel differ by no more than the rounding of this sum may.
fn absorbed(offset: &Offset, map: &Map, shift: &Offset, sign: f64) -> Offset {
    let shift = shift.spread(map.input());
    let offset = offset.spread(map.output());
    let sum = offset.zip_map(&map.apply(&shift), |offset, shift| offset + sign * shift);
    let size = magnitude(map).apply(&shift.map(f64::abs)).zip_map(&offset, |shift, offset| shift + offset.abs());
    let (_, channels, inner) = sum.around(1);
    // Two positions, each with the error of this sum and of the offset that an earlier sum left.
    let slack = 4.0 * gamma(map);
    let mut uniform = Vec::new();
    for (values, sizes) in sum.data.chunks_exact(inner).zip(size.data.chunks_exact(inner)) {
        let (low, high) = extremes(values);
        if high - low <= slack * extremes(sizes).1 {
            uniform.push(low + (high - low) / 2.0);
        }
    }
    if uniform.len() == channels {
        return Offset::Channels(uniform);
    }
    Offset::Positions(Tensor::new(&map.output(), sum.data))
}

/// Least and greatest of some numbers.
fn extremes(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)))
}
