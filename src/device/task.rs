//! A dispatch on the cpu.

use crate::cpu::{self, Job};
use crate::device::buffer::Memory;
use crate::device::{Buffer, Dispatch, Overrides};
use crate::error::{Error, Result};
use std::cell::Cell;
use std::rc::Rc;

/// A kernel of the cpu with what it binds.
#[derive(Debug)]
pub(super) struct Task {
    kernel: fn(&Job<'_>),
    overrides: Overrides,
    params: Vec<Cell<u32>>,
    buffers: Vec<Rc<Vec<Cell<u32>>>>,
}

impl Task {
    /// A call with all of its overrides.
    ///
    /// # Errors
    /// [`Error::Shader`] for a kernel that was not written out (build/module.rs).
    pub(super) fn new(call: Dispatch, overrides: Overrides) -> Result<Task> {
        let kernel = cpu::kernel(call.kernel.name).ok_or_else(|| Error::Shader {
            shader: call.kernel.name.into(),
            message: "it needs several invocations at a time, and the CPU runs one after the other".into(),
        })?;
        let of_processor = |buffer: &Buffer| match &buffer.memory {
            Memory::Cpu(words) => words.clone(),
            Memory::Adapter(_) => unreachable!("a buffer is used with the device it belongs to"),
        };
        let (params, _) = call.params.as_chunks();
        Ok(Task {
            kernel,
            overrides,
            params: params.iter().map(|&bytes| Cell::new(u32::from_le_bytes(bytes))).collect(),
            buffers: call.buffers.iter().map(of_processor).collect(),
        })
    }

    /// Does all of it.
    pub(super) fn run(&self, step: &[Cell<u32>], grid: [u32; 3]) {
        let buffers = self.buffers.iter().map(|words| words.as_slice()).collect();
        (self.kernel)(&Job { params: &self.params, step, buffers, overrides: &self.overrides, grid });
    }
}
