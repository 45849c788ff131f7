//! Adam (Kingma and Ba 2015) with bias correction.

use super::{Optimiser, decimal};
use crate::config::Config;
use crate::reference::Tensor;

/// The constants of Adam apart from its learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Decay of the mean gradient.
    pub beta1: f64,
    /// Decay of the mean squared gradient.
    pub beta2: f64,
    /// Epsilon, added outside the root.
    pub eps: f64,
}

impl Adam {
    /// With the constants of `config`.
    pub fn of(config: &Config) -> Adam {
        Adam { beta1: decimal(config.beta1), beta2: decimal(config.beta2), eps: decimal(config.eps) }
    }

    /// Update number `t` = 1, 2, ... in place: `m1 = beta1 m1 + (1 - beta1) g`, `m2 = beta2 m2 + (1 - beta2) g^2`, then
    /// `p -= lr * (m1 / (1 - beta1^t)) / (sqrt(m2 / (1 - beta2^t)) + eps)`.
    ///
    /// All four tensors have one shape; `mean` (`m1`) and `mean_square` (`m2`) start as zeros.
    ///
    /// # Panics
    /// If parameter and gradient differ in shape.
    pub fn update(
        &self,
        parameter: &mut Tensor,
        gradient: &Tensor,
        mean: &mut Tensor,
        mean_square: &mut Tensor,
        t: u32,
        lr: f64,
    ) {
        assert_eq!(parameter.shape, gradient.shape, "the gradient must fit the parameter");
        let power = |beta: f64| 1.0 - beta.powf(f64::from(t));
        let moments = mean.data.iter_mut().zip(&mut mean_square.data);
        for ((p, g), (m1, m2)) in parameter.data.iter_mut().zip(&gradient.data).zip(moments) {
            *m1 = self.beta1 * *m1 + (1.0 - self.beta1) * g;
            *m2 = self.beta2 * *m2 + (1.0 - self.beta2) * g * g;
            *p -= lr * (*m1 / power(self.beta1)) / ((*m2 / power(self.beta2)).sqrt() + self.eps);
        }
    }
}

impl Optimiser for Adam {
    fn state(&self) -> &'static [&'static str] {
        &["mean", "mean_square"]
    }

    fn apply(&self, parameter: &mut Tensor, gradient: &Tensor, state: &mut [&mut Tensor], t: u32, lr: f64) {
        let [mean, mean_square] = state else { panic!("Adam keeps two tensors, not {}", state.len()) };
        self.update(parameter, gradient, mean, mean_square, t, lr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_gradient_moves_by_lr_in_every_step() {
        // With bias correction both means of a constant are the constant itself.
        let adam = Adam { beta1: 0.5, beta2: 0.999, eps: 1e-6 };
        let (mut p, mut m1, mut m2) = (Tensor::zeros(&[2]), Tensor::zeros(&[2]), Tensor::zeros(&[2]));
        let g = Tensor::new(&[2], vec![3.0, -1e-9]);
        for t in 1..=4 {
            adam.update(&mut p, &g, &mut m1, &mut m2, t, 0.1);
            let expected = [-0.1 * f64::from(t) * 3.0 / (3.0 + 1e-6), 0.1 * f64::from(t) * 1e-9 / (1e-9 + 1e-6)];
            for (found, expected) in p.data.iter().zip(expected) {
                // 1 - 0.999^t loses three of sixteen digits.
                assert!((found - expected).abs() < 1e-12 * expected.abs(), "step {t}: {found} instead of {expected}");
            }
        }
    }
}
