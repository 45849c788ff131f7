//! Stochastic gradient descent with momentum, as `torch.optim.SGD` has it without dampening.

use super::{Optimiser, decimal};
use crate::config::Config;
use crate::reference::Tensor;

/// The constant apart from the learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Share of the last update in the next.
    pub momentum: f64,
}

impl Sgd {
    /// With the constant of `config`.
    pub fn of(config: &Config) -> Sgd {
        Sgd { momentum: decimal(config.momentum) }
    }

    /// One update in place: `m = momentum m + g`, then `p -= lr m`. All three tensors have one shape; `m` starts as zeros.
    pub fn update(&self, parameter: &mut Tensor, gradient: &Tensor, mean: &mut Tensor, lr: f64) {
        for ((p, m), g) in parameter.data.iter_mut().zip(&mut mean.data).zip(&gradient.data) {
            *m = self.momentum * *m + g;
            *p -= lr * *m;
        }
    }
}

impl Optimiser for Sgd {
    fn state(&self) -> &'static [&'static str] {
        &["momentum"]
    }

    fn apply(&self, parameter: &mut Tensor, gradient: &Tensor, state: &mut [&mut Tensor], _t: u32, lr: f64) {
        self.update(parameter, gradient, state[0], lr);
    }
}
