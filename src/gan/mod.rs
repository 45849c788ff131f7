//! The paper's networks, their training step, the reconstruction test, and what is saved of them.

pub mod architecture;
pub mod bench;
mod builder;
pub mod checkpoint;
mod checksum;
pub mod cost;
pub mod dcgan;
pub mod images;
pub mod init;
pub mod inspect;
pub mod memory;
pub mod metrics;
pub mod nchw;
pub mod networks;
pub mod reconstruction;
pub mod resnet;
pub mod samples;
pub mod state_dict;
pub mod step;
pub mod trainer;

pub use reconstruction::{TestProgress, TestResult};
pub use samples::ImageGrid;
pub use trainer::{Report, Trainer};
