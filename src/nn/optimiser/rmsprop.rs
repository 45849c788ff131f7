//! RMSprop, the paper's optimiser: m = decay m + (1 - decay) g^2, p -= lr g/(sqrt(m) + eps). No bias correction.

use super::{Flat, Optimiser};
use crate::config::Config;
use crate::device::Dispatch;
use crate::kernels;

/// The constants apart from the learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rmsprop {
    /// Of the mean square.
    pub decay: f32,
    /// Outside the root.
    pub eps: f32,
}

impl Rmsprop {
    /// As the settings say.
    pub fn new(config: &Config) -> Rmsprop {
        Rmsprop { decay: config.decay, eps: config.eps }
    }
}

impl Optimiser for Rmsprop {
    fn state(&self) -> &'static [&'static str] {
        &["mean_square"]
    }

    fn update(&self, flat: Flat<'_>) -> Dispatch {
        let count = flat.values.len();
        let Rmsprop { decay, eps } = *self;
        Dispatch::new(&kernels::RMSPROP, "rmsprop")
            .params(&kernels::Rmsprop { count: count as u32, pair_begin: flat.kink_begin, decay, eps })
            .buffers(&[flat.gradients, flat.of_state("mean_square"), flat.values])
            .elements(count)
    }

    fn change(&self, gradient: f64, state: &[f64], _: u32, lr: f64) -> f64 {
        -lr * gradient / (state[0].sqrt() + f64::from(self.eps))
    }

    fn as_rmsprop(&self) -> Option<&Rmsprop> {
        Some(self)
    }
}
