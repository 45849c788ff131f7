//! The adapter's clock: a timestamp at either end of a compute pass.

use super::memory::GpuMemory;
use super::readback;
use super::recorder::{InFlight, Recorder};
use crate::device::backend::{Clock, Memory, Pending, Record, Usage};
use crate::device::counters::{Allocation, Counters};
use crate::error::Result;
use std::sync::Arc;

/// Two timestamps of eight bytes.
const BYTES: u64 = 16;

/// Two moments of the device's clock.
#[derive(Debug)]
pub struct TimestampClock {
    device: wgpu::Device,
    queue: wgpu::Queue,
    counters: Arc<Counters>,
    queries: wgpu::QuerySet,
    resolved: GpuMemory,
    staging: GpuMemory,
    /// Nanoseconds of a tick.
    period: f64,
}

impl TimestampClock {
    /// For a device with timestamp queries.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] without memory.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, counters: &Arc<Counters>) -> Result<TimestampClock> {
        let queries = device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("clock"),
            ty: wgpu::QueryType::Timestamp,
            count: 2,
        });
        let resolvable = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
        let allocation = |name| Allocation::new(counters, name, BYTES);
        Ok(TimestampClock {
            resolved: GpuMemory::with_usage(device, resolvable, allocation("timestamps")),
            staging: GpuMemory::new(device, Usage::Staging, allocation("timestamps to read"))?,
            queries,
            period: f64::from(queue.get_timestamp_period()),
            device: device.clone(),
            queue: queue.clone(),
            counters: counters.clone(),
        })
    }
}

impl Clock for TimestampClock {
    fn millis<'a>(&'a self, record: &mut Record<'_>) -> Pending<'a, f64> {
        let times = wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        };
        let mut recorder = Recorder::timed(&self.device, "timed", times);
        record(&mut recorder);
        recorder.outside().resolve_query_set(&self.queries, 0..2, self.resolved.raw(), 0);
        recorder.copy_bytes((&self.resolved, 0), (&self.staging, 0), BYTES);
        let submission = InFlight::submit(&self.device, &self.queue, recorder.finish());
        self.counters.submitted();
        self.counters.read_back(self.staging.allocation().bytes());
        Box::pin(async move {
            let read = readback::map(&self.queue, &self.staging, BYTES, submission).bytes().await?;
            let mut ticks = [0u64; 2];
            bytemuck::cast_slice_mut(&mut ticks).copy_from_slice(&read);
            Ok(ticks[1].saturating_sub(ticks[0]) as f64 * self.period / 1e6)
        })
    }
}
