//! Reparameterisations: the effective weight w as a function of the raw parameter v, and the way back for gradients.
//!
//! Convolutions see only w. Batch normalisation is not of this kind: it couples samples.

use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::nn::layer::{LayerSpec, Op, Reparameterisation};
use crate::nn::parameters::Layout;
use crate::nn::spectral_norm::SpectralNorm;
use crate::nn::weight_norm::WeightNorm;

/// What makes the effective weights of a network whose weights are normalised; all its layers are of one kind.
#[derive(Debug)]
pub enum Normaliser {
    /// Strict and affine weight normalisation.
    Weight(WeightNorm),
    /// Spectral normalisation.
    Spectral(SpectralNorm),
}

impl Normaliser {
    /// The one that the layers ask for; `None` where weights are plain. `state` holds spectral norm's vectors.
    pub fn new(
        device: &Device,
        name: &str,
        specs: &[LayerSpec],
        layout: &Layout,
        state: &Buffer,
    ) -> Result<Option<Normaliser>> {
        let has = |wanted: &[Reparameterisation]| {
            specs.iter().any(|spec| matches!(spec.op, Op::Map(_, r) if wanted.contains(&r)))
        };
        if has(&[Reparameterisation::Strict, Reparameterisation::Affine]) {
            return Ok(Some(Normaliser::Weight(WeightNorm::new(device, name, specs, layout)?)));
        }
        if has(&[Reparameterisation::Spectral]) {
            return Ok(Some(Normaliser::Spectral(SpectralNorm::new(device, name, specs, layout, state)?)));
        }
        Ok(None)
    }

    /// Effective weights w, at the offsets of v.
    pub fn effective(&self) -> &Buffer {
        match self {
            Normaliser::Weight(norm) => &norm.effective,
            Normaliser::Spectral(norm) => &norm.effective,
        }
    }

    /// Recomputes effective weights after every update.
    pub fn after_update(&self, values: &Buffer) -> Vec<Dispatch> {
        match self {
            Normaliser::Weight(norm) => vec![norm.normalise(values)],
            Normaliser::Spectral(norm) => norm.iterate(values),
        }
    }

    /// Recomputes effective weights of values and state that were written from outside.
    pub fn after_loading(&self, values: &Buffer) -> Vec<Dispatch> {
        match self {
            Normaliser::Weight(norm) => vec![norm.normalise(values)],
            Normaliser::Spectral(norm) => norm.normalise(values),
        }
    }

    /// Turns gradients of w into gradients of v and of the gains, in place.
    pub fn pull_back(&self, values: &Buffer, gradients: &Buffer) -> Vec<Dispatch> {
        match self {
            Normaliser::Weight(norm) => vec![norm.pull_back(values, gradients)],
            Normaliser::Spectral(norm) => norm.pull_back(values, gradients),
        }
    }
}
