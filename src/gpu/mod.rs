//! What the rest of the crate knows of wgpu: a device, buffers, kernels compiled into programs, and read-back.

pub mod buffer;
pub mod context;
pub mod program;
pub mod readback;
pub mod timing;

pub use buffer::{Buffer, View};
pub use context::{Gpu, Submission};
pub use program::{Call, Overrides, Program, Progress, StepSlots};
pub use timing::Timer;
