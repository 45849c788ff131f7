//! Layer kinds, each with its forward and backward dispatches side by side. Nothing here knows of GANs.

pub mod activation;
pub mod addition;
pub mod batch_norm;
pub mod convolution;
pub mod flow;
pub mod gemm;
pub mod layer;
pub mod lending;
pub mod network;
pub mod optimiser;
pub mod parameters;
pub mod partial;
pub mod pass;
pub mod pooling;
pub mod reparameterisation;
pub mod spectral_norm;
pub mod sums;
pub mod update;
pub mod weight_norm;

pub use layer::{Kind, LayerSpec, LinearMap, Op, Reparameterisation, Shape};
pub use lending::Spare;
pub use network::{Activations, Network};
pub use parameters::{Parameters, Weights};
pub use pass::{Backward, Pass};
