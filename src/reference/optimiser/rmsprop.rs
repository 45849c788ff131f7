//! RMSprop as the paper uses it.

use super::{Optimiser, decimal};
use crate::config::Config;
use crate::reference::Tensor;

/// The constants of RMSprop apart from its learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rmsprop {
    /// Decay of the mean square.
    pub decay: f64,
    /// Epsilon, added outside the root.
    pub eps: f64,
}

impl Rmsprop {
    /// The constants of the paper's code: decay 0.9, epsilon 1e-6.
    pub const PAPER: Rmsprop = Rmsprop { decay: 0.9, eps: 1e-6 };

    /// With the constants of `config`.
    pub fn of(config: &Config) -> Rmsprop {
        Rmsprop { decay: decimal(config.decay), eps: decimal(config.eps) }
    }

    /// One update in place: `m = decay m + (1 - decay) g^2`, then `p -= lr g / (sqrt(m) + eps)`.
    ///
    /// No momentum, no bias correction. All three tensors have one shape; `m` starts as zeros.
    ///
    /// # Panics
    /// If parameter and gradient differ in shape.
    pub fn update(&self, parameter: &mut Tensor, gradient: &Tensor, mean_square: &mut Tensor, lr: f64) {
        assert_eq!(parameter.shape, gradient.shape, "the gradient must fit the parameter");
        let pairs = parameter.data.iter_mut().zip(&mut mean_square.data);
        for ((p, m), g) in pairs.zip(&gradient.data) {
            *m = self.decay * *m + (1.0 - self.decay) * g * g;
            *p -= lr * g / (m.sqrt() + self.eps);
        }
    }
}

impl Optimiser for Rmsprop {
    fn state(&self) -> &'static [&'static str] {
        &["mean_square"]
    }

    fn apply(&self, parameter: &mut Tensor, gradient: &Tensor, state: &mut [&mut Tensor], _t: u32, lr: f64) {
        self.update(parameter, gradient, state[0], lr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_lr_over_the_root_of_a_tenth() {
        let (mut p, mut m) = (Tensor::zeros(&[2]), Tensor::zeros(&[2]));
        Rmsprop::PAPER.update(&mut p, &Tensor::new(&[2], vec![3.0, -1e-9]), &mut m, 0.1);
        // A gradient far above eps moves by lr / sqrt(0.1), one far below by lr g / eps.
        assert!((p.data[0] + 0.1 / 0.1f64.sqrt()).abs() < 1e-6, "{}", p.data[0]);
        assert!((p.data[1] - 0.1 * 1e-3).abs() < 0.1 * 1e-6, "{}", p.data[1]);
    }
}
