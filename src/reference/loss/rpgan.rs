//! The relativistic pairing loss (RpGAN, Jolicoeur-Martineau 2018; the loss of R3GAN, Huang et al. 2024).

use super::{DiscriminatorLoss, Loss, logistic, mean, softplus};
use crate::reference::Tensor;

/// D: `softplus(-(r - f))`; G: `softplus(-(f - r))`. Neither is a sum over images alone.
#[derive(Debug)]
pub struct Rpgan;

impl Loss for Rpgan {
    fn discriminator(&self, real: &Tensor, fake: &Tensor) -> DiscriminatorLoss {
        let (loss, by_real) = mean(&real.zip_map(fake, |r, f| r - f), called_larger);
        let by_fake = by_real.map(|d| -d);
        DiscriminatorLoss { loss, parts: None, by_real, by_fake }
    }

    fn generator(&self, real: &Tensor, fake: &Tensor) -> (f64, Tensor) {
        mean(&fake.zip_map(real, |f, r| f - r), called_larger)
    }
}

/// The loss that is small where the first of two logits is larger by `l`.
fn called_larger(l: f64) -> (f64, f64) {
    (softplus(-l), -logistic(-l))
}
