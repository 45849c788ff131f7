//! Named storage buffers, counted in elements of four bytes.

use crate::error::{Error, Result};
use crate::gpu::{Gpu, readback};
use bytemuck::Pod;
use std::sync::atomic::Ordering;

/// A storage buffer of `len` elements of four bytes. Cloning shares the memory.
#[derive(Debug, Clone)]
pub struct Buffer {
    pub(crate) raw: wgpu::Buffer,
    len: usize,
}

/// A buffer from element `offset` on.
#[derive(Debug, Clone)]
pub struct View {
    /// The whole buffer.
    pub buffer: Buffer,
    /// First element that is meant.
    pub offset: u32,
}

impl Buffer {
    /// A zeroed buffer for `len` elements (at least one).
    ///
    /// # Errors
    /// [`Error::Limit`] when the device's binding limit is smaller.
    pub fn new(gpu: &Gpu, name: &str, len: usize) -> Result<Buffer> {
        let bytes = 4 * len.max(1) as u64;
        let limits = gpu.device.limits();
        let allowed = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        if bytes > allowed {
            let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / (1 << 20) as f64);
            return Err(Error::Limit { what: format!("The buffer \"{name}\""), need: mib(bytes), have: mib(allowed) });
        }
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        let raw = create(gpu, name, bytes, usage);
        Ok(Buffer { raw, len })
    }

    /// A buffer for the answers of queries, which are no storage.
    pub(crate) fn for_queries(gpu: &Gpu, name: &str, len: usize) -> Buffer {
        let usage = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
        Buffer { raw: create(gpu, name, 4 * len as u64, usage), len }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no element that counts.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Writes `values` to the front; takes effect before the next submit.
    pub fn write<T: Pod>(&self, gpu: &Gpu, values: &[T]) {
        self.write_at(gpu, 0, values);
    }

    /// Writes `values` from element `offset` on; takes effect before the next submit.
    pub fn write_at<T: Pod>(&self, gpu: &Gpu, offset: u32, values: &[T]) {
        gpu.queue.write_buffer(&self.raw, 4 * u64::from(offset), bytemuck::cast_slice(values));
    }

    /// Reads the whole buffer back: for checkpoints and tests, never inside a training step.
    pub async fn read<T: Pod>(&self, gpu: &Gpu) -> Result<Vec<T>> {
        readback::read(gpu, self).await
    }

    /// Records a copy of the whole buffer into `target`, which has the same length.
    pub fn copy_to(&self, encoder: &mut wgpu::CommandEncoder, target: &Buffer) {
        encoder.copy_buffer_to_buffer(&self.raw, 0, &target.raw, 0, Some(4 * self.len as u64));
    }

    /// Records a copy of `count` elements from `from` on to `target` from `to` on.
    pub fn copy_range(&self, encoder: &mut wgpu::CommandEncoder, from: u32, target: &Buffer, to: u32, count: u32) {
        let bytes = |elements: u32| 4 * u64::from(elements);
        encoder.copy_buffer_to_buffer(&self.raw, bytes(from), &target.raw, bytes(to), Some(bytes(count)));
    }

    /// Records filling it with zeros.
    pub fn clear(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.clear_buffer(&self.raw, 0, None);
    }

    /// This buffer from `offset` on.
    pub fn at(&self, offset: u32) -> View {
        View { buffer: self.clone(), offset }
    }
}

/// Creates a counted buffer.
pub(crate) fn create(gpu: &Gpu, name: &str, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    gpu.counters.buffers.fetch_add(1, Ordering::Relaxed);
    gpu.counters.buffer_bytes.fetch_add(size, Ordering::Relaxed);
    gpu.device.create_buffer(&wgpu::BufferDescriptor { label: Some(name), size, usage, mapped_at_creation: false })
}
