//! The GAN losses on D's logits, a file for each.
//!
//! All losses are means over a batch in which image pair `i` has the logit `r_i` of its real image and `f_i` of its fake.

use super::Tensor;
use super::layer::sigmoid::logistic;
use crate::config::{self, losses};
use std::fmt::Debug;

/// A loss of both networks; logits are `[B, 1, 1, 1]` or any other shape with an element per image.
pub trait Loss: Debug + Sync {
    /// D's loss.
    fn discriminator(&self, real: &Tensor, fake: &Tensor) -> DiscriminatorLoss;

    /// G's loss and its gradient by the logits of the fakes; those of real images are constants to G, and few losses read
    /// them ([`config::Loss::generator_reads_real`]).
    fn generator(&self, real: &Tensor, fake: &Tensor) -> (f64, Tensor);
}

/// D's loss and its gradients.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscriminatorLoss {
    /// The whole loss.
    pub loss: f64,
    /// Its two parts, on real images and on fakes, where it is their sum ([`config::Loss::has_real_and_fake`]).
    pub parts: Option<[f64; 2]>,
    /// The gradient by the logits of real images.
    pub by_real: Tensor,
    /// The gradient by the logits of fakes.
    pub by_fake: Tensor,
}

macro_rules! modules {
    (; $($module:ident $variant:ident $text:literal $more:tt $label:tt $hint:tt;)*) => {
        $(pub mod $module;)*

        /// The loss of this name.
        pub fn of(loss: config::Loss) -> &'static dyn Loss {
            match loss { $(config::Loss::$variant => &$module::$variant,)* }
        }
    };
}
losses! { modules }

/// `ln(1 + exp(x))` without overflow: `max(x, 0) + ln(1 + exp(-|x|))`.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The loss of D that is a sum over images: `of_real` and `of_fake` give an image's loss and its derivative by the logit.
fn sum(
    real: &Tensor,
    fake: &Tensor,
    of_real: impl Fn(f64) -> (f64, f64),
    of_fake: impl Fn(f64) -> (f64, f64),
) -> DiscriminatorLoss {
    let ((loss_real, by_real), (loss_fake, by_fake)) = (mean(real, of_real), mean(fake, of_fake));
    DiscriminatorLoss { loss: loss_real + loss_fake, parts: Some([loss_real, loss_fake]), by_real, by_fake }
}

/// From every image's loss and derivative to the mean loss and its gradient.
fn mean(logits: &Tensor, term: impl Fn(f64) -> (f64, f64)) -> (f64, Tensor) {
    let batch = logits.data.len() as f64;
    let loss = logits.data.iter().map(|&l| term(l).0).sum::<f64>() / batch;
    (loss, logits.map(|l| term(l).1 / batch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_stay_finite_and_exact_at_large_logits() {
        let logits = Tensor::new(&[2, 1], vec![800.0, -800.0]);
        for (loss, value, real, fake, generator) in [
            (config::Loss::Bce, 400.0, [0.0, -0.5], [0.5, 0.0], [0.0, -0.5]),
            (config::Loss::Ls, 0.5, [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
            (config::Loss::Hinge, 400.5, [0.0, -0.5], [0.5, 0.0], [-0.5, -0.5]),
        ] {
            let found = of(loss).discriminator(&logits, &logits);
            assert_eq!((found.loss, found.parts), (2.0 * value, Some([value, value])), "{loss:?}");
            assert_eq!((found.by_real.data, found.by_fake.data), (real.to_vec(), fake.to_vec()), "{loss:?}");
            assert_eq!(of(loss).generator(&logits, &logits).1.data, generator, "{loss:?}");
        }
    }

    /// What the table of settings says of a loss is what its functions do.
    #[test]
    fn losses_are_what_the_table_says() {
        let logits = |shift: f64| Tensor::vector([-0.6, 0.1, 0.8].map(|l| l + shift).to_vec());
        for loss in config::Loss::ALL {
            let (name, loss) = (loss, of(loss));
            let (real, fake) = (logits(0.0), logits(0.3));
            let found = loss.discriminator(&real, &fake);
            let extreme = Tensor::vector(vec![800.0, -800.0]);
            let far = loss.discriminator(&extreme, &extreme.map(|l| -l));
            let all = [&far.by_real.data, &far.by_fake.data, &loss.generator(&extreme, &extreme).1.data];
            assert!(far.loss.is_finite() && all.into_iter().flatten().all(|d| d.is_finite()), "{name:?}");
            assert_eq!(found.parts.is_some(), name.has_real_and_fake(), "{name:?}");
            assert!(found.parts.is_none_or(|[real, fake]| real + fake == found.loss), "{name:?}");
            let moved = loss.generator(&logits(0.2), &fake) != loss.generator(&real, &fake);
            assert_eq!(moved, name.generator_reads_real(), "{name:?}");
        }
    }
}
