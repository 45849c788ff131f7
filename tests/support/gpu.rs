//! One device for all tests of a crate, with WebGPU's default limits and no optional feature.
//!
//! A missing adapter fails the tests that need one. `WNGAN_NO_GPU=1` says that there is none; they are then ignored.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

use std::sync::{Arc, OnceLock};
use wn_gan::gpu::Gpu;
use wn_gan::gpu::context::Limits;

/// The device; its name is printed once.
pub fn gpu() -> Arc<Gpu> {
    static DEVICE: OnceLock<Arc<Gpu>> = OnceLock::new();
    let open = || {
        let gpu = pollster::block_on(Gpu::open(Limits::Default))
            .unwrap_or_else(|e| panic!("{e} (or set WNGAN_NO_GPU=1 to ignore the tests that need a GPU)"));
        eprintln!("adapter: {} ({})", gpu.name(), gpu.backend());
        Arc::new(gpu)
    };
    DEVICE.get_or_init(open).clone()
}
