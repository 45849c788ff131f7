//! Where commands are recorded.

use crate::device::backend::{Commands, Memory, Submission};
use crate::device::buffer::Buffer;
use crate::device::context::Device;
use std::rc::Rc;

/// The commands of one submit, in order. The CPU carries out each as it comes.
#[derive(Debug)]
pub struct Encoder<'a> {
    pub(super) commands: &'a mut dyn Commands,
}

impl Encoder<'_> {
    /// Copies the whole of a buffer to the front of `target`, which is at least as long.
    pub fn copy(&mut self, source: &Buffer, target: &Buffer) {
        self.copy_range(source, 0, target, 0, source.len() as u32);
    }

    /// Copies `count` elements from `from` on to `target` from `to` on. Both are the encoder's device's.
    pub fn copy_range(&mut self, source: &Buffer, from: u32, target: &Buffer, to: u32, count: u32) {
        self.copy_memory(&source.memory, from, &target.memory, to, count);
    }

    pub(super) fn copy_memory(
        &mut self,
        source: &Rc<dyn Memory>,
        from: u32,
        target: &Rc<dyn Memory>,
        to: u32,
        count: u32,
    ) {
        self.commands.copy(source, from, target, to, count);
    }

    /// Fills a buffer with zeros.
    pub fn clear(&mut self, buffer: &Buffer) {
        self.commands.clear(&buffer.memory);
    }
}

impl Device {
    /// Records commands into one encoder and submits it. What they use must outlive the submit: memory whose last
    /// owner is dropped inside `record` makes it invalid, and [`Device::check`] fails from then on.
    pub fn submit(&self, label: &str, mut record: impl FnMut(&mut Encoder<'_>)) -> Submission {
        self.counters.submitted();
        self.backend.submit(label, &mut |commands| record(&mut Encoder { commands }))
    }
}
