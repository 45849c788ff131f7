//! RMSprop as the paper uses it.

use super::Tensor;

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

    /// One update in place: `m = decay m + (1 - decay) g^2`, then `p -= lr g / (sqrt(m) + eps)`.
    ///
    /// No momentum, no bias correction. All three tensors have one shape; `m` starts as zeros.
    pub fn update(&self, parameter: &mut Tensor, gradient: &Tensor, mean_square: &mut Tensor, lr: f64) {
        assert_eq!(parameter.shape, gradient.shape, "the gradient must fit the parameter");
        let pairs = parameter.data.iter_mut().zip(&mut mean_square.data);
        for ((p, m), g) in pairs.zip(&gradient.data) {
            *m = self.decay * *m + (1.0 - self.decay) * g * g;
            *p -= lr * g / (m.sqrt() + self.eps);
        }
    }
}

/// Projects the slopes of an activation to `[0, 1]`, as after every update.
///
/// Never in the forward pass: there a slope that overstepped would get no gradient and stay frozen.
pub fn project_slopes(slopes: &mut Tensor) {
    for slope in &mut slopes.data {
        *slope = slope.clamp(0.0, 1.0);
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
