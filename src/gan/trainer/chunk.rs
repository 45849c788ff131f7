//! Chunks: training steps that are submitted in one piece, and the way their metrics come back.

use super::{MAX_STEPS, Report, Trainer};
use crate::clock::now;
use crate::config::Role;
use crate::device::Submission;
use crate::error::Result;
use crate::gan::metrics::metrics;
use crate::kernels::{METRIC_COLUMNS, Step};

/// Gradient steps on z that take about as long as one training step (G forward and back, against about five times
/// that for a training step, of which half goes to training while a test runs).
const TEST_STEPS_PER_STEP: u32 = 4;

/// Work that was submitted in one piece.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Training step at its end.
    end: u32,
    steps: u32,
    /// Of a running test, in steps of reconstructions.
    test_steps: u32,
    test_ends: bool,
    /// When it was submitted, in milliseconds.
    started: f64,
    /// For how long of the time since then its caller did something else, in milliseconds.
    caller_ms: f64,
    /// Number of the staging buffer that its metrics were copied to.
    staging: usize,
    submission: Submission,
}

impl Trainer {
    /// One chunk: up to `most` training steps (0: as many as suit one submit) in one submit, together with a share of a
    /// running test. A test starts by itself at step 0 and after every `test_interval` steps; one that is still
    /// running when the next is due is finished first. A chunk in flight takes the place of a new one.
    ///
    /// # Errors
    /// [`crate::Error::NonFinite`] when a loss is NaN or infinite, [`crate::Error::Device`] when the device failed.
    pub async fn advance(&mut self, most: u32) -> Result<Report> {
        let chunk = match self.take_in_flight()? {
            Some(chunk) => chunk,
            None => self.next_chunk(most),
        };
        self.collect(chunk).await
    }

    /// The same towards training step `stop`, as fast as can be: the next chunk is submitted before this one's metrics are
    /// waited for, unless a test has a part in one of them or `stop` is reached. [`Self::drain`] brings in the last.
    ///
    /// # Errors
    /// As [`Self::advance`]; the chunk in flight is then lost.
    pub async fn advance_pipelined(&mut self, stop: u32) -> Result<Report> {
        let called = now();
        let mut chunk = match self.take_in_flight()? {
            Some(chunk) => chunk,
            None if self.step < stop => self.next_chunk_towards(stop),
            None => self.submit_chunk(0),
        };
        if chunk.test_steps == 0 && self.test.progress().is_none() && !self.is_test_due() && self.step < stop {
            self.in_flight = Some(self.next_chunk_towards(stop));
        }
        // Between two calls the caller may have had the device draw samples, which is no part of a chunk.
        chunk.caller_ms = (called - self.collected_at).min(called - chunk.started).max(0.0);
        self.collect(chunk).await
    }

    /// Whether a chunk is in flight, submitted and not reported, or has diverged, which has not been told.
    pub fn has_chunk_in_flight(&self) -> bool {
        self.in_flight.is_some() || self.diverged.is_some()
    }

