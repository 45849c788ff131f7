//! What a step's kernels read of the step: learning rate, seed, numbers of batch and update.

use crate::device::backend::{BLOCK_BYTES, Memory, Usage};
use crate::device::context::Device;
use crate::error::Result;
use crate::kernels::Step;
use std::rc::Rc;

/// The uniform blocks of one chunk: a [`Step`] for every update of a network.
#[derive(Debug)]
pub struct StepUniforms {
    pub(super) memory: Rc<dyn Memory>,
    capacity: u32,
}

impl StepUniforms {
    /// Room for `capacity` blocks (at least one).
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) without memory.
    pub fn new(device: &Device, capacity: u32) -> Result<StepUniforms> {
        let capacity = capacity.max(1);
        let memory = device.allocate("step uniforms", Usage::Uniform, BLOCK_BYTES * u64::from(capacity))?;
        Ok(StepUniforms { memory, capacity })
    }

    /// Number of blocks that fit.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Writes all blocks of a submit in one go; every write lands before the whole next submit.
    pub fn write(&self, device: &Device, steps: &[Step]) {
        debug_assert!(steps.len() <= self.capacity as usize, "a chunk has at most `capacity` steps");
        debug_assert!(device.owns(&self.memory), "step uniforms are written by their own device");
        let mut bytes = vec![0u8; steps.len() * BLOCK_BYTES as usize];
        for (block, step) in bytes.chunks_exact_mut(BLOCK_BYTES as usize).zip(steps) {
            block[..size_of::<Step>()].copy_from_slice(bytemuck::bytes_of(step));
        }
        device.backend.write(&self.memory, 0, &bytes);
    }
}
