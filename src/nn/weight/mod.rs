//! Reparameterisations: the effective weight w as a function of the raw parameter v, and the pull-back of gradients from w
//! to v. Both lie at the same offsets, [kernel_h, kernel_w, big_c, small_c] for every map. Each is one file; the table of
//! settings names them (`reparameterisations` in src/config/table.rs).
//!
//! Convolutions see only w. Batch normalisation is not of this kind: it couples samples.

use crate::config;
use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::nn::layer::LayerSpec;
use crate::nn::layer::linear_map::LinearMap;
use crate::nn::optimiser::Optimiser;
use crate::nn::parameters::{Layout, Parameters, Weights};
use crate::nn::plan::Activations;
use crate::nn::tensor::{Block, Section};
use std::fmt::Debug;

pub mod channel_blocks;

macro_rules! modules {
    ($($module:ident $variant:ident;)*) => {
        $(pub mod $module;)*

        /// What a linear map with this reparameterisation keeps in the network's state, in its own layout and start values.
        pub fn state(kind: config::Reparameterisation, map: &LinearMap) -> Option<Block> {
            match kind { $(config::Reparameterisation::$variant => $module::state(map),)* }
        }

        /// The reparameterisation of a network, all of whose linear maps have the same.
        ///
        /// # Errors
        /// [`crate::Error::Limit`] when a buffer is too large for the device.
        pub fn of_network(
            device: &Device,
            name: &str,
            specs: &[LayerSpec],
            layout: &Layout,
            values: &Buffer,
            state: &Buffer,
        ) -> Result<Box<dyn Reparameterisation>> {
            let maps = MapsOfNetwork { name, specs, layout, values, state };
            match maps.kind() { $(config::Reparameterisation::$variant => Ok(Box::new($module::$variant::new(device, &maps)?)),)* }
        }
    };
}
crate::config::reparameterisations! { modules }

/// The linear maps of a network, and where their parameters lie.
#[derive(Debug, Clone, Copy)]
pub struct MapsOfNetwork<'a> {
    /// Labels buffers.
    pub name: &'a str,
    /// Its layers.
    pub specs: &'a [LayerSpec],
    /// Where their parameters lie.
    pub layout: &'a Layout,
    /// The parameters.
    pub values: &'a Buffer,
    /// The state.
    pub state: &'a Buffer,
}

impl MapsOfNetwork<'_> {
    fn kind(&self) -> config::Reparameterisation {
        let mut kinds = self.specs.iter().filter_map(|spec| Some(spec.linear_map()?.weight.reparameterisation));
        let first = kinds.next().unwrap_or(config::Reparameterisation::Plain);
        debug_assert!(kinds.all(|kind| kind == first), "all linear maps of a network have one reparameterisation");
        first
    }

    /// Number, map and raw weight's offset of every linear map.
    pub fn maps(&self) -> impl Iterator<Item = (usize, LinearMap, u32)> {
        let map = |(number, spec): (usize, &LayerSpec)| {
            let weight = self.layout.layers[number].offset(Section::Weight)?;
            Some((number, spec.linear_map()?, weight))
        };
        self.specs.iter().enumerate().filter_map(map)
    }

    /// A buffer for effective weights, at the offsets of v.
    fn effective_weights(&self, device: &Device) -> Result<Buffer> {
        Buffer::new(device, &format!("{} effective weights", self.name), self.layout.weights as usize)
    }

    /// A table of blocks on the device.
    fn table<T: bytemuck::Pod>(&self, device: &Device, what: &str, blocks: &[T]) -> Result<Buffer> {
        let buffer = Buffer::new(device, &format!("{} {what}", self.name), size_of_val(blocks) / 4)?;
        buffer.write(device, blocks);
        Ok(buffer)
    }
}

/// How a network's effective weights are made.
pub trait Reparameterisation: Debug {
    /// Effective weights w of the live parameters, one element for each of v, at the offsets of v.
    fn effective(&self) -> &Buffer;

    /// Whether effective weights are others than the parameters themselves.
    fn has_own_weights(&self) -> bool {
        true
    }

    /// Computes effective weights from the live parameters and their state.
    fn normalise(&self, weights: &Weights) -> Vec<Dispatch>;

    /// The same for a copy, without touching what belongs to the live parameters.
    fn normalise_copy(&self, copy: &Weights) -> Vec<Dispatch> {
        self.normalise(copy)
    }

    /// What follows every update of the live parameters: new effective weights, and new state.
    fn after_update(&self, weights: &Weights) -> Vec<Dispatch> {
        self.normalise(weights)
    }

    /// Turns gradients of w into gradients of v and of the gains, in place.
    fn pull_back(&self, values: &Buffer, gradients: &Buffer) -> Vec<Dispatch>;

    /// The whole update, from the parts of gradients to new effective weights, where there is a kernel for it together with
    /// the optimiser.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] when a buffer is too large for the device.
    fn fused_update(&self, update: &FusedUpdate<'_>) -> Result<Option<Dispatch>> {
        let _ = update;
        Ok(None)
    }

    /// How often [`Self::after_update`] is repeated for parameters that come without state.
    fn initial_iterations(&self) -> u32 {
        0
    }
}

/// What an update as a whole works on.
#[derive(Debug)]
pub struct FusedUpdate<'a> {
    /// The device.
    pub device: &'a Device,
    /// Labels buffers.
    pub name: &'a str,
    /// The layers.
    pub specs: &'a [LayerSpec],
    /// Their parameters.
    pub parameters: &'a Parameters,
    /// Where the parts of gradients lie.
    pub activations: &'a Activations,
    /// The optimiser.
    pub optimiser: &'a dyn Optimiser,
}
