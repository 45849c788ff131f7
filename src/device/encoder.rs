//! Where commands are recorded.

use crate::device::Buffer;
use crate::device::buffer::Memory;

/// The commands of one submit, in order. A cpu carries out each as it comes.
#[derive(Debug)]
pub struct Encoder(pub(super) Option<wgpu::CommandEncoder>);

/// Dispatches that follow one another; each sees what those before it wrote.
#[derive(Debug)]
pub struct ComputePass<'a>(pub(super) Option<wgpu::ComputePass<'a>>);

impl Encoder {
    /// Begins a compute pass.
    pub fn pass(&mut self) -> ComputePass<'_> {
        ComputePass(self.0.as_mut().map(|raw| raw.begin_compute_pass(&wgpu::ComputePassDescriptor::default())))
    }

    /// Copies the whole of a buffer into `target`, which has the same length.
    pub fn copy(&mut self, source: &Buffer, target: &Buffer) {
        self.copy_range(source, 0, target, 0, source.len() as u32);
    }

    /// Copies `count` elements from `from` on to `target` from `to` on.
    pub fn copy_range(&mut self, source: &Buffer, from: u32, target: &Buffer, to: u32, count: u32) {
        self.copy_memory(&source.memory, from, &target.memory, to, count);
    }

    pub(super) fn copy_memory(&mut self, source: &Memory, from: u32, target: &Memory, to: u32, count: u32) {
        match (source, target) {
            (Memory::Adapter(source), Memory::Adapter(target)) => {
                let bytes = |elements: u32| 4 * u64::from(elements);
                if let Some(raw) = &mut self.0 {
                    raw.copy_buffer_to_buffer(source, bytes(from), target, bytes(to), Some(bytes(count)));
                }
            }
            (Memory::Cpu(source), Memory::Cpu(target)) => {
                let range = |first: u32| first as usize..(first + count) as usize;
                for (target, source) in target[range(to)].iter().zip(&source[range(from)]) {
                    target.set(source.get());
                }
            }
            _ => unreachable!("buffers are copied within one device"),
        }
    }

    /// Fills a buffer with zeros.
    pub fn clear(&mut self, buffer: &Buffer) {
        match (&buffer.memory, &mut self.0) {
            (Memory::Adapter(memory), Some(raw)) => raw.clear_buffer(memory, 0, None),
            (Memory::Adapter(_), None) => unreachable!("a buffer is used with the device it belongs to"),
            (Memory::Cpu(words), _) => words.iter().for_each(|word| word.set(0)),
        }
    }
}
