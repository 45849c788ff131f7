//! No reparameterisation: w = v.

use super::{MapsOfNetwork, Reparameterisation};
use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::nn::layer::linear_map::LinearMap;
use crate::nn::parameters::Weights;
use crate::nn::tensor::Block;

/// The parameters are the weights.
#[derive(Debug)]
pub struct Plain {
    values: Buffer,
}

/// Nothing is kept.
pub fn state(_: &LinearMap) -> Option<Block> {
    None
}

impl Plain {
    /// Of a network's parameters.
    pub(super) fn new(_: &Device, maps: &MapsOfNetwork<'_>) -> Result<Plain> {
        Ok(Plain { values: maps.values.clone() })
    }
}

impl Reparameterisation for Plain {
    fn effective(&self) -> &Buffer {
        &self.values
    }

    fn has_own_weights(&self) -> bool {
        false
    }

    fn normalise(&self, _: &Weights) -> Vec<Dispatch> {
        Vec::new()
    }

    fn pull_back(&self, _: &Buffer, _: &Buffer) -> Vec<Dispatch> {
        Vec::new()
    }
}
