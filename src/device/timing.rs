//! How long a program takes on the device.

use crate::clock::now;
use crate::device::buffer::Memory;
use crate::device::context::{Adapter, Backend};
use crate::device::encoder::ComputePass;
use crate::device::readback::Staging;
use crate::device::{Buffer, Device, DispatchList};
use crate::error::Result;

/// Measures programs: by the device's own clock where it has one, else from submit to a finished read-back of one number,
/// less the time of an empty submit.
#[derive(Debug)]
pub struct Timer {
    clock: Option<Clock>,
    fence: Buffer,
    /// Milliseconds of an empty submit, where there is no clock.
    empty: f64,
}

/// Two moments of the device's clock.
#[derive(Debug)]
struct Clock {
    queries: wgpu::QuerySet,
    resolved: Buffer,
    staging: Staging,
    /// Nanoseconds of a tick.
    period: f64,
}

impl Timer {
    /// The best that the device offers.
    ///
    /// # Errors
    /// As every use of a device.
    pub async fn new(gpu: &Device) -> Result<Timer> {
        let clock = match &gpu.backend {
            Backend::Adapter(adapter) if adapter.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) => {
                Some(Clock::new(gpu, adapter)?)
            }
            _ => None,
        };
        let mut timer = Timer { clock, fence: Buffer::new(gpu, "fence", 1)?, empty: 0.0 };
        if !timer.has_clock() {
            timer.empty = median(9, async || timer.submit_and_wait(gpu, None).await).await?;
        }
        Ok(timer)
    }

    /// Whether times are the device's own.
    pub fn has_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// Median of `runs` runs of a program, in milliseconds.
    ///
    /// # Errors
    /// As every use of a device.
    pub async fn millis(&self, gpu: &Device, program: &DispatchList, runs: usize) -> Result<f64> {
        match &self.clock {
            Some(clock) => median(runs, async || clock.millis(gpu, program).await).await,
            None => {
                let timed = async || self.submit_and_wait(gpu, Some(program)).await;
                Ok((median(runs, timed).await? - self.empty).max(0.0))
            }
        }
    }

    async fn submit_and_wait(&self, gpu: &Device, program: Option<&DispatchList>) -> Result<f64> {
        let started = now();
        gpu.submit("timed", |encoder| {
            if let Some(program) = program {
                program.record(gpu, encoder, 0);
            }
        });
        let _: Vec<f32> = self.fence.read(gpu).await?;
        Ok(now() - started)
    }
}

impl Clock {
    fn new(gpu: &Device, adapter: &Adapter) -> Result<Clock> {
        let queries = adapter.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("timer"),
            ty: wgpu::QueryType::Timestamp,
            count: 2,
        });
        Ok(Clock {
            queries,
            resolved: Buffer::for_queries(gpu, "timer", 4)?,
            staging: Staging::new(gpu, "timer", 4)?,
            period: f64::from(adapter.queue.get_timestamp_period()),
        })
    }

    async fn millis(&self, gpu: &Device, program: &DispatchList) -> Result<f64> {
        let submission = gpu.submit("timed", |encoder| {
            if let (Some(raw), Memory::Adapter(resolved)) = (&mut encoder.0, &self.resolved.memory) {
                let pass = raw.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: Some("timed"),
                    timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                        query_set: &self.queries,
                        beginning_of_pass_write_index: Some(0),
                        end_of_pass_write_index: Some(1),
                    }),
                });
                program.replay(gpu, &mut ComputePass(Some(pass)), 0);
                raw.resolve_query_set(&self.queries, 0..2, resolved, 0);
            }
            self.staging.copy_from(gpu, encoder, &self.resolved, 4);
        });
        let ticks: Vec<u64> = self.staging.read(gpu, 4, &submission).await?;
        Ok(ticks[1].saturating_sub(ticks[0]) as f64 * self.period / 1e6)
    }
}

/// Middle of several measurements.
async fn median(runs: usize, mut measure: impl AsyncFnMut() -> Result<f64>) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..runs.max(1) {
        times.push(measure().await?);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
