//! Binary cross-entropy, non-saturating for G (the paper's).

use super::{DiscriminatorLoss, Loss, logistic, mean, softplus, sum};
use crate::reference::Tensor;

/// D: `softplus(-r)` and `softplus(f)`; G: `softplus(-f)`.
#[derive(Debug)]
pub struct Bce;

impl Loss for Bce {
    fn discriminator(&self, real: &Tensor, fake: &Tensor) -> DiscriminatorLoss {
        sum(real, fake, called_real, |l| (softplus(l), logistic(l)))
    }

    fn generator(&self, _real: &Tensor, fake: &Tensor) -> (f64, Tensor) {
        mean(fake, called_real)
    }
}

/// The loss that is small where an image is called real.
fn called_real(l: f64) -> (f64, f64) {
    (softplus(-l), -logistic(-l))
}
