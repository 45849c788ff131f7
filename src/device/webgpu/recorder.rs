//! Recording, and what was submitted.

use super::list::GpuList;
use super::memory::GpuMemory;
use crate::device::backend::{Commands, Compiled, Memory, Submission, Submitted};
use crate::error::{Error, Result, sentences};
use std::ops::Range;
use std::rc::Rc;

/// A command encoder with a compute pass that stays open from one dispatch to the next.
#[derive(Debug)]
pub struct Recorder {
    /// Before `raw`: a pass ends before its encoder does.
    pass: Option<wgpu::ComputePass<'static>>,
    raw: wgpu::CommandEncoder,
}

impl Recorder {
    /// Nothing is recorded.
    pub fn new(device: &wgpu::Device, label: &str) -> Recorder {
        let raw = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some(label) });
        Recorder { pass: None, raw }
    }

    /// Nothing is recorded but the begin of a pass that is timed.
    pub fn timed(device: &wgpu::Device, label: &str, times: wgpu::ComputePassTimestampWrites<'_>) -> Recorder {
        let mut recorder = Recorder::new(device, label);
        recorder.pass = Some(begin(&mut recorder.raw, Some(times)));
        recorder
    }

    /// The encoder outside of a pass.
    pub fn outside(&mut self) -> &mut wgpu::CommandEncoder {
        self.pass = None;
        &mut self.raw
    }

    /// Copies `bytes` bytes from one memory and offset in bytes to another.
    pub fn copy_bytes(&mut self, (source, from): (&GpuMemory, u64), (target, to): (&GpuMemory, u64), bytes: u64) {
        self.outside().copy_buffer_to_buffer(source.raw(), from, target.raw(), to, Some(bytes));
    }

    /// All that was recorded.
    pub fn finish(self) -> wgpu::CommandBuffer {
        let Recorder { pass, raw } = self;
        drop(pass);
        raw.finish()
    }
}

/// Begins a pass that does not borrow the encoder. wgpu then checks at run time that the encoder is not used before the
/// pass has ended; [`Recorder::outside`] sees to it.
fn begin(
    raw: &mut wgpu::CommandEncoder,
    timestamp_writes: Option<wgpu::ComputePassTimestampWrites<'_>>,
) -> wgpu::ComputePass<'static> {
    raw.begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes }).forget_lifetime()
}

impl Commands for Recorder {
    fn replay(&mut self, list: &dyn Compiled, dispatches: Range<usize>, block: u32) {
        let pass = self.pass.get_or_insert_with(|| begin(&mut self.raw, None));
        GpuList::of(list).encode(pass, dispatches, block);
    }

    fn copy(&mut self, source: &Rc<dyn Memory>, from: u32, target: &Rc<dyn Memory>, to: u32, count: u32) {
        let bytes = |elements: u32| 4 * u64::from(elements);
        let (source, target) = (GpuMemory::of(source), GpuMemory::of(target));
        self.copy_bytes((source, bytes(from)), (target, bytes(to)), bytes(count));
    }

    fn clear(&mut self, memory: &Rc<dyn Memory>) {
        self.outside().clear_buffer(GpuMemory::of(memory).raw(), 0, None);
    }
}

/// A submission that the device works on.
#[derive(Debug)]
pub struct InFlight {
    device: wgpu::Device,
    index: wgpu::SubmissionIndex,
}

impl InFlight {
    /// Submits commands.
    pub fn submit(device: &wgpu::Device, queue: &wgpu::Queue, commands: wgpu::CommandBuffer) -> Submission {
        let index = queue.submit([commands]);
        Submission(Box::new(InFlight { device: device.clone(), index }))
    }
}

impl Submitted for InFlight {
    fn wait(&self) -> Result<()> {
        let wait = wgpu::PollType::Wait { submission_index: Some(self.index.clone()), timeout: None };
        self.device.poll(wait).map(drop).map_err(|e| Error::Device(sentences::device::failed(e)))
    }
}
