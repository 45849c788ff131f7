//! The f64 twins: every kernel again as plain loops on the CPU, in PyTorch's layouts and with the authors' names.
//!
//! `shaders/NAME.wgsl` is checked against `reference/NAME.rs`; the twins themselves are checked by finite differences
//! and, as whole training steps, against PyTorch. They favour being obviously right over being fast, and they know
//! nothing of the GPU. A shape that does not fit is a programming error and panics.

pub mod column_sum;
pub mod conv;
pub mod conv_transpose;
pub mod conv_weight_gradient;
pub mod gan_loss;
pub mod gather_batch;
pub mod latent;
pub mod layer;
pub mod linear;
pub mod mse;
pub mod network;
pub mod reconstruction;
pub mod reduce_partials;
pub mod rmsprop;
pub mod sample_sheet;
pub mod sigmoid;
pub mod sigmoid_backward;
pub mod tensor;
pub mod tprelu;
pub mod tprelu_backward;
pub mod training;
pub mod weight_norm;
pub mod weight_norm_backward;

pub use tensor::Tensor;
