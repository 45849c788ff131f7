//! How long a dispatch list takes on the device.

use crate::clock::now;
use crate::device::backend::Clock;
use crate::device::buffer::Buffer;
use crate::device::context::Device;
use crate::device::dispatch_list::DispatchList;
use crate::device::encoder::Encoder;
use crate::error::Result;

/// Measures dispatch lists: by the device's own clock where it has one, else from submit to a finished read-back of one
/// number, less the time of an empty submit.
#[derive(Debug)]
pub struct Timer {
    clock: Option<Box<dyn Clock>>,
    fence: Buffer,
    /// Milliseconds of an empty submit, where there is no clock.
    empty: f64,
}

impl Timer {
    /// The best that the device offers.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] without memory, [`crate::Error::Device`] when the device failed.
    pub async fn new(device: &Device) -> Result<Timer> {
        let mut timer = Timer { clock: device.backend.clock()?, fence: Buffer::new(device, "fence", 1)?, empty: 0.0 };
        if !timer.has_clock() {
            timer.empty = median(9, async || timer.submit_and_wait(device, None).await).await?;
        }
        Ok(timer)
    }

    /// Whether times are the device's own.
    pub fn has_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// Median of `runs` runs of a list, in milliseconds.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed.
    pub async fn millis(&self, device: &Device, list: &DispatchList, runs: usize) -> Result<f64> {
        match &self.clock {
            Some(clock) => median(runs, async || by_clock(clock.as_ref(), device, list).await).await,
            None => {
                let timed = async || self.submit_and_wait(device, Some(list)).await;
                Ok((median(runs, timed).await? - self.empty).max(0.0))
            }
        }
    }

    async fn submit_and_wait(&self, device: &Device, list: Option<&DispatchList>) -> Result<f64> {
        let started = now();
        device.submit("timed", |encoder| {
            if let Some(list) = list {
                list.record(encoder, 0);
            }
        });
        let _: Vec<f32> = self.fence.read(device).await?;
        Ok(now() - started)
    }
}

async fn by_clock(clock: &dyn Clock, device: &Device, list: &DispatchList) -> Result<f64> {
    let mut encoder = Encoder::default();
    list.record(&mut encoder, 0);
    let millis = clock.millis(&mut |to| encoder.commands.iter().for_each(|command| command.encode(to))).await;
    device.check()?;
    millis
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
