//! What the rest of the crate knows of wgpu: a device, buffers, kernels compiled into programs, and read-back. The processor
//! can take the place of all of it.

pub mod buffer;
pub mod call;
pub mod context;
#[cfg(not(target_arch = "wasm32"))]
pub mod description;
pub mod encoder;
pub mod pipeline;
pub mod program;
pub mod readback;
mod task;
pub mod timing;

pub use buffer::{Buffer, View};
pub use call::{Call, Overrides};
pub use context::{Gpu, Submission};
pub use encoder::Encoder;
pub use program::{Program, Progress, StepSlots};
pub use timing::Timer;
