//! The CPU's memory.

use super::words::Words;
use crate::device::backend::Memory;
use crate::device::counters::Allocation;
use crate::error::Result;
use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;

/// Words that kernels read and write.
#[derive(Debug)]
pub struct CpuMemory {
    words: Box<[Cell<u32>]>,
    allocation: Allocation,
}

impl Memory for CpuMemory {
    fn allocation(&self) -> &Allocation {
        &self.allocation
    }
}

impl CpuMemory {
    /// Zeroed memory, which the system need not find before it is written.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] where there is not so much.
    pub fn new(allocation: Allocation) -> Result<CpuMemory> {
        let count = allocation.bytes().div_ceil(4) as usize;
        let words = bytemuck::try_zeroed_slice_box(count).map_err(|()| allocation.without_memory())?;
        Ok(CpuMemory { words, allocation })
    }

    /// Memory of this back end as what it is.
    pub fn of(memory: &Rc<dyn Memory>) -> Rc<CpuMemory> {
        let memory: Rc<dyn Any> = memory.clone();
        memory.downcast().expect("memory is used by the device that it belongs to")
    }

    /// All of it.
    pub fn words(&self) -> Words<'_> {
        &self.words
    }

    /// Writes whole words from word `first` on.
    pub fn write(&self, first: u32, bytes: &[u8]) {
        for (word, &bytes) in self.words[first as usize..].iter().zip(bytes.as_chunks().0) {
            word.set(u32::from_ne_bytes(bytes));
        }
    }

    /// Fills `into`, whole words, from the front.
    pub fn read(&self, into: &mut [u8]) {
        for (bytes, word) in into.as_chunks_mut().0.iter_mut().zip(&self.words) {
            *bytes = word.get().to_ne_bytes();
        }
    }
}
