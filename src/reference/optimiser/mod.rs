//! What turns gradients into updates, a file for each.

use super::Tensor;
use crate::config::{self, Config, optimisers};
use std::fmt::Debug;
use std::sync::Arc;

/// An optimiser with its constants.
pub trait Optimiser: Debug + Send + Sync {
    /// What the tensors are called that it keeps for every parameter, in the parameter's shape; zeros at the start.
    fn state(&self) -> &'static [&'static str];

    /// Update number `t` = 1, 2, ... of one parameter in place; `state` are its tensors, in the order of their names.
    fn apply(&self, parameter: &mut Tensor, gradient: &Tensor, state: &mut [&mut Tensor], t: u32, lr: f64);
}

macro_rules! modules {
    (; $($module:ident $variant:ident $text:literal $more:tt $label:tt $hint:tt;)*) => {
        $(pub mod $module;)*

        /// The optimiser of `config`, whose constants are read as the decimal numbers they were written as: 0.9, not the
        /// f32 nearest to it.
        pub fn of(config: &Config) -> Arc<dyn Optimiser> {
            match config.optimiser {
                $(config::Optimiser::$variant => Arc::new($module::$variant::of(config)),)*
            }
        }
    };
}
optimisers! { modules }

/// The shortest decimal number that rounds to `value`.
#[expect(clippy::missing_panics_doc, reason = "what f32 writes, f64 reads")]
pub fn decimal(value: f32) -> f64 {
    value.to_string().parse().expect("a float is written as a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_the_decimals_they_were_written_as() {
        assert_eq!(rmsprop::Rmsprop::of(&Config::default()), rmsprop::Rmsprop::PAPER);
        assert_eq!(adam::Adam::of(&Config::default()), adam::Adam { beta1: 0.5, beta2: 0.999, eps: 1e-6 });
    }
}
