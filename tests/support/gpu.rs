//! One device for all tests of a crate, with WebGPU's default limits and no optional feature; and the processor.
//!
//! A missing adapter fails the tests that need one. `WNGAN_NO_GPU=1` says that there is none; they are then ignored.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use wn_gan::gpu::Gpu;
use wn_gan::gpu::context::Limits;
use wn_gan::nn::product::{Body, Size};

thread_local! {
    static ON_PROCESSOR: Cell<bool> = const { Cell::new(false) };
}

/// The processor as a device.
pub fn processor() -> Arc<Gpu> {
    static DEVICE: OnceLock<Arc<Gpu>> = OnceLock::new();
    DEVICE.get_or_init(|| Arc::new(Gpu::processor())).clone()
}

/// Does `work`, for which [`gpu`] is the processor.
pub fn on_processor<T>(work: impl FnOnce() -> T) -> T {
    let before = ON_PROCESSOR.replace(true);
    let done = work();
    ON_PROCESSOR.set(before);
    done
}

/// The device; its name is printed once.
pub fn gpu() -> Arc<Gpu> {
    if ON_PROCESSOR.get() {
        return processor();
    }
    static DEVICE: OnceLock<Arc<Gpu>> = OnceLock::new();
    let open = || {
        let gpu = pollster::block_on(Gpu::open(Limits::Default))
            .unwrap_or_else(|e| panic!("{e} (or set WNGAN_NO_GPU=1 to ignore the tests that need a GPU)"));
        eprintln!("adapter: {} ({})", gpu.name(), gpu.backend());
        Arc::new(gpu)
    };
    DEVICE.get_or_init(open).clone()
}

/// A second device, which may shuffle within subgroups of eight lanes (and within groups of four of them); `None`, and a
/// line that says so, where the adapter has no such subgroups. Real GPUs have larger ones, and never use the kernels that
/// need it.
pub fn subgroup_gpu() -> Option<Arc<Gpu>> {
    static DEVICE: OnceLock<Option<Arc<Gpu>>> = OnceLock::new();
    let open = || {
        let gpu = pollster::block_on(Gpu::open(Limits::Adapter)).unwrap_or_else(|e| panic!("{e}"));
        if gpu.lanes() != Body::Subgroup.lanes() {
            eprintln!("not checked: kernels for subgroups of eight lanes, which {} does not have", gpu.name());
            return None;
        }
        Some(Arc::new(gpu))
    };
    DEVICE.get_or_init(open).clone()
}

/// Every body of matrix products that this machine can run, with its device.
pub fn bodies() -> Vec<(Body, Arc<Gpu>)> {
    let tiles = [Size::Small, Size::Medium, Size::Large].map(|size| (Body::Tile(size), gpu()));
    let of_subgroups = subgroup_gpu().into_iter().flat_map(|gpu| [(Body::Quad, gpu.clone()), (Body::Subgroup, gpu)]);
    let of_adapter = tiles.into_iter().chain(of_subgroups).filter(|(body, gpu)| body.runs_on(gpu));
    std::iter::once((Body::Panel, processor())).chain(of_adapter).collect()
}

/// The fastest body that this adapter can run, with its device.
pub fn fast() -> (Body, Arc<Gpu>) {
    bodies().pop().expect("there are tiles")
}
