//! Copies from the device to the CPU: a staging buffer, a copy inside a submit, one awaited map.

use crate::device::buffer::Memory;
use crate::device::{Buffer, Device, Encoder, Submission};
use crate::error::{Error, Result};
use bytemuck::Pod;
use futures_channel::oneshot;
use std::sync::atomic::Ordering;

/// A staging buffer that is created once and mapped again for every chunk.
#[derive(Debug)]
pub struct Staging {
    memory: Memory,
}

impl Staging {
    /// Room for `len` elements of four bytes.
    ///
    /// # Errors
    /// [`Error::Limit`] where a cpu has not so much memory.
    pub fn new(gpu: &Device, name: &str, len: usize) -> Result<Staging> {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        Ok(Staging { memory: Memory::new(gpu, name, 4 * len.max(1) as u64, usage)? })
    }

    /// Records a copy of the first `len` elements of `source`.
    pub fn copy_from(&self, gpu: &Device, encoder: &mut Encoder, source: &Buffer, len: usize) {
        gpu.counters.readback_bytes.fetch_add(4 * len as u64, Ordering::Relaxed);
        encoder.copy_memory(&source.memory, 0, &self.memory, 0, len as u32);
    }

    /// The first `len` elements, once `submission`, which copied them, has finished.
    pub async fn read<T: Pod>(&self, gpu: &Device, len: usize, submission: &Submission) -> Result<Vec<T>> {
        let raw = match &self.memory {
            Memory::Adapter(raw) => raw,
            Memory::Cpu(words) => {
                let words: Vec<u32> = words[..len].iter().map(std::cell::Cell::get).collect();
                return Ok(bytemuck::pod_collect_to_vec(&words));
            }
        };
        let (sender, receiver) = oneshot::channel();
        let slice = raw.slice(..4 * len as u64);
        slice.map_async(wgpu::MapMode::Read, move |result| {
            // The receiver is gone only when the whole read was dropped; then nobody waits for the answer.
            let _ = sender.send(result);
        });
        gpu.wait_for(submission)?;
        let mapped = receiver.await.map_err(|_| Error::Device("a read-back was abandoned".into()))?;
        gpu.check()?;
        mapped.map_err(|e| Error::Device(format!("a result could not be read back ({e})")))?;
        let range = slice.get_mapped_range().map_err(|e| Error::Device(e.to_string()))?;
        let values = bytemuck::pod_collect_to_vec(&range);
        drop(range);
        raw.unmap();
        Ok(values)
    }
}

/// Reads a whole buffer through a staging buffer of its own.
pub(crate) async fn read<T: Pod>(gpu: &Device, buffer: &Buffer) -> Result<Vec<T>> {
    let staging = Staging::new(gpu, "read-back", buffer.len())?;
    let submission = gpu.submit("read-back", |encoder| staging.copy_from(gpu, encoder, buffer, buffer.len()));
    staging.read(gpu, buffer.len(), &submission).await
}
