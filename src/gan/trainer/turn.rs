//! Turns: training steps that are submitted in one piece, and the way their metrics come back.

use super::{MOST_STEPS, Report, Trainer};
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
pub(super) struct Turn {
    /// Training step at its end.
    end: u32,
    steps: u32,
    /// Of a running test, in steps of reconstructions.
    share: u32,
    test_ends: bool,
    /// When it was submitted, in milliseconds.
    started: f64,
    /// For how long of the time since then its caller did something else, in milliseconds.
    others: f64,
    /// Number of the staging buffer that its metrics were copied to.
    staging: usize,
    submission: Submission,
}

impl Trainer {
    /// One turn: up to `most` training steps (0: as many as suit one submit) in one submit, together with a share of a
    /// running test. A test starts by itself at step 0 and after every `test_interval` steps; one that is still
    /// running when the next is due is finished first. A turn submitted ahead takes the place of a new one.
    ///
    /// # Errors
    /// [`crate::Error::NonFinite`] when a loss is NaN or infinite, [`crate::Error::Device`] when the device failed.
    pub async fn advance(&mut self, most: u32) -> Result<Report> {
        let turn = match self.ahead.take() {
            Some(turn) => turn,
            None => self.next_turn(most),
        };
        self.land(turn).await
    }

    /// The same towards training step `stop`, as fast as can be: the next turn is submitted before this one's metrics are
    /// waited for, unless a test has a part in one of them or `stop` is reached. [`Self::settle`] brings in the last.
    ///
    /// # Errors
    /// As [`Self::advance`]; the turn submitted ahead is then lost.
    pub async fn advance_ahead(&mut self, stop: u32) -> Result<Report> {
        let called = now();
        let mut turn = match self.ahead.take() {
            Some(turn) => turn,
            None if self.step < stop => self.next_turn_towards(stop),
            None => self.submit_turn(0),
        };
        if turn.share == 0 && self.test.progress().is_none() && !self.is_test_due() && self.step < stop {
            self.ahead = Some(self.next_turn_towards(stop));
        }
        // Between two calls the caller may have had the device draw samples, which is no part of a turn.
        turn.others = (called - self.landed).min(called - turn.started).max(0.0);
        self.land(turn).await
    }

    /// Whether a turn was submitted ahead and not reported.
    pub fn is_ahead(&self) -> bool {
        self.ahead.is_some()
    }

    /// The report of a turn that was submitted ahead, if there is one.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub async fn settle(&mut self) -> Result<Option<Report>> {
        match self.ahead.take() {
            Some(turn) => self.land(turn).await.map(Some),
            None => Ok(None),
        }
    }

    /// One turn without training: only a share of the running test. A turn submitted ahead takes its place.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub async fn advance_test(&mut self) -> Result<Report> {
        let turn = match self.ahead.take() {
            Some(turn) => turn,
            None => self.submit_turn(0),
        };
        self.land(turn).await
    }

    fn is_test_due(&self) -> bool {
        let interval = self.config.test_interval;
        interval > 0 && self.step.is_multiple_of(interval) && self.tested_at != Some(self.step)
    }

    /// As many steps as suit one submit, but none beyond `stop`, which is ahead.
    fn next_turn_towards(&mut self, stop: u32) -> Turn {
        self.next_turn(self.chunk_size.steps().min(stop - self.step))
    }

    fn next_turn(&mut self, most: u32) -> Turn {
        let mut steps = if most == 0 { self.chunk_size.steps() } else { most.min(MOST_STEPS) };
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
        self.submit_turn(steps)
    }

    fn submit_turn(&mut self, steps: u32) -> Turn {
        let mut share = 0;
        let mut steps = steps;
        if self.test.progress().is_some() {
            share = TEST_STEPS_PER_STEP * self.chunk_size.steps().max(steps) / 2;
            steps = steps.div_ceil(2);
        }
        let uniforms: Vec<Step> = (0..steps).flat_map(|i| self.step_uniforms(i)).collect();
        let started = now();
        let read = metrics_of(steps);
        self.uniforms.write(&self.device, &uniforms);
        let n_dis = self.config.n_dis;
        let Trainer { device, inputs, discriminator_part, generator_part, test, staging, gan, turns, .. } = self;
        let number = *turns % 2;
        let staging = &staging[number];
        let mut test_ends = false;
        let submission = device.submit("chunk", |encoder| {
            for step in 0..steps {
                let first = step * (n_dis + 1);
                for slot in first..first + n_dis {
                    inputs.record(device, encoder, slot);
                    discriminator_part.record(device, encoder, slot);
                }
                generator_part.record(device, encoder, first + n_dis);
            }
            if share > 0 {
                test_ends = test.record(device, encoder, share);
            }
            staging.copy_from(device, encoder, &gan.metrics, read);
        });
        self.turns += 1;
        self.step += steps;
        self.updates += steps;
        Turn { end: self.step, steps, share, test_ends, started, others: 0.0, staging: number, submission }
    }

    /// Waits for a turn's metrics.
    async fn land(&mut self, turn: Turn) -> Result<Report> {
        let Turn { end, steps, share, test_ends, started, others, staging, submission } = turn;
        let staging = &self.staging[staging];
        let landed = staging
            .read::<f32>(&self.device, metrics_of(steps), &submission)
            .await
            .and_then(|block| metrics(self.config.loss, end - steps, &block[..steps as usize * METRIC_COLUMNS]));
        // One that was submitted ahead began when the one before had ended.
        let (began, ended) = (started.max(self.landed), now());
        self.landed = ended;
        if share == 0 && others < (ended - began) / 4.0 {
            self.chunk_size.record(steps, ended - began);
        }
        let metrics = landed.inspect_err(|_| self.ahead = None)?;
        let finished = if test_ends { self.test.result(&self.device).await? } else { None };
        if let Some(result) = &finished {
            self.finished_test = Some(result.step);
        }
        Ok(Report { step: end, steps, metrics, test: self.test.progress(), finished })
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

/// Numbers that are read back of a turn. One without training reads one row, so that it too ends when the device has
/// finished.
fn metrics_of(steps: u32) -> usize {
    METRIC_COLUMNS * steps.max(1) as usize
}
