//! Optimisers over flat buffers: one dispatch per network, slopes projected to [0, 1] in the same dispatch. Each is one
//! file, which owns named state tensors; the table of settings names them (`optimisers` in src/config/table.rs).

use crate::config::{self, Config};
use crate::device::{Buffer, Dispatch};
use std::fmt::Debug;

macro_rules! modules {
    (; $($module:ident $variant:ident $text:literal {} $label:tt $hint:tt;)*) => {
        $(pub mod $module;)*

        /// The optimiser of both networks that the settings name.
        pub fn of(config: &Config) -> Box<dyn Optimiser> {
            match config.optimiser { $(config::Optimiser::$variant => Box::new($module::$variant::new(config)),)* }
        }
    };
}
crate::config::optimisers! { modules }

/// Flat buffers of one length: what an optimiser works on.
#[derive(Debug, Clone, Copy)]
pub struct Flat<'a> {
    /// What is learned.
    pub values: &'a Buffer,
    /// Its gradients.
    pub gradients: &'a Buffer,
    /// The optimiser's state, as [`Optimiser::state`] names it.
    pub state: &'a [(&'static str, Buffer)],
    /// From this element on values are (threshold, slope) pairs.
    pub kink_begin: u32,
}

impl<'a> Flat<'a> {
    /// The state tensor of a name.
    fn of_state(&self, name: &str) -> &'a Buffer {
        let found = self.state.iter().find(|(of, _)| *of == name);
        &found.expect("state is allocated for every name of the optimiser").1
    }
}

/// What turns gradients into updates.
pub trait Optimiser: Debug {
    /// Names of its state tensors, each with the parameters' layout; they start as zeros.
    fn state(&self) -> &'static [&'static str];

    /// The update of all values, in place. The learning rate and what depends on the number of the update come from the
    /// step's uniforms.
    fn update(&self, flat: Flat<'_>) -> Dispatch;

    /// What the update number `t` = 1, 2, ... with the rate `lr` added to a parameter, from the gradient that it consumed
    /// and the state that it left (in the order of [`Self::state`]).
    fn change(&self, gradient: f64, state: &[f64], t: u32, lr: f64) -> f64;

    /// RMSprop, where it is that: there is a kernel for it together with weight normalisation.
    fn as_rmsprop(&self) -> Option<&rmsprop::Rmsprop> {
        None
    }
}
