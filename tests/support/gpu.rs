//! A GPU for every thread, with WebGPU's default limits and no optional feature; and the cpu.
//!
//! A missing adapter fails the tests that need one. `WNGAN_NO_GPU=1` says that there is none; they are then ignored.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

use std::cell::Cell;
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use wn_gan::device::{Device, Limits};
use wn_gan::nn::gemm::{TileSize, Variant};

thread_local! {
    static ON_CPU: Cell<bool> = const { Cell::new(false) };
    static LEASE: Lease = Lease::take();
}

/// GPUs that no thread uses now.
static FREE: Mutex<Vec<Arc<Device>>> = Mutex::new(Vec::new());

/// A GPU that no other thread uses: a driver in software compiles for each device in one thread.
struct Lease(Arc<Device>);

impl Lease {
    fn take() -> Lease {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Lease(free.unwrap_or_else(open))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(self.0.clone());
    }
}

fn open() -> Arc<Device> {
    let gpu = pollster::block_on(Device::open(Limits::Default))
        .unwrap_or_else(|e| panic!("{e} (or set WNGAN_NO_GPU=1 to ignore the tests that need a GPU)"));
    static NAMED: Once = Once::new();
    NAMED.call_once(|| eprintln!("adapter: {} ({})", gpu.name(), gpu.backend()));
    Arc::new(gpu)
}

/// The cpu as a device.
pub fn cpu() -> Arc<Device> {
    static DEVICE: OnceLock<Arc<Device>> = OnceLock::new();
    DEVICE.get_or_init(|| Arc::new(Device::cpu())).clone()
}

/// Does `work`, for which [`gpu`] is the cpu.
pub fn on_cpu<T>(work: impl FnOnce() -> T) -> T {
    let before = ON_CPU.replace(true);
    let done = work();
    ON_CPU.set(before);
    done
}

/// The GPU of this thread.
pub fn gpu() -> Arc<Device> {
    if ON_CPU.get() { cpu() } else { LEASE.with(|lease| lease.0.clone()) }
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
