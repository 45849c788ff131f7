//! Stochastic gradient descent with momentum, as PyTorch has it without dampening: m = momentum m + g, p -= lr m.

use super::{Flat, Optimiser};
use crate::config::Config;
use crate::device::Dispatch;
use crate::kernels;

/// The constant apart from the learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Share of the last update in the next; 0 is plain gradient descent.
    pub momentum: f32,
}

impl Sgd {
    /// As the settings say.
    pub fn new(config: &Config) -> Sgd {
        Sgd { momentum: config.momentum }
    }
}

impl Optimiser for Sgd {
    fn state(&self) -> &'static [&'static str] {
        &["momentum"]
    }

    fn update(&self, flat: Flat<'_>) -> Dispatch {
        let count = flat.values.len();
        Dispatch::new(&kernels::SGD, "sgd")
            .params(&kernels::Sgd { count: count as u32, pair_begin: flat.kink_begin, momentum: self.momentum })
            .buffers(&[flat.gradients, flat.of_state("momentum"), flat.values])
            .elements(count)
    }

    fn change(&self, _: f64, state: &[f64], _: u32, lr: f64) -> f64 {
        -lr * state[0]
    }
}
