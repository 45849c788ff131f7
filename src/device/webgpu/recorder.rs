//! Recording, and what was submitted.

use super::list::GpuList;
use super::memory::GpuMemory;
use crate::device::backend::{Commands, Compiled, Memory, Submission, Submitted};
use crate::error::{Error, Result};
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

    /// Begins a pass, timed or not, which the next commands but dispatches end.
    pub fn begin(
        &mut self,
        timestamp_writes: Option<wgpu::ComputePassTimestampWrites<'_>>,
    ) -> &mut wgpu::ComputePass<'static> {
        self.pass = None;
        let descriptor = wgpu::ComputePassDescriptor { label: None, timestamp_writes };
        // wgpu then checks when it runs that the encoder is not used before the pass ends; `outside` sees to it.
        self.pass.insert(self.raw.begin_compute_pass(&descriptor).forget_lifetime())
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

impl Commands for Recorder {
    fn replay(&mut self, list: &dyn Compiled, slot: u32) {
        if self.pass.is_none() {
            self.begin(None);
        }
        if let Some(pass) = &mut self.pass {
            GpuList::of(list).encode(pass, slot);
        }
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
        self.device.poll(wait).map(drop).map_err(|e| Error::Device(e.to_string()))
    }
}
