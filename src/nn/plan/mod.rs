//! What is planned of a network before anything runs: how gradients flow back, where the parts of their sums lie, and which
//! memory is used twice.

pub mod activations;
pub mod backward;
pub mod gradient_parts;
pub mod liveness;

pub use activations::Activations;
pub use backward::BackwardPlan;
pub use gradient_parts::{GradientParts, Parts};
pub use liveness::FreeBuffers;
