//! The f64 twins: every kernel again as plain loops on the CPU, in PyTorch's layouts and with the authors' names.
//!
//! `shaders/NAME.wgsl` is checked against `reference/NAME.rs`; the twins themselves are checked by finite differences
//! and, as whole training steps, against PyTorch. They favour being obviously right over being fast, and they know
//! nothing of the GPU. A shape that does not fit is a programming error and panics.

pub mod activation;
pub mod adam;
pub mod addition;
pub mod addition_backward;
pub mod average_pool;
pub mod batch_norm;
pub mod batch_norm_backward;
mod builder;
pub mod channel_affine;
pub mod column_sum;
pub mod conv;
pub mod conv_transpose;
pub mod conv_weight_gradient;
mod dcgan;
pub mod gan_loss;
pub mod gather_batch;
pub mod latent;
pub mod layer;
mod level;
pub mod linear;
pub mod mse;
pub mod network;
pub mod operation;
pub mod optimiser;
mod patches;
pub mod reconstruction;
pub mod reduce_partials;
mod resnet;
pub mod rmsprop;
pub mod sample_sheet;
pub mod sigmoid;
pub mod sigmoid_backward;
pub mod spectral_norm;
pub mod spectral_norm_backward;
pub mod tensor;
pub mod tprelu;
pub mod tprelu_backward;
pub mod training;
pub mod upsample;
pub mod weight_norm;
pub mod weight_norm_backward;

pub use tensor::Tensor;
