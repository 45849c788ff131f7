//! Copies from the device to the CPU that are part of a submit: a staging buffer, a copy, one awaited map.

use crate::device::backend::{Memory, Pending, Submission, Usage};
use crate::device::buffer::Buffer;
use crate::device::context::Device;
use crate::device::encoder::Encoder;
use crate::error::Result;
use bytemuck::Pod;
use std::fmt::{Debug, Formatter, Result as Formatted};
use std::rc::Rc;

/// A staging buffer that is created once and mapped again and again.
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
    pub fn copy_from(&self, encoder: &mut Encoder, source: &Buffer, len: usize) {
        encoder.copy_memory(&source.memory, 0, &self.memory, 0, len as u32);
    }

    /// Begins to read the first `len` elements, which `submission` copies. Until the reading has ended or is dropped nothing
    /// may be copied here.
    pub fn read(&self, device: &Device, len: usize, submission: Submission) -> Reading {
        debug_assert!(device.owns(&self.memory), "a staging buffer is read by its own device");
        let bytes = 4 * len as u64;
        device.counters.read_back(bytes);
        Reading { len, bytes: device.backend.read(&self.memory, bytes, submission) }
    }
}

/// A read-back that is under way.
pub struct Reading {
    len: usize,
    bytes: Pending<'static, Vec<u8>>,
}

impl Reading {
    /// The elements, once they are here.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device was lost or refused the submission.
    pub async fn values<T: Pod>(self, device: &Device) -> Result<Vec<T>> {
        let Reading { len, bytes: pending } = self;
        let fill = async |bytes: &mut [u8]| pending.await.map(|read| bytes.copy_from_slice(&read));
        device.elements(len, fill).await
    }
}

impl Debug for Reading {
    fn fmt(&self, f: &mut Formatter<'_>) -> Formatted {
        write!(f, "reading of {} elements", self.len)
    }
}
