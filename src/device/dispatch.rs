//! A dispatch before it is compiled.

use crate::device::backend::Overrides;
use crate::device::buffer::Buffer;
use crate::device::work;
use crate::kernels::{Binding, Kernel};
use bytemuck::Pod;

/// WebGPU's default limit of workgroups per dimension.
pub(super) const MAX_GROUPS: u32 = 65_535;

/// One dispatch, described: kernel, parameters, buffers, grid.
#[derive(Debug, Clone)]
pub struct Dispatch {
    pub(super) kernel: &'static Kernel,
    pub(super) label: String,
    pub(super) overrides: Overrides,
    pub(super) params: Vec<u8>,
    pub(super) buffers: Vec<Buffer>,
    pub(super) grid: [u32; 3],
    pub(super) multiply_adds: u64,
    touched: Option<u64>,
}

impl Dispatch {
    /// A dispatch of one workgroup of `kernel`.
    pub fn new(kernel: &'static Kernel, label: &str) -> Dispatch {
        Dispatch {
            kernel,
            label: label.into(),
            overrides: Vec::new(),
            params: Vec::new(),
            buffers: Vec::new(),
            grid: [1; 3],
            multiply_adds: 0,
            touched: None,
        }
    }

    /// The kernel.
    pub fn kernel(&self) -> &'static Kernel {
        self.kernel
    }

    /// What the dispatch is for.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Workgroups of the dispatch.
    pub fn workgroup_count(&self) -> u64 {
        self.grid.iter().map(|&count| u64::from(count)).product()
    }

    /// Multiply-adds of its matrix product, those beyond the edges of a matrix among them.
    pub fn work(&self) -> u64 {
        self.multiply_adds
    }

    /// Bytes of storage that it reads or writes at most, each counted once however often: the least that has to move between
    /// memory and a device whose caches are perfect. Buffers are bound whole and most of one may be another dispatch's, so
    /// whoever builds the dispatch says how many elements are its own ([`Self::touches`], [`Self::elements`]); where nobody
    /// has said, it is all of every buffer.
    pub fn traffic(&self) -> u64 {
        let bound = || self.buffers.iter().map(|buffer| buffer.len() as u64).sum();
        4 * self.touched.unwrap_or_else(bound)
    }

    /// Its estimated work, in multiply-adds: those that it does, and as many as take about as long as its launch and its
    /// traffic.
    pub fn cost(&self) -> u64 {
        work::cost(self.multiply_adds, self.traffic())
    }

    /// The kernel's parameter block.
    pub fn params<T: Pod>(mut self, params: &T) -> Dispatch {
        self.params = bytemuck::bytes_of(params).to_vec();
        self
    }

    /// The storage buffers, in binding order.
    pub fn buffers(mut self, buffers: &[&Buffer]) -> Dispatch {
        self.buffers = buffers.iter().map(|&buffer| buffer.clone()).collect();
        self
    }

    /// Values of some of the kernel's `override` constants.
    pub fn overrides(mut self, overrides: &[(&'static str, u32)]) -> Dispatch {
        self.overrides.extend_from_slice(overrides);
        self
    }

    /// The number of workgroups per dimension, each at most 65,535.
    pub fn grid(mut self, grid: [u32; 3]) -> Dispatch {
        self.grid = grid;
        self
    }

    /// How many multiply-adds a matrix product does in all: what [`Self::work`] then says.
    pub fn multiply_adds(mut self, count: u64) -> Dispatch {
        self.multiply_adds = count;
        self
    }

    /// The number of elements, of all buffers together, that are read or written.
    pub fn touches(mut self, count: u64) -> Dispatch {
        self.touched = Some(count);
        self
    }

    /// Enough workgroups of 256 for `count` elements, each of which is one number of every buffer unless
    /// [`Self::touches`] says otherwise.
    pub fn elements(mut self, count: usize) -> Dispatch {
        self.touched.get_or_insert(count as u64 * storage_buffers(self.kernel) as u64);
        self.workgroups((count as u32).div_ceil(256))
    }

    /// At least `groups` workgroups, folded into two dimensions where one is too short.
    pub fn workgroups(self, groups: u32) -> Dispatch {
        let groups = groups.max(1);
        let rows = groups.div_ceil(MAX_GROUPS);
        self.grid([groups.div_ceil(rows), rows, 1])
    }
}

/// Number of storage buffers that a kernel binds.
pub(super) fn storage_buffers(kernel: &Kernel) -> usize {
    kernel.bindings.iter().filter(|&binding| matches!(binding, Binding::Read | Binding::Write)).count()
}
