//! Forced weight normalisation (EDM2, Karras et al. 2024): weight normalisation whose raw weight is projected to unit norm
//! after every update.

use super::weight_norm::{WeightNorm, weight_norm};
use super::{Reparameterisation, Weight};
use crate::reference::Tensor;
use crate::reference::layer::Parameters;

/// The effective weight is [`WeightNorm`]'s.
#[derive(Debug)]
pub struct ForcedWeightNorm;

impl Reparameterisation for ForcedWeightNorm {
    fn effective(&self, weight: &Weight, tensors: &Parameters) -> Tensor {
        WeightNorm.effective(weight, tensors)
    }

    fn backward(&self, weight: &Weight, tensors: &Parameters, dw: &Tensor) -> (Tensor, Option<Vec<f64>>) {
        WeightNorm.backward(weight, tensors, dw)
    }

    /// `v = v / n`, without the gain.
    fn updated(&self, weight: &Weight, _before: &Parameters, tensors: &mut Parameters) {
        let v = weight.raw(tensors);
        let units = vec![1.0; v.shape[weight.axis]];
        let projected = weight_norm(v, weight.axis, weight.share, &units);
        tensors.insert(weight.key("weight"), projected);
    }
}
