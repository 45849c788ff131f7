//! Layer kinds, each with its forward and backward dispatches side by side. Nothing here knows of GANs.

pub mod activation;
pub mod convolution;
pub mod layer;
pub mod network;
pub mod optimiser;
pub mod parameters;
pub mod reparameterisation;

pub use layer::{Activation, Kind, LayerSpec, Reparameterisation, Shape};
pub use network::{Activations, Network, Pass};
pub use parameters::{Parameters, Weights};
