//! Named storage buffers, counted in elements of four bytes.

use crate::device::context::Backend;
use crate::device::{Device, readback};
use crate::error::{Error, Result};
use bytemuck::Pod;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::Ordering;

/// A storage buffer of `len` elements of four bytes. Cloning shares the memory.
#[derive(Debug, Clone)]
pub struct Buffer {
    pub(super) memory: Memory,
    len: usize,
}

/// Memory that kernels read and write.
#[derive(Debug, Clone)]
pub(super) enum Memory {
    /// An adapter's.
    Adapter(wgpu::Buffer),
    /// The cpu's own, in words.
    Cpu(Rc<Vec<Cell<u32>>>),
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
    pub fn new(gpu: &Device, name: &str, len: usize) -> Result<Buffer> {
        let bytes = 4 * len.max(1) as u64;
        if let Backend::Adapter(adapter) = &gpu.backend {
            let limits = adapter.device.limits();
            let allowed = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
            if bytes > allowed {
                return Err(too_large(name, bytes, mib(allowed)));
            }
        }
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        Ok(Buffer { memory: Memory::new(gpu, name, bytes, usage)?, len })
    }

    /// A buffer for the answers of queries, which are no storage.
    pub(super) fn for_queries(gpu: &Device, name: &str, len: usize) -> Result<Buffer> {
        let usage = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
        Ok(Buffer { memory: Memory::new(gpu, name, 4 * len as u64, usage)?, len })
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
    pub fn write<T: Pod>(&self, gpu: &Device, values: &[T]) {
        self.write_at(gpu, 0, values);
    }

    /// Writes `values` from element `offset` on; takes effect before the next submit.
    pub fn write_at<T: Pod>(&self, gpu: &Device, offset: u32, values: &[T]) {
        self.memory.write(gpu, offset, bytemuck::cast_slice(values));
    }

    /// Reads the whole buffer back: for checkpoints and tests, never inside a training step.
    pub async fn read<T: Pod>(&self, gpu: &Device) -> Result<Vec<T>> {
        readback::read(gpu, self).await
    }

    /// The first `len` elements, in the same memory.
    pub fn front(&self, len: usize) -> Buffer {
        debug_assert!(len <= self.len, "a front is no longer than the whole");
        Buffer { memory: self.memory.clone(), len }
    }

    /// This buffer from `offset` on.
    pub fn at(&self, offset: u32) -> View {
        View { buffer: self.clone(), offset }
    }
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1 << 20) as f64)
}

fn too_large(name: &str, bytes: u64, have: String) -> Error {
    Error::Limit { what: format!("The buffer \"{name}\""), need: mib(bytes), have }
}

impl Memory {
    /// Counted, zeroed memory of `size` bytes.
    ///
    /// # Errors
    /// [`Error::Limit`] where a cpu has not so much.
    pub(super) fn new(gpu: &Device, name: &str, size: u64, usage: wgpu::BufferUsages) -> Result<Memory> {
        let memory = match &gpu.backend {
            Backend::Adapter(adapter) => Memory::Adapter(adapter.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(name),
                size,
                usage,
                mapped_at_creation: false,
            })),
            Backend::Cpu => {
                let count = size.div_ceil(4) as usize;
                let mut words = Vec::new();
                words.try_reserve_exact(count).map_err(|_| too_large(name, size, "less memory".into()))?;
                words.resize(count, Cell::new(0));
                Memory::Cpu(Rc::new(words))
            }
        };
        gpu.counters.buffers.fetch_add(1, Ordering::Relaxed);
        gpu.counters.buffer_bytes.fetch_add(size, Ordering::Relaxed);
        Ok(memory)
    }

    /// Writes `bytes`, whole words of them, from word `first` on; takes effect before the next submit.
    pub(super) fn write(&self, gpu: &Device, first: u32, bytes: &[u8]) {
        match (self, &gpu.backend) {
            (Memory::Adapter(raw), Backend::Adapter(adapter)) => {
                adapter.queue.write_buffer(raw, 4 * u64::from(first), bytes);
            }
            (Memory::Cpu(words), _) => {
                let (whole, _) = bytes.as_chunks();
                for (word, &bytes) in words[first as usize..].iter().zip(whole) {
                    word.set(u32::from_le_bytes(bytes));
                }
            }
            (Memory::Adapter(_), Backend::Cpu) => unreachable!("a buffer is used with the device it belongs to"),
        }
    }
}
