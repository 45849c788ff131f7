//! The non-saturating GAN losses on logits, with their gradients.

use super::Tensor;
use super::sigmoid::logistic;

/// `ln(1 + exp(x))` without overflow: `max(x, 0) + ln(1 + exp(-|x|))`.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Binary cross-entropy of logits that should say "real": `mean_b softplus(-l)`, with `dl = -sigmoid(-l) / B`.
///
/// It is D's loss on real images, and G's (non-saturating) loss on fakes. `logits` has one element per image.
pub fn real_loss(logits: &Tensor) -> (f64, Tensor) {
    let batch = logits.data.len() as f64;
    let loss = logits.data.iter().map(|&l| softplus(-l)).sum::<f64>() / batch;
    (loss, logits.map(|l| -logistic(-l) / batch))
}

/// Binary cross-entropy of logits that should say "fake": `mean_b softplus(l)`, with `dl = sigmoid(l) / B`.
pub fn fake_loss(logits: &Tensor) -> (f64, Tensor) {
    let batch = logits.data.len() as f64;
    let loss = logits.data.iter().map(|&l| softplus(l)).sum::<f64>() / batch;
    (loss, logits.map(|l| logistic(l) / batch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_stay_finite_and_exact_at_large_logits() {
        let logits = Tensor::new(&[2, 1], vec![800.0, -800.0]);
        assert_eq!(real_loss(&logits).0, 400.0);
        assert_eq!(fake_loss(&logits).0, 400.0);
        assert_eq!(real_loss(&logits).1.data, [0.0, -0.5]);
        assert_eq!(fake_loss(&logits).1.data, [0.5, 0.0]);
    }
}
