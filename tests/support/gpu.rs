//! One device for all tests of a crate, with WebGPU's default limits and no optional feature; and the cpu.
//!
//! A missing adapter fails the tests that need one. `WNGAN_NO_GPU=1` says that there is none; they are then ignored.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use wn_gan::device::Device;
use wn_gan::device::context::Limits;
use wn_gan::nn::gemm::{TileSize, Variant};

thread_local! {
    static ON_PROCESSOR: Cell<bool> = const { Cell::new(false) };
}

/// The cpu as a device.
pub fn cpu() -> Arc<Device> {
    static DEVICE: OnceLock<Arc<Device>> = OnceLock::new();
    DEVICE.get_or_init(|| Arc::new(Device::cpu())).clone()
}

/// Does `work`, for which [`gpu`] is the cpu.
pub fn on_cpu<T>(work: impl FnOnce() -> T) -> T {
    let before = ON_PROCESSOR.replace(true);
    let done = work();
    ON_PROCESSOR.set(before);
    done
}

/// The device; its name is printed once.
pub fn gpu() -> Arc<Device> {
    if ON_PROCESSOR.get() {
        return cpu();
    }
    static DEVICE: OnceLock<Arc<Device>> = OnceLock::new();
    let open = || {
        let gpu = pollster::block_on(Device::open(Limits::Default))
            .unwrap_or_else(|e| panic!("{e} (or set WNGAN_NO_GPU=1 to ignore the tests that need a GPU)"));
        eprintln!("adapter: {} ({})", gpu.name(), gpu.backend());
        Arc::new(gpu)
    };
    DEVICE.get_or_init(open).clone()
}

/// Every variant of matrix products that this machine can run, with its device.
pub fn variants() -> Vec<(Variant, Arc<Device>)> {
    let tiles = [TileSize::Small, TileSize::Medium, TileSize::Large].map(|size| (Variant::Tile(size), gpu()));
    [(Variant::Panel, cpu()), (Variant::Plain, gpu())].into_iter().chain(tiles).collect()
}

/// The variant that suits this adapter, with it.
pub fn suited() -> (Variant, Arc<Device>) {
    let gpu = gpu();
    (Variant::for_device(&gpu), gpu)
}
