//! Copies from the device to the CPU: a staging buffer, a copy inside a submit, one awaited map.

use crate::error::{Error, Result};
use crate::gpu::buffer::create;
use crate::gpu::{Buffer, Gpu, Submission};
use bytemuck::Pod;
use futures_channel::oneshot;
use std::marker::PhantomData;
use std::sync::atomic::Ordering;

/// A staging buffer that is created once and mapped again for every chunk.
#[derive(Debug)]
pub struct Staging {
    raw: wgpu::Buffer,
}

impl Staging {
    /// Room for `len` elements of four bytes.
    pub fn new(gpu: &Gpu, name: &str, len: usize) -> Staging {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        Staging { raw: create(gpu, name, 4 * len.max(1) as u64, usage) }
    }

    /// Records a copy of the first `len` elements of `source`.
    pub fn copy_from(&self, gpu: &Gpu, encoder: &mut wgpu::CommandEncoder, source: &Buffer, len: usize) {
        let bytes = 4 * len as u64;
        gpu.counters.readback_bytes.fetch_add(bytes, Ordering::Relaxed);
        encoder.copy_buffer_to_buffer(&source.raw, 0, &self.raw, 0, Some(bytes));
    }

    /// Asks for the first `len` elements as `submission`, which copied them, will have left them. The buffer may not be
    /// copied to again before the answer is taken or dropped.
    pub fn ask<T: Pod>(&self, len: usize, submission: Submission) -> Pending<T> {
        let (sender, receiver) = oneshot::channel();
        let bytes = 4 * len as u64;
        self.raw.slice(..bytes).map_async(wgpu::MapMode::Read, move |result| {
            // The receiver is gone only when the whole read was dropped; then nobody waits for the answer.
            let _ = sender.send(result);
        });
        Pending { raw: self.raw.clone(), bytes, submission, receiver, elements: PhantomData }
    }

    /// The first `len` elements, once `submission`, which copied them, has finished.
    pub async fn read<T: Pod>(&self, gpu: &Gpu, len: usize, submission: Submission) -> Result<Vec<T>> {
        self.ask(len, submission).take(gpu).await
    }
}

/// An answer under way.
#[derive(Debug)]
pub struct Pending<T> {
    raw: wgpu::Buffer,
    bytes: u64,
    submission: Submission,
    receiver: oneshot::Receiver<std::result::Result<(), wgpu::BufferAsyncError>>,
    elements: PhantomData<T>,
}

impl<T: Pod> Pending<T> {
    /// Waits for it.
    pub async fn take(mut self, gpu: &Gpu) -> Result<Vec<T>> {
        gpu.wait_for(&self.submission)?;
        let mapped = (&mut self.receiver).await.map_err(|_| Error::Device("a read-back was abandoned".into()))?;
        gpu.check()?;
        mapped.map_err(|e| Error::Device(format!("a result could not be read back ({e})")))?;
        let range = self.raw.slice(..self.bytes).get_mapped_range().map_err(|e| Error::Device(e.to_string()))?;
        Ok(bytemuck::pod_collect_to_vec(&range))
    }
}

impl<T> Drop for Pending<T> {
    /// Taken or not, the buffer is free again.
    fn drop(&mut self) {
        self.raw.unmap();
    }
}

/// Reads a whole buffer through a staging buffer of its own.
pub(crate) async fn read<T: Pod>(gpu: &Gpu, buffer: &Buffer) -> Result<Vec<T>> {
    let staging = Staging::new(gpu, "read-back", buffer.len());
    let submission = gpu.submit("read-back", |encoder| staging.copy_from(gpu, encoder, buffer, buffer.len()));
    staging.read(gpu, buffer.len(), submission).await
}
