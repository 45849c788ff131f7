//! The reference implementation: everything that the GPU computes, again as plain loops in f64 on the CPU, in PyTorch's
//! layouts and with the authors' names.
//!
//! `shaders/NAME.wgsl` and `shaders/NAME_backward.wgsl` are checked against the functions of `NAME.rs`, which lies here or
//! in the folder of its kind: [`layer`], [`weight`] (reparameterisations), [`optimiser`], [`loss`]. What a kind must be
//! able to do is the trait at the head of its folder, and which there are says the table of settings
//! (`src/config/table.rs`). All of it is checked by finite differences and, as whole training steps, against PyTorch. It
//! favours being obviously right over being fast, and knows nothing of the GPU. A shape that does not fit is a programming
//! error and panics.

mod builder;
pub mod column_sum;
mod dcgan;
pub mod gather_batch;
pub mod geometry;
pub mod image_grid;
pub mod latent;
pub mod layer;
mod level;
pub mod loss;
pub mod mse;
pub mod network;
pub mod optimiser;
mod patches;
pub mod reconstruction;
pub mod reduce_partials;
mod resnet;
pub mod tensor;
pub mod training;
pub mod weight;

pub use tensor::Tensor;
