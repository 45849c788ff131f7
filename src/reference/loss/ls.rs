//! Least squares on D's probability, as in the authors' code.

use super::{DiscriminatorLoss, Loss, logistic, mean, sum};
use crate::reference::Tensor;

/// With `p(l) = sigmoid(l)`: D `(p(r) - 1)^2` and `p(f)^2`; G: `(p(f) - 1)^2`.
#[derive(Debug)]
pub struct Ls;

impl Loss for Ls {
    fn discriminator(&self, real: &Tensor, fake: &Tensor) -> DiscriminatorLoss {
        sum(real, fake, called_real, |l| (logistic(l).powi(2), 2.0 * logistic(l) * slope(l)))
    }

    fn generator(&self, _real: &Tensor, fake: &Tensor) -> (f64, Tensor) {
        mean(fake, called_real)
    }
}

/// The loss that is small where an image is called real; `1 - p(l) = p(-l)`.
fn called_real(l: f64) -> (f64, f64) {
    (logistic(-l).powi(2), -2.0 * logistic(-l) * slope(l))
}

/// `dp/dl = p (1 - p)`.
fn slope(l: f64) -> f64 {
    logistic(l) * logistic(-l)
}
