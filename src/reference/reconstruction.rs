//! The reconstruction test: how closely can a fixed G come to given images?

use super::Tensor;
use super::layer::Parameters;
use super::mse::{mse, mse_gradient};
use super::network::Network;
use super::optimiser::rmsprop::Rmsprop;
use crate::config::Statistics;

/// What a reconstruction found.
#[derive(Debug, Clone)]
pub struct Reconstruction {
    /// `curve[t]`: mean squared error over batch, channels and pixels after `t` updates of z; `steps + 1` values.
    pub curve: Vec<f64>,
    /// The errors of the last z per image; their mean is the last value of `curve`.
    pub per_image: Vec<f64>,
    /// The last latent codes `[B, code]`.
    pub z: Tensor,
}

/// `min_z mean (G(z) - target)^2` by `steps` RMSprop updates of z from zeros (the paper's evaluation).
///
/// `target` is `[B, C, H, W]`. The loss is the mean over batch, channels and pixels, and its gradient is taken as it is.
/// The last z is scored, not the best. `statistics` says what batch normalisation uses; `parameters` holds the running
/// ones, which do not move.
pub fn reconstruct(
    generator: &Network,
    parameters: &Parameters,
    statistics: Statistics,
    target: &Tensor,
    steps: usize,
    lr: f64,
    optimiser: Rmsprop,
) -> Reconstruction {
    let (batch, code) = (target.shape[0], generator.input[0]);
    let mut z = Tensor::zeros(&[batch, code]);
    let mut mean_square = z.clone();
    let mut curve = Vec::with_capacity(steps + 1);
    loop {
        let pass = generator.evaluate(parameters, &z, statistics);
        let per_image = mse(pass.output(), target);
        curve.push(per_image.iter().sum::<f64>() / batch as f64);
        if curve.len() > steps {
            return Reconstruction { curve, per_image, z };
        }
        let (_, dz) = generator.backward(parameters, &pass, &mse_gradient(pass.output(), target, batch));
        optimiser.update(&mut z, &dz, &mut mean_square, lr);
    }
}
