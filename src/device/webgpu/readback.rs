//! Reading back to the CPU.

use super::memory::GpuMemory;
use crate::device::backend::{Memory, Submission};
use crate::error::{Error, Result, sentences};
use futures_channel::oneshot;
use std::sync::{Mutex, PoisonError};

/// Fills `into` from the front of staging memory, once `submission`, which copied it there, is done.
///
/// # Errors
/// [`Error::Device`] when the device was lost or refused the submission.
pub async fn map(staging: &GpuMemory, into: &mut [u8], submission: &Submission) -> Result<()> {
    if into.is_empty() {
        return Ok(());
    }
    let (sender, receiver) = oneshot::channel();
    let slice = staging.raw().slice(..into.len() as u64);
    slice.map_async(wgpu::MapMode::Read, move |result| {
        // The receiver is gone only when the whole read was dropped; then nobody waits for the answer.
        let _ = sender.send(result);
    });
    submission.0.wait()?;
    let mapped = receiver.await.map_err(|_| Error::Device(sentences::device::abandoned()))?;
    mapped.map_err(|e| Error::Device(sentences::device::unreadable(e)))?;
    into.copy_from_slice(&slice.get_mapped_range().map_err(|e| Error::Device(sentences::device::failed(e)))?);
    staging.raw().unmap();
    Ok(())
}

/// The staging memory of the last download, for the next: as large as the largest so far.
#[derive(Debug, Default)]
pub struct Spare(Mutex<Option<GpuMemory>>);

impl Spare {
    /// The spare memory, if there is any of at least `bytes` bytes; what is smaller is freed.
    pub fn take(&self, bytes: u64) -> Option<GpuMemory> {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        spare.filter(|memory| memory.allocation().bytes() >= bytes)
    }

    /// Keeps memory that is not mapped.
    pub fn keep(&self, memory: GpuMemory) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(memory);
    }
}
