//! Adam (Kingma and Ba 2015) with bias correction: m1 and m2 are the decaying means of g and g^2,
//! p -= lr (m1/(1 - beta1^t))/(sqrt(m2/(1 - beta2^t)) + eps).

use super::{Flat, Optimiser};
use crate::config::Config;
use crate::device::Dispatch;
use crate::kernels;

/// The constants apart from the learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Decays of the mean and of the mean square.
    pub betas: [f32; 2],
    /// Outside the root.
    pub eps: f32,
}

impl Adam {
    /// As the settings say.
    pub fn new(config: &Config) -> Adam {
        Adam { betas: [config.beta1, config.beta2], eps: config.eps }
    }
}

impl Optimiser for Adam {
    fn state(&self) -> &'static [&'static str] {
        &["mean", "mean_square"]
    }

    fn update(&self, flat: Flat<'_>) -> Dispatch {
        let count = flat.values.len();
        let Adam { betas: [beta1, beta2], eps } = *self;
        Dispatch::new(&kernels::ADAM, "adam")
            .params(&kernels::Adam { count: count as u32, pair_begin: flat.kink_begin, beta1, beta2, eps })
            .buffers(&[flat.gradients, flat.of_state("mean"), flat.of_state("mean_square"), flat.values])
            .elements(count)
    }

    fn change(&self, _: f64, state: &[f64], t: u32, lr: f64) -> f64 {
        let [correction1, correction2] = self.betas.map(|beta| 1.0 - f64::from(beta).powf(f64::from(t)));
        -lr * (state[0] / correction1) / ((state[1] / correction2).sqrt() + f64::from(self.eps))
    }
}
