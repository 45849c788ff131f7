//! An adapter's memory.

use crate::device::backend::{Memory, Usage};
use crate::device::counters::Allocation;
use crate::error::Result;
use std::any::Any;
use std::rc::Rc;

/// A wgpu buffer. Its memory is freed when it is dropped, and not when a browser's collector comes around to it.
#[derive(Debug)]
pub struct GpuMemory {
    raw: wgpu::Buffer,
    allocation: Allocation,
}

impl Memory for GpuMemory {
    fn allocation(&self) -> &Allocation {
        &self.allocation
    }
}

impl GpuMemory {
    /// Zeroed memory.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] where it is larger than a kernel may bind.
    pub fn new(device: &wgpu::Device, usage: Usage, allocation: Allocation) -> Result<GpuMemory> {
        use wgpu::BufferUsages as Can;
        if usage == Usage::Storage {
            let limits = device.limits();
            let allowed = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
            if allocation.bytes() > allowed {
                return Err(allocation.above(allowed));
            }
        }
        let usage = match usage {
            Usage::Storage => Can::STORAGE | Can::COPY_SRC | Can::COPY_DST,
            Usage::Uniform => Can::UNIFORM | Can::COPY_DST,
            Usage::Staging => Can::MAP_READ | Can::COPY_DST,
        };
        Ok(GpuMemory::with_usage(device, usage, allocation))
    }

    /// Memory that wgpu may use in other ways than kernels do.
    pub fn with_usage(device: &wgpu::Device, usage: wgpu::BufferUsages, allocation: Allocation) -> GpuMemory {
        let (label, size) = (Some(allocation.name()), allocation.bytes());
        let raw = device.create_buffer(&wgpu::BufferDescriptor { label, size, usage, mapped_at_creation: false });
        GpuMemory { raw, allocation }
    }

    /// Memory of this back end as what it is.
    pub fn of(memory: &Rc<dyn Memory>) -> &GpuMemory {
        let memory: &dyn Any = memory.as_ref();
        memory.downcast_ref().expect("memory is used by the device that it belongs to")
    }

    /// wgpu's buffer.
    pub fn raw(&self) -> &wgpu::Buffer {
        &self.raw
    }
}

/// Safe while the GPU still works on it: WebGPU's `destroy` keeps the memory until all submits that use it are done, and
/// so does wgpu natively (`Buffer::destroy` in wgpu-core ties it to the last submission that used it, or to pending
/// writes). What was recorded but not submitted would become invalid; a submit therefore borrows all that it uses, and
/// a compiled list owns what its bind groups name.
impl Drop for GpuMemory {
    fn drop(&mut self) {
        self.raw.destroy();
    }
}
