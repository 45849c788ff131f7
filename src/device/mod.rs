//! Devices: buffers, dispatch lists that are compiled once and replayed, read-back, time. What the rest of the crate sees
//! is the seam below; behind it two back ends do the work: `webgpu`, all that the crate knows of wgpu, and `cpu`, the
//! same shaders compiled as Rust.
//!
//! A file here imports what it needs from the files beside it, never from this one, so that no two import each other
//! (docs/architecture.md has the order, tests/architecture.rs checks it).

mod backend;
mod buffer;
mod calibration;
mod context;
mod counters;
mod cpu;
mod details;
mod dispatch;
mod dispatch_list;
mod encoder;
mod open;
mod pace;
mod progress;
mod readback;
mod self_test;
mod simulated;
mod step_uniforms;
mod timing;
mod webgpu;
mod work;

pub use backend::{Overrides, Submission};
pub use buffer::{Buffer, View};
pub use context::Device;
pub use counters::Counts;
pub use details::Details;
pub use dispatch::Dispatch;
pub use dispatch_list::DispatchList;
pub use encoder::Encoder;
pub use open::DeviceChoice;
pub use pace::{MOST_IN_FLIGHT, Mark};
pub use progress::Progress;
pub use readback::{Reading, Staging};
pub use simulated::Simulation;
pub use step_uniforms::StepUniforms;
pub use timing::Timer;
pub use webgpu::Limits;