    /// The report of a chunk in flight, if there is one.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub async fn drain(&mut self) -> Result<Option<Report>> {
        match self.take_in_flight()? {
            Some(chunk) => self.collect(chunk).await.map(Some),
            None => Ok(None),
        }
    }

    /// One chunk without training: only a share of the running test. A chunk in flight takes its place.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub async fn advance_test(&mut self) -> Result<Report> {
        let chunk = match self.take_in_flight()? {
            Some(chunk) => chunk,
            None => self.submit_chunk(0),
        };
        self.collect(chunk).await
    }

    fn is_test_due(&self) -> bool {
        let interval = self.config.test_interval;
        interval > 0 && self.step.is_multiple_of(interval) && self.tested_at != Some(self.step)
    }

    /// As many steps as suit one submit, but none beyond `stop`, which is ahead.
    fn next_chunk_towards(&mut self, stop: u32) -> Chunk {
        self.next_chunk(self.chunk_size.steps().min(stop - self.step))
    }

    fn next_chunk(&mut self, most: u32) -> Chunk {
        let mut steps = if most == 0 { self.chunk_size.steps() } else { most.min(MAX_STEPS) };
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
        self.submit_chunk(steps)
    }

    fn submit_chunk(&mut self, steps: u32) -> Chunk {
        let mut test_steps = 0;
        let mut steps = steps;
        if self.test.progress().is_some() {
            test_steps = TEST_STEPS_PER_STEP * self.chunk_size.steps().max(steps) / 2;
            steps = steps.div_ceil(2);
        }
        let uniforms: Vec<Step> = (0..steps).flat_map(|i| self.step_uniforms(i)).collect();
        let started = now();
        let read = metrics_of(steps);
        self.uniforms.write(&self.device, &uniforms);
        let n_dis = self.config.n_dis;
        let Trainer { device, inputs, discriminator_part, generator_part, test, staging, gan, chunks, .. } = self;
        let number = *chunks % 2;
        let staging = &staging[number];
        let mut test_ends = false;
        let submission = device.submit("chunk", |encoder| {
            for step in 0..steps {
                let first = step * (n_dis + 1);
                for block in first..first + n_dis {
                    inputs.record(device, encoder, block);
                    discriminator_part.record(device, encoder, block);
                }
                generator_part.record(device, encoder, first + n_dis);
            }
            if test_steps > 0 {
                test_ends = test.record(device, encoder, test_steps);
            }
            staging.copy_from(device, encoder, &gan.metrics, read);
        });
        self.chunks += 1;
        self.step += steps;
        self.updates += steps;
        Chunk { end: self.step, steps, test_steps, test_ends, started, caller_ms: 0.0, staging: number, submission }
    }

    /// Waits for a chunk's metrics.
    async fn collect(&mut self, chunk: Chunk) -> Result<Report> {
        let Chunk { end, steps, test_steps, test_ends, started, caller_ms, staging, submission } = chunk;
        let staging = &self.staging[staging];
        let read = staging.read::<f32>(&self.device, metrics_of(steps), &submission).await;
        // One that was submitted ahead began when the one before had ended.
        let (began, ended) = (started.max(self.collected_at), now());
        self.collected_at = ended;
        if test_steps == 0 && caller_ms < (ended - began) / 4.0 {
            self.chunk_size.record(steps, ended - began);
        }
        let block = read.inspect_err(|_| self.give_up())?;
        let first = end - steps;
        let (metrics, diverged) = metrics(self.config.loss, first, &block[..steps as usize * METRIC_COLUMNS]);
        if let Some(error) = diverged {
            self.give_up();
            if metrics.is_empty() {
                return Err(error);
            }
            // The steps before it count; the error is told with the next chunk.
            self.diverged = Some(error);
            let steps = metrics.len() as u32;
            return Ok(Report { step: first + steps, steps, metrics, test: None, finished: None });
        }
        let finished = if test_ends { self.test.result(&self.device).await? } else { None };
        if let Some(result) = &finished {
            self.finished_test = Some(result.step);
        }
        Ok(Report { step: end, steps, metrics, test: self.test.progress(), finished })
    }

    /// The chunk in flight, if there is one, or why the one before ended early.
    fn take_in_flight(&mut self) -> Result<Option<Chunk>> {
        self.diverged.take().map_or_else(|| Ok(self.in_flight.take()), Err)
    }

    /// Forgets what is under way: whoever goes on all the same would record a test's batches anew, beyond the last one.
    fn give_up(&mut self) {
        self.in_flight = None;
        self.test.stop();
    }

    /// What the updates of step `i` of the chunk see: those of D, then that of G.
    pub(super) fn step_uniforms(&self, i: u32) -> impl Iterator<Item = Step> {
        let config = &self.config;
        let (step, n_dis) = (self.step + i, config.n_dis);
        let of_update = move |role: Role, draw: u32, t: u32| {
            let correction = |beta: f32| (1.0 - f64::from(beta).powf(f64::from(t))) as f32;
            Step {
                draw,
                metric_row: i,
                seed: config.seed,
                lr: config.lr_at(role, step),
                rows: config.batch_size,
                correction1: correction(config.beta1),
                correction2: correction(config.beta2),
                ..Step::default()
            }
        };
        let before = self.updates + i;
        let of_discriminator = move |j: u32| {
            of_update(Role::Discriminator, step.wrapping_mul(n_dis).wrapping_add(j), before * n_dis + j + 1)
        };
        (0..n_dis).map(of_discriminator).chain([of_update(Role::Generator, 0, before + 1)])
    }
}

/// Numbers that are read back of a chunk. One without training reads one row, so that it too ends when the device has
/// finished.
fn metrics_of(steps: u32) -> usize {
    METRIC_COLUMNS * steps.max(1) as usize
}
