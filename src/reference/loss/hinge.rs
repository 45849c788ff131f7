//! The hinge loss on D's logit, as is usual with spectral normalisation.

use super::{DiscriminatorLoss, Loss, mean, sum};
use crate::reference::Tensor;

/// D: `max(0, 1 - r)` and `max(0, 1 + f)`; G: `-f`.
#[derive(Debug)]
pub struct Hinge;

impl Loss for Hinge {
    fn discriminator(&self, real: &Tensor, fake: &Tensor) -> DiscriminatorLoss {
        // `max` would make 0 of NaN.
        let of = |x: f64| if x <= -1.0 { (0.0, 0.0) } else { (1.0 + x, 1.0) };
        sum(real, fake, |l| (of(-l).0, -of(-l).1), of)
    }

    fn generator(&self, _real: &Tensor, fake: &Tensor) -> (f64, Tensor) {
        mean(fake, |l| (-l, -1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hinge_point_itself_has_no_gradient() {
        let found = Hinge.discriminator(&Tensor::vector(vec![1.0]), &Tensor::vector(vec![-1.0]));
        assert_eq!([found.by_real.data, found.by_fake.data], [[0.0], [0.0]]);
    }
}
