//! Weights as they are.

use super::{Reparameterisation, Weight};
use crate::reference::Tensor;
use crate::reference::layer::Parameters;

/// `w = v`.
#[derive(Debug)]
pub struct Plain;

impl Reparameterisation for Plain {
    fn effective(&self, weight: &Weight, tensors: &Parameters) -> Tensor {
        weight.raw(tensors).clone()
    }

    fn backward(&self, _weight: &Weight, _tensors: &Parameters, dw: &Tensor) -> (Tensor, Option<Vec<f64>>) {
        (dw.clone(), None)
    }
}
