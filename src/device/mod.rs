//! What the rest of the crate knows of wgpu: a device, buffers, kernels compiled into programs, and read-back. The cpu
//! can take the place of all of it.

pub mod buffer;
pub mod context;
pub mod description;
pub mod dispatch;
pub mod dispatch_list;
pub mod encoder;
pub mod pipeline;
pub mod readback;
mod task;
pub mod timing;

pub use buffer::{Buffer, View};
pub use context::{Device, Submission};
pub use dispatch::{Dispatch, Overrides};
pub use dispatch_list::{DispatchList, Progress, StepUniforms};
pub use encoder::Encoder;
pub use timing::Timer;
