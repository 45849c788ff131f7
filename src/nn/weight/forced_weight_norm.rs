//! Forced weight normalisation (EDM2, Karras et al. 2024): weight normalisation whose raw weight is projected to unit norm
//! after every update, so that the norm cannot grow and the effective learning rate does not fall with it.

use super::weight_norm::{self, WeightNorm};
use super::{MapsOfNetwork, Reparameterisation};
use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::kernels;
use crate::nn::layer::linear_map::LinearMap;
use crate::nn::parameters::Weights;
use crate::nn::tensor::Block;

/// Weight normalisation, and the projection.
#[derive(Debug)]
pub struct ForcedWeightNorm(WeightNorm);

/// Nothing is kept.
pub fn state(map: &LinearMap) -> Option<Block> {
    weight_norm::state(map)
}

impl ForcedWeightNorm {
    /// Of all linear maps.
    pub(super) fn new(device: &Device, maps: &MapsOfNetwork<'_>) -> Result<ForcedWeightNorm> {
        WeightNorm::new(device, maps).map(ForcedWeightNorm)
    }
}

impl Reparameterisation for ForcedWeightNorm {
    fn effective(&self) -> &Buffer {
        self.0.effective()
    }

    fn normalise(&self, weights: &Weights) -> Vec<Dispatch> {
        self.0.normalise(weights)
    }

    fn normalise_copy(&self, copy: &Weights) -> Vec<Dispatch> {
        self.0.normalise_copy(copy)
    }

    /// v = v/n, and w of the new v.
    fn after_update(&self, weights: &Weights) -> Vec<Dispatch> {
        vec![self.0.of_live_channels(&kernels::FORCED_WEIGHT_NORM, "forced weight norm", weights)]
    }

    fn pull_back(&self, values: &Buffer, gradients: &Buffer) -> Vec<Dispatch> {
        self.0.pull_back(values, gradients)
    }
}
