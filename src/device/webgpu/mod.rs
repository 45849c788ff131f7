//! A graphics adapter as a device, by wgpu: Vulkan, Metal or DirectX 12 natively, WebGPU in a browser.

mod adapter;
mod clock;
#[cfg(not(target_arch = "wasm32"))]
mod details;
mod failure;
mod list;
mod memory;
mod pipeline;
mod readback;
mod recorder;

pub use adapter::Limits;

use crate::clock::now;
use crate::device::backend::{
    Backend, Clock, Compiled, Description, ErrorScope, Memory, Pending, Prepared, Record, Report, Submission, Usage,
};
use crate::device::counters::{Allocation, Counters};
use crate::error::Result;
use adapter::Adapter;
use clock::TimestampClock;
use failure::{Failure, Scope};
use list::GpuList;
use memory::GpuMemory;
use pipeline::Pipelines;
use readback::{Shared, Spare};
use recorder::{InFlight, Recorder};
use std::rc::Rc;
use std::sync::Arc;

/// An open adapter.
#[derive(Debug)]
pub struct WebGpu {
    description: Description,
    device: wgpu::Device,
    queue: wgpu::Queue,
    failure: Failure,
    pipelines: Pipelines,
    spare: Spare,
    counters: Arc<Counters>,
}

impl WebGpu {
    /// Finds an adapter, a fast one first, and opens it. What it allocates and records by itself is counted too.
    ///
    /// # Errors
    /// [`Error::NoAdapter`](crate::Error::NoAdapter) or [`Error::NoDevice`](crate::Error::NoDevice).
    pub async fn open(limits: Limits, counters: Arc<Counters>) -> Result<WebGpu> {
        let Adapter { description, device, queue } = adapter::open(limits).await?;
        let failure = Failure::of(&device);
        let (pipelines, spare) = (Pipelines::default(), Spare::default());
        Ok(WebGpu { description, device, queue, failure, pipelines, spare, counters })
    }

    fn submit_recorded(&self, label: &str, record: impl FnOnce(&mut Recorder)) -> Submission {
        let started = now();
        let mut recorder = Recorder::new(&self.device, label);
        record(&mut recorder);
        let commands = recorder.finish();
        self.counters.recorded(now() - started);
        // Not counted: llvmpipe's driver waits here for the submission before.
        InFlight::submit(&self.device, &self.queue, commands)
    }
}

impl Backend for WebGpu {
    fn description(&self) -> &Description {
        &self.description
    }

    fn check(&self) -> Result<()> {
        self.failure.check()
    }

    fn is_lost(&self) -> bool {
        self.failure.is_lost()
    }

    fn destroy(&self) {
        self.failure.lose("it was destroyed");
        self.device.destroy();
    }

    fn error_scope(&self) -> Box<dyn ErrorScope> {
        Box::new(Scope::new(&self.device))
    }

    fn allocate(&self, usage: Usage, allocation: Allocation) -> Result<Rc<dyn Memory>> {
        Ok(Rc::new(GpuMemory::new(&self.device, usage, allocation)?))
    }

    fn write(&self, memory: &Rc<dyn Memory>, first: u32, bytes: &[u8]) {
        self.queue.write_buffer(GpuMemory::of(memory).raw(), 4 * u64::from(first), bytes);
    }

    fn compile<'a>(
        &'a self,
        dispatches: Vec<Prepared>,
        step: &'a Rc<dyn Memory>,
        report: &'a mut Report<'a>,
    ) -> Pending<'a, Box<dyn Compiled>> {
        Box::pin(async move {
            let pipelines = self.pipelines.of_all(&self.device, &dispatches, report).await?;
            let bytes = list::blocks(&dispatches);
            let blocks = Allocation::new(&self.counters, "parameter blocks", bytes.len() as u64);
            let blocks = GpuMemory::new(&self.device, Usage::Uniform, blocks)?;
            self.queue.write_buffer(blocks.raw(), 0, &bytes);
            Ok(Box::new(GpuList::new(&self.device, dispatches, pipelines, blocks, step)) as Box<dyn Compiled>)
        })
    }

    fn submit(&self, label: &str, record: &mut Record<'_>) -> Submission {
        self.submit_recorded(label, |recorder| record(recorder))
    }

    fn read(&self, staging: &Rc<dyn Memory>, bytes: u64, submission: Submission) -> Pending<'static, Vec<u8>> {
        Box::pin(readback::map(&self.queue, Shared(staging.clone()), bytes, submission).bytes())
    }

    fn download<'a>(&'a self, source: &'a Rc<dyn Memory>, into: &'a mut [u8]) -> Pending<'a, ()> {
        Box::pin(async move {
            let bytes = into.len() as u64;
            let staging = match self.spare.take(bytes) {
                Some(staging) => staging,
                None => {
                    let allocation = Allocation::new(&self.counters, "read-back", bytes);
                    GpuMemory::new(&self.device, Usage::Staging, allocation)?
                }
            };
            let source = GpuMemory::of(source);
            let submission =
                self.submit_recorded("read-back", |recorder| recorder.copy_bytes((source, 0), (&staging, 0), bytes));
            let read = readback::map(&self.queue, &staging, bytes, submission).bytes().await?;
            into.copy_from_slice(&read);
            self.spare.keep(staging);
            Ok(())
        })
    }

    fn clock(&self) -> Result<Option<Box<dyn Clock>>> {
        if !self.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Ok(None);
        }
        Ok(Some(Box::new(TimestampClock::new(&self.device, &self.queue, &self.counters)?)))
    }
}
