//! The optimiser that a configuration names.

use super::Tensor;
use super::adam::Adam;
use super::rmsprop::Rmsprop;
use crate::config::{self, Config};

/// What turns gradients into updates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimiser {
    /// RMSprop; needs mean squared gradients.
    Rmsprop(Rmsprop),
    /// Adam; needs mean gradients too.
    Adam(Adam),
}

impl From<Rmsprop> for Optimiser {
    fn from(rmsprop: Rmsprop) -> Optimiser {
        Optimiser::Rmsprop(rmsprop)
    }
}

impl From<Adam> for Optimiser {
    fn from(adam: Adam) -> Optimiser {
        Optimiser::Adam(adam)
    }
}

impl Optimiser {
    /// The optimiser of `config`, whose constants are read as the decimal numbers they were written as: 0.9, not the f32
    /// nearest to it.
    pub fn of(config: &Config) -> Optimiser {
        let eps = decimal(config.eps);
        match config.optimiser {
            config::Optimiser::Rmsprop => Rmsprop { decay: decimal(config.decay), eps }.into(),
            config::Optimiser::Adam => Adam { beta1: decimal(config.beta1), beta2: decimal(config.beta2), eps }.into(),
        }
    }

    /// Update number `t` = 1, 2, ... of one parameter in place. All tensors have one shape; both means start as zeros, and
    /// RMSprop leaves the first as it is.
    pub fn update(&self, parameter: &mut Tensor, gradient: &Tensor, means: [&mut Tensor; 2], t: u32, lr: f64) {
        let [mean, mean_square] = means;
        match self {
            Optimiser::Rmsprop(rmsprop) => rmsprop.update(parameter, gradient, mean_square, lr),
            Optimiser::Adam(adam) => adam.update(parameter, gradient, mean, mean_square, t, lr),
        }
    }
}

/// The shortest decimal number that rounds to `value`.
pub fn decimal(value: f32) -> f64 {
    value.to_string().parse().expect("a float is written as a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_the_decimals_they_were_written_as() {
        assert_eq!(Optimiser::of(&Config::default()), Rmsprop::PAPER.into());
        let config = Config { optimiser: config::Optimiser::Adam, ..Config::default() };
        assert_eq!(Optimiser::of(&config), Adam { beta1: 0.5, beta2: 0.999, eps: 1e-6 }.into());
    }
}
