//! Copies from the device to the CPU that are part of a submit: a staging buffer, a copy, one awaited map.

use crate::device::backend::{Memory, Submission, Usage};
use crate::device::buffer::Buffer;
use crate::device::context::Device;
use crate::device::encoder::Encoder;
use crate::error::Result;
use bytemuck::Pod;
use std::rc::Rc;

/// A staging buffer that is created once and mapped again for every chunk.
#[derive(Debug)]
pub struct Staging {
    memory: Rc<dyn Memory>,
}

impl Staging {
    /// Room for `len` elements of four bytes (at least one).
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) without memory.
    pub fn new(device: &Device, name: &str, len: usize) -> Result<Staging> {
        Ok(Staging { memory: device.allocate(name, Usage::Staging, 4 * len.max(1) as u64)? })
    }

    /// Records a copy of the first `len` elements of `source`.
    pub fn copy_from(&self, device: &Device, encoder: &mut Encoder<'_>, source: &Buffer, len: usize) {
        debug_assert!(device.owns(&self.memory), "a staging buffer takes copies of its own device");
        device.counters.read_back(4 * len as u64);
        encoder.copy_memory(&source.memory, 0, &self.memory, 0, len as u32);
    }

    /// The first `len` elements, once `submission`, which copied them, has finished.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device was lost or refused the submission.
    pub async fn read<T: Pod>(&self, device: &Device, len: usize, submission: &Submission) -> Result<Vec<T>> {
        device.elements(len, async |bytes| device.backend.read(&self.memory, bytes, submission).await).await
    }
}
