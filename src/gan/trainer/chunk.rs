//! Chunks: training steps and a share of a test, submitted in as many pieces as keep each short, and the way their metrics
//! come back.

use super::{MAX_STEPS, Report, Trainer};
use crate::device::{Mark, Reading};
use crate::error::Result;
use crate::gan::metrics::metrics;
use crate::gan::reconstruction::TestProgress;
use crate::kernels::{METRIC_COLUMNS, Step};

/// Work whose end is waited for.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Training step at its end.
    end: u32,
    steps: u32,
    test: Share,
    mark: Mark,
    reading: Reading,
}

/// A chunk's part of a test.
#[derive(Debug, Clone, Copy)]
struct Share {
    /// Which test.
    number: u32,
    /// How far it is afterwards.
    progress: Option<TestProgress>,
    ends: bool,
}

impl Trainer {
    /// One chunk: up to `most` training steps (0: as many as suit the device) together with a share of a running test. A
    /// test starts by itself at step 0 and after every `test_interval` steps; one that is still running when the next is
    /// due is finished first. A chunk in flight takes the place of a new one.
    ///
    /// # Errors
    /// [`crate::Error::NonFinite`] when a loss is NaN or infinite, [`crate::Error::Device`] when the device failed.
    pub async fn advance(&mut self, most: u32) -> Result<Report> {
        let chunk = match self.take_in_flight()? {
            Some(chunk) => chunk,
            None => self.next_chunk(most).await,
        };
        self.collect(chunk).await
    }

    /// The same towards training step `stop`, as fast as can be: as many further chunks are submitted before this one's
    /// metrics are waited for as keep the device busy meanwhile, but none beyond `stop`, and none with a new test.
    /// [`Self::drain`] brings in the last.
    ///
    /// # Errors
    /// As [`Self::advance`]; the chunks in flight are then lost.
    pub async fn advance_pipelined(&mut self, stop: u32) -> Result<Report> {
        let first = self.take_in_flight()?;
        if let Some(chunk) = first {
            self.in_flight.push_front(chunk);
        }
        while self.step < stop && self.in_flight.len() < self.covering() && self.may_go_on() {
            // A test's share takes the place of training.
            let most = self.chunk_steps().min(stop - self.step);
            let chunk = self.next_chunk(most).await;
            self.in_flight.push_back(chunk);
        }
        self.collect_first().await
    }

    /// Whether a chunk is in flight, submitted and not reported, or has failed, which has not been told.
    pub fn has_chunk_in_flight(&self) -> bool {
        !self.in_flight.is_empty() || self.failed.is_some()
    }

    /// How many are in flight.
    pub fn chunks_in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// One report of all chunks in flight, if there are any. Where one fails, it is of those before it; the error is told
    /// with the next chunk.
    ///
    /// # Errors
    /// As [`Self::advance`], where there is nothing to report before.
    pub async fn drain(&mut self) -> Result<Option<Report>> {
        let Some(chunk) = self.take_in_flight()? else { return Ok(None) };
        let mut all = self.collect(chunk).await?;
        while self.failed.is_none()
            && let Some(chunk) = self.in_flight.pop_front()
        {
            match self.collect(chunk).await {
                Ok(next) => all.append(next),
                Err(error) => self.failed = Some(error),
            }
        }
        Ok(Some(all))
    }

