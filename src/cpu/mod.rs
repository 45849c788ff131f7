//! The kernels on the cpu itself: the same WGSL, which the build script has written out as Rust (build/module.rs).
//! For machines without a graphics adapter, where a driver that imitates one is several times as slow as this.

mod memory;
mod wgsl;

use memory::*;
use std::cell::Cell;
use std::marker::PhantomData;
use wgsl::*;

/// One dispatch.
#[derive(Debug)]
pub struct Job<'a> {
    /// The kernel's parameter block.
    pub params: Words<'a>,
    /// The running step's block.
    pub step: Words<'a>,
    /// Storage buffers in binding order.
    pub buffers: Vec<Words<'a>>,
    /// Values of `override` constants by name.
    pub overrides: &'a [(&'static str, u32)],
    /// Workgroups per dimension.
    pub grid: [u32; 3],
}

impl Job<'_> {
    fn given(&self, name: &str) -> Option<u32> {
        self.overrides.iter().find(|(of, _)| *of == name).map(|&(_, value)| value)
    }

    fn workgroups(&self) -> impl Iterator<Item = Vector<u32, 3>> {
        let [x, y, z] = self.grid;
        (0..z).flat_map(move |k| (0..y).flat_map(move |j| (0..x).map(move |i| Vector([i, j, k]))))
    }
}

/// What the build script wrote.
#[allow(
    clippy::all,
    clippy::pedantic,
    unused,
    non_snake_case,
    missing_docs,
    reason = "written by a program, for a compiler"
)]
mod kernels {
    use super::*;
    include!(concat!(env!("OUT_DIR"), "/cpu.rs"));
}

/// The function that runs a kernel, if it was written out: those that need no barrier.
pub fn kernel(name: &str) -> Option<fn(&Job<'_>)> {
    kernels::KERNELS.iter().find(|(of, _)| *of == name).map(|&(_, run)| run)
}
