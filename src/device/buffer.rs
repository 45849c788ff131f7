//! Named storage buffers, counted in elements of four bytes.

use crate::device::backend::{Memory, Usage};
use crate::device::context::Device;
use crate::error::Result;
use bytemuck::Pod;
use std::rc::Rc;

/// A storage buffer of `len` elements of four bytes. Cloning shares the memory, which is freed with its last owner:
/// a buffer or a [`DispatchList`](crate::device::DispatchList) that binds it.
#[derive(Debug, Clone)]
pub struct Buffer {
    pub(super) memory: Rc<dyn Memory>,
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
    /// [`Error::Limit`](crate::Error::Limit) when the device's binding limit is smaller, or its memory.
    pub fn new(device: &Device, name: &str, len: usize) -> Result<Buffer> {
        let memory = device.allocate(name, Usage::Storage, 4 * len.max(1) as u64)?;
        Ok(Buffer { memory, len })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.memory.allocation().name()
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
    pub fn write<T: Pod>(&self, device: &Device, values: &[T]) {
        self.write_at(device, 0, values);
    }

    /// Writes `values` from element `offset` on; takes effect before the next submit.
    pub fn write_at<T: Pod>(&self, device: &Device, offset: u32, values: &[T]) {
        debug_assert!(device.owns(&self.memory), "the buffer {:?} is written by its own device", self.name());
        device.backend.write(&self.memory, offset, bytemuck::cast_slice(values));
    }

    /// Reads the whole buffer back: for checkpoints and tests, never inside a training step.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device was lost, [`Error::Foreign`](crate::Error::Foreign)
    /// for another device's buffer.
    pub async fn read<T: Pod>(&self, device: &Device) -> Result<Vec<T>> {
        device.check_owner(&self.memory)?;
        device.counters.submitted();
        device.counters.read_back(4 * self.len as u64);
        let sent = device.pace(|pace| pace.all_sent());
        let read = device.elements(self.len, async |bytes| device.backend.download(&self.memory, bytes).await).await;
        device.pace(|pace| pace.settled(sent, device.now()));
        read
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
