//! The GAN losses on logits, with their gradients. All are means over the batch; `logits` has one element per image.

use super::Tensor;
use super::sigmoid::logistic;
use crate::config::Loss;

/// `ln(1 + exp(x))` without overflow: `max(x, 0) + ln(1 + exp(-|x|))`.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// D's loss on real images and its gradient by the logits, with `p = sigmoid(l)`:
/// bce `softplus(-l)`, ls `(p - 1)^2`, hinge `max(0, 1 - l)`.
pub fn real_loss(loss: Loss, logits: &Tensor) -> (f64, Tensor) {
    let term = |l: f64| match loss {
        Loss::Bce => (softplus(-l), -logistic(-l)),
        Loss::Ls => (logistic(-l).powi(2), -2.0 * logistic(-l) * slope(l)),
        Loss::Hinge => ((1.0 - l).max(0.0), if l < 1.0 { -1.0 } else { 0.0 }),
    };
    mean(logits, term)
}

/// D's loss on fakes: bce `softplus(l)`, ls `p^2`, hinge `max(0, 1 + l)`.
pub fn fake_loss(loss: Loss, logits: &Tensor) -> (f64, Tensor) {
    let term = |l: f64| match loss {
        Loss::Bce => (softplus(l), logistic(l)),
        Loss::Ls => (logistic(l).powi(2), 2.0 * logistic(l) * slope(l)),
        Loss::Hinge => ((1.0 + l).max(0.0), if l > -1.0 { 1.0 } else { 0.0 }),
    };
    mean(logits, term)
}

/// G's loss on its fakes: as D's on real images, but with hinge `-l`.
pub fn generator_loss(loss: Loss, logits: &Tensor) -> (f64, Tensor) {
    match loss {
        Loss::Bce | Loss::Ls => real_loss(loss, logits),
        Loss::Hinge => mean(logits, |l| (-l, -1.0)),
    }
}

/// `dp/dl = p (1 - p)`.
fn slope(l: f64) -> f64 {
    logistic(l) * logistic(-l)
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
            (Loss::Bce, 400.0, [0.0, -0.5], [0.5, 0.0], [0.0, -0.5]),
            (Loss::Ls, 0.5, [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
            (Loss::Hinge, 400.5, [0.0, -0.5], [0.5, 0.0], [-0.5, -0.5]),
        ] {
            assert_eq!((real_loss(loss, &logits).0, fake_loss(loss, &logits).0), (value, value), "{loss:?}");
            assert_eq!(real_loss(loss, &logits).1.data, real, "{loss:?}");
            assert_eq!(fake_loss(loss, &logits).1.data, fake, "{loss:?}");
            assert_eq!(generator_loss(loss, &logits).1.data, generator, "{loss:?}");
        }
    }

    #[test]
    fn the_hinge_point_itself_has_no_gradient() {
        assert_eq!(real_loss(Loss::Hinge, &Tensor::new(&[1, 1], vec![1.0])).1.data, [0.0]);
        assert_eq!(fake_loss(Loss::Hinge, &Tensor::new(&[1, 1], vec![-1.0])).1.data, [0.0]);
    }
}
