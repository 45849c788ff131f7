//! Neural networks on a device: layers with their forward and backward dispatches side by side, reparameterisations of
//! their weights, optimisers, and the plans by which passes and updates run. Nothing here knows of GANs.

pub mod gemm;
pub mod layer;
pub mod network;
pub mod optimiser;
pub mod parameters;
pub mod pass;
pub mod plan;
pub mod shape;
pub mod sums;
pub mod tensor;
pub mod update;
pub mod weight;

pub use layer::{Io, Layer, LayerSpec};
pub use network::Network;
pub use parameters::{Parameters, Weights};
pub use pass::{BackwardPass, Pass};
pub use plan::Activations;
pub use shape::Shape;
