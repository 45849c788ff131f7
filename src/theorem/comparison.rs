//! A network of this program, its strict form, and the network converted back from that, side by side.

use super::named::{self, Named};
use super::network::{Plain, Strict};
use super::rounding::{greatest, round_trip, rounding};
use crate::config::{Config, Statistics};
use crate::error::Result;
use crate::reference::Tensor;
use crate::reference::layer::Parameters;
use crate::reference::layer::sigmoid::sigmoid;
use crate::reference::network::Network;
use serde::Serialize;

/// What the sigmoids at the ends of two networks may add to their difference, beside a quarter of what their inputs
/// differ by, since its slope is at most 1/4. With an exponential that is right to 1 ulp (2 u, u = 2^-53), a sum and a
/// division, each is within 3 u.
const SIGMOIDS: f64 = 6.0 * f64::EPSILON / 2.0;

/// A network with plain layers and its two conversions.
#[derive(Debug, Clone)]
pub struct Conversion {
    network: Network,
    parameters: Parameters,
    plain: Plain,
    /// The strict form.
    pub strict: Strict,
    back: Parameters,
}

/// How far apart a network and its conversions are, on one batch. Outputs are G's pixels and D's logits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Inputs of the batch.
    pub inputs: usize,
    /// Largest output of the plain network.
    pub largest: f64,
    /// Largest difference between the outputs of the plain network and of its strict form.
    pub strict: f64,
    /// What rounding could make of it at most.
    pub strict_bound: f64,
    /// The same between the plain network and the one converted back from its strict form.
    pub back: f64,
    /// What rounding could make of it at most.
    pub back_bound: f64,
    /// Largest difference when the strict form gets one threshold per channel, the mean of its positions.
    pub per_channel: f64,
}

impl Conversion {
    /// Converts `network` with its parameters to strict layers with `epsilon` in the root of their norms, and back.
    ///
    /// # Errors
    /// As [`named::plain`] and [`named::plain_parameters`].
    pub fn new(network: Network, parameters: Parameters, epsilon: f64) -> Result<Conversion> {
        let plain = named::plain(&network, &parameters)?;
        let strict = plain.to_strict(epsilon);
        let back = named::plain_parameters(&network, &strict.to_plain())?;
        Ok(Conversion { network, parameters, plain, strict, back })
    }

    /// G and D of a checkpoint: their settings, and the values of every tensor by its name.
    ///
    /// # Errors
    /// As [`named::check`] and [`named::parameters`].
    pub fn of_both<'a>(
        config: &Config,
        values: impl Fn(&str) -> Option<&'a [f32]>,
        epsilon: f64,
    ) -> Result<[Conversion; 2]> {
        named::check(config)?;
        let convert = |network: Network| {
            let parameters = named::parameters(&network, &values)?;
            Conversion::new(network, parameters, epsilon)
        };
        Ok([convert(Network::generator(config))?, convert(Network::discriminator(config))?])
    }

    /// The strict form's parameters; see [`named::strict_parameters`].
    ///
    /// # Errors
    /// As [`named::plain`].
    pub fn strict_parameters(&self) -> Result<Vec<Named>> {
        named::strict_parameters(&self.network, &self.strict)
    }

    /// Names and shapes `[C, H, W]` of what the strict form needs for every position.
    ///
    /// # Errors
    /// As [`named::plain`].
    pub fn per_position(&self) -> Result<Vec<(String, Vec<usize>)>> {
        let all = self.strict_parameters()?.into_iter();
        Ok(all.filter(|(name, _)| name.ends_with(named::PER_POSITION)).map(|(name, map)| (name, map.shape)).collect())
    }

    /// The plain network's output for `x`, a batch of codes `[B, code]` or images `[B, C, H, W]`, by the reference
    /// implementation.
    pub fn output(&self, x: &Tensor) -> Tensor {
        self.evaluate(&self.parameters, x)
    }

    /// Compares on the batch `x`, as for [`Self::output`].
    pub fn compare(&self, x: &Tensor) -> Comparison {
        let expected = self.output(x);
        let difference = |found: &Tensor| greatest(&found.zip_map(&expected, |a, b| a - b));
        let of_strict = |strict: &Strict| difference(&self.finished(strict.forward(&self.as_images(x))));
        let bound =
            |rounding: f64| if named::ends_in_sigmoid(&self.network) { rounding / 4.0 + SIGMOIDS } else { rounding };
        Comparison {
            inputs: x.shape[0],
            largest: greatest(&expected),
            strict: of_strict(&self.strict),
            strict_bound: bound(rounding(&self.plain, &self.as_images(x))),
            back: difference(&self.evaluate(&self.back, x)),
            back_bound: bound(round_trip(&self.plain, &self.as_images(x))),
            per_channel: of_strict(&self.strict.with_one_threshold_per_channel()),
        }
    }

    fn evaluate(&self, parameters: &Parameters, x: &Tensor) -> Tensor {
        // There is no batch normalisation that could ask for statistics.
        self.network.evaluate(parameters, x, Statistics::Running).output().clone()
    }

    fn as_images(&self, x: &Tensor) -> Tensor {
        let [channels, height, width] = self.strict.input();
        x.clone().reshaped(&[x.shape[0], channels, height, width])
    }

    fn finished(&self, y: Tensor) -> Tensor {
        if named::ends_in_sigmoid(&self.network) { sigmoid(&y) } else { y }
    }
}