    /// One chunk without training: only a share of the running test, and as many further ones in flight as keep the device
    /// busy meanwhile. A chunk in flight takes its place.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub async fn advance_test(&mut self) -> Result<Report> {
        let first = self.take_in_flight()?;
        if let Some(chunk) = first {
            self.in_flight.push_front(chunk);
        }
        while self.test.has_work() && self.in_flight.len() < self.covering() {
            let chunk = self.submit_chunk(0).await;
            self.in_flight.push_back(chunk);
        }
        self.collect_first().await
    }

    async fn collect_first(&mut self) -> Result<Report> {
        let chunk = match self.in_flight.pop_front() {
            Some(chunk) => chunk,
            None => self.submit_chunk(0).await,
        };
        self.collect(chunk).await
    }

    fn is_test_due(&self) -> bool {
        let interval = self.config.test_interval;
        interval > 0 && self.step.is_multiple_of(interval) && self.tested_at != Some(self.step)
    }

    /// Whether there may be one chunk more. A test begins when all before it is done and told, so that its beginning can be
    /// seen; the one before is finished first.
    fn may_go_on(&self) -> bool {
        self.in_flight.is_empty() || !self.is_test_due() || self.test.has_work()
    }

    /// Training steps that suit a chunk.
    fn chunk_steps(&self) -> u32 {
        suiting(self.device.chunk_cost(), self.step_cost()).min(MAX_STEPS)
    }

    /// Chunks that keep the device busy while the first's metrics are waited for. They may be shorter than suits it.
    fn covering(&self) -> usize {
        let most = f64::from(MAX_STEPS) * self.step_cost() as f64;
        self.device.in_flight(self.device.chunk_cost().min(most))
    }

    async fn next_chunk(&mut self, most: u32) -> Chunk {
        let mut steps = if most == 0 { self.chunk_steps() } else { most.min(MAX_STEPS) };
        let interval = self.config.test_interval;
        let due = self.is_test_due();
        if due && self.test.progress().is_some() {
            steps = 0;
        } else {
            if due {
                self.start_test();
            }
            if interval > 0 {
                steps = steps.min(interval - self.step % interval);
            }
        }
        self.submit_chunk(steps.min(u32::MAX - self.step)).await
    }

    /// A test takes half of the time.
    async fn submit_chunk(&mut self, most: u32) -> Chunk {
        let has_test = self.test.has_work();
        let steps = if has_test { most.div_ceil(2) } else { most };
        let of_test = self.device.chunk_cost() / if steps > 0 { 2.0 } else { 1.0 };
        let test_steps = suiting(of_test, self.test.step_cost());
        let uniforms: Vec<Step> = (0..steps).flat_map(|i| self.step_uniforms(i)).collect();
        let read = metrics_of(steps);
        let mut mark = self.device.begin();
        self.uniforms.write(&self.device, &uniforms);
        let n_dis = self.config.n_dis;
        let Trainer { device, inputs, discriminator_part, generator_part, test, staging, gan, chunks, .. } = self;
        let staging = &staging[*chunks % staging.len()];
        let mut ends = false;
        let record = |encoder: &mut _| {
            for step in 0..steps {
                let first = step * (n_dis + 1);
                for block in first..first + n_dis {
                    inputs.record(encoder, block);
                    discriminator_part.record(encoder, block);
                }
                generator_part.record(encoder, first + n_dis);
            }
            if has_test {
                ends = test.record(device, encoder, test_steps);
            }
            staging.copy_from(encoder, &gan.metrics, read);
        };
        let submission = device.submit_with_pauses("chunk", record).await;
        device.end(&mut mark);
        let reading = staging.read(device, read, submission);
        self.chunks = self.chunks.wrapping_add(1);
        self.step += steps;
        self.updates = self.updates.saturating_add(steps);
        let test = Share { number: self.test.number(), progress: self.test.progress(), ends };
        Chunk { end: self.step, steps, test, mark, reading }
    }

    /// Waits for a chunk's metrics.
    async fn collect(&mut self, chunk: Chunk) -> Result<Report> {
        let Chunk { end, steps, test, mark, reading } = chunk;
        let read = reading.values::<f32>(&self.device).await;
        self.device.observe(&mark);
        let block = read.inspect_err(|_| self.give_up())?;
        let first = end - steps;
        let (metrics, diverged) = metrics(self.config.loss, first, &block[..steps as usize * METRIC_COLUMNS]);
        if let Some(error) = diverged {
            self.give_up();
            if metrics.is_empty() {
                return Err(error);
            }
            // The steps before it count; the error is told with the next chunk.
            self.failed = Some(error);
            let steps = metrics.len() as u32;
            return Ok(Report { step: first + steps, steps, metrics, test: None, finished: None });
        }
        if test.number != self.test.number() {
            return Ok(Report { step: end, steps, metrics, test: self.test.progress(), finished: None });
        }
        let finished = if test.ends { self.test.result(&self.device).await? } else { None };
        if let Some(result) = &finished {
            self.finished_test = Some(result.step);
        }
        // Of the chunks behind a test's last one, none has a test.
        let progress = test.progress.filter(|_| self.test.progress().is_some() && !test.ends);
        Ok(Report { step: end, steps, metrics, test: progress, finished })
    }

    /// The first chunk in flight, if there is one, or why the one before ended early.
    fn take_in_flight(&mut self) -> Result<Option<Chunk>> {
        self.failed.take().map_or_else(|| Ok(self.in_flight.pop_front()), Err)
    }

    /// Forgets what is under way: whoever goes on all the same would report what came after the failure.
    fn give_up(&mut self) {
        self.in_flight.clear();
        self.test.stop();
    }
}

impl Report {
    /// Takes the report of the chunk that follows in.
    fn append(&mut self, next: Report) {
        let Report { step, steps, metrics, test, finished } = next;
        self.step = step;
        self.steps += steps;
        self.metrics.extend(metrics);
        self.test = test;
        self.finished = finished.or_else(|| self.finished.take());
    }
}

/// How many times work of `cost` suits `all`; at least once.
fn suiting(all: f64, cost: u64) -> u32 {
    (all / cost.max(1) as f64).max(1.0) as u32
}

/// Numbers that are read back of a chunk. One without training reads one row, so that it too ends when the device has
/// finished.
fn metrics_of(steps: u32) -> usize {
    METRIC_COLUMNS * steps.max(1) as usize
}
