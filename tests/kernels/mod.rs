//! Checks of every kernel against its f64 reference. A check takes the kernel as an argument and returns a report, so that
//! `tests/kernels.rs` runs it on the kernel itself and `tests/harness.rs` on copies with planted errors.

pub mod activation;
pub mod addition;
pub mod batch_norm;
pub mod batch_statistics;
pub mod convolution;
pub mod data;
pub mod device;
pub mod loss;
pub mod optimiser;
pub mod peak;
pub mod pixel_norm;
pub mod pooling;
pub mod spectral_norm;
pub mod sums;
pub mod weight_norm;
pub mod weight_norm_update;

#[path = "../support/compare.rs"]
pub mod compare;
#[path = "../support/gpu.rs"]
pub mod gpu;
