//! A run: training in chunks, with a running reconstruction test in between.

mod build;
mod chunk;
mod replay;
mod uniforms;

use crate::config::{Config, Role};
use crate::device::{Device, DispatchList, Staging, StepUniforms};
use crate::error::{Error, Result};
use crate::gan::metrics::Metrics;
use crate::gan::networks::Gan;
use crate::gan::reconstruction::{Reconstruction, TestProgress, TestResult};
use crate::gan::samples::{ImageGrid, Samples};
pub(in crate::gan) use build::Images;
use chunk::Chunk;
use std::collections::VecDeque;
use std::sync::Arc;

/// Most training steps of a chunk.
const MAX_STEPS: u32 = 256;

/// What one chunk brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Training steps done in all.
    pub step: u32,
    /// Training steps done in this chunk.
    pub steps: u32,
    /// The losses of every step of this chunk.
    pub metrics: Vec<Metrics>,
    /// How far the running test is, if one runs.
    pub test: Option<TestProgress>,
    /// The test that finished in this chunk, if one did.
    pub finished: Option<TestResult>,
}

/// Both networks of a [`Config`] on a device, with data and test.
#[derive(Debug)]
pub struct Trainer {
    device: Arc<Device>,
    config: Config,
    gan: Gan,
    uniforms: StepUniforms,
    inputs: DispatchList,
    /// Up to and with D's update, and the rest of a step.
    discriminator_part: DispatchList,
    generator_part: DispatchList,
    /// Effective weights of parameters that were written from outside, and what follows an update.
    normalise: DispatchList,
    after_update: DispatchList,
    samples: Samples,
    test: Reconstruction,
    /// Chunks use them in turn, so that several can be submitted before the metrics of the first are here.
    staging: Vec<Staging>,
    chunks: usize,
    /// The chunks in flight, in order.
    in_flight: VecDeque<Chunk>,
    /// Why the last chunk ended early, until it is told.
    failed: Option<Error>,
    /// Training steps submitted.
    step: u32,
    /// Steps since the optimiser's state was zero: what Adam's bias corrections count.
    updates: u32,
    running_images: u32,
    final_images: u32,
    tested_at: Option<u32>,
    finished_test: Option<u32>,
}

impl Trainer {
    /// Recomputes effective weights after parameters were written from outside.
    pub(crate) fn normalise(&self) {
        self.device.submit_in_pieces("normalise", |encoder| self.normalise.record(encoder, 0));
    }

    /// Brings what reparameterisations keep (spectral norm's vectors) to where it belongs, where parameters came without
    /// it.
    pub(crate) fn find_state(&self) {
        let iterations =
            Role::BOTH.map(|role| self.gan.network(role).parameters.reparameterisation.initial_iterations());
        let most = iterations.into_iter().max().unwrap_or(0);
        if most > 0 {
            self.device.submit_in_pieces("initial iterations", |encoder| {
                (0..most).for_each(|_| self.after_update.record(encoder, 0));
            });
        }
    }

    /// The settings in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The device.
    pub fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// Both networks.
    pub fn gan(&self) -> &Gan {
        &self.gan
    }

    /// Training steps done, those of chunks in flight among them.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// Steps since the optimiser's state was zero.
    pub fn update_count(&self) -> u32 {
        self.updates
    }

    /// Training step of the G that the last finished test judged.
    pub fn finished_test(&self) -> Option<u32> {
        self.finished_test
    }

    /// Goes on from `step`; a test of that step is due unless it is finished already.
    pub(crate) fn set_step(&mut self, step: u32, updates: u32, finished_test: Option<u32>) {
        self.in_flight.clear();
        self.failed = None;
        self.step = step;
        self.updates = updates;
        self.tested_at = finished_test;
        self.finished_test = finished_test;
        self.test.stop();
    }

    /// Held-out images of the running and of the final test; small data sets have fewer than was asked for.
    pub fn test_images(&self) -> (u32, u32) {
        (self.running_images, self.final_images)
    }

    /// Milliseconds of a training step at the device's speed of late; `None` while that is not known.
    pub fn ms_per_step(&self) -> Option<f64> {
        self.device.millis_of(self.step_cost())
    }

    /// Milliseconds of the longest dispatch, which no submit can be shorter than; `None` while the device's speed is not
    /// known.
    pub fn longest_dispatch_ms(&self) -> Option<f64> {
        let lists = [&self.inputs, &self.discriminator_part, &self.generator_part];
        let of_training = lists.map(DispatchList::largest_cost).into_iter().max().unwrap_or(0);
        self.device.millis_of(of_training.max(self.samples.largest_cost()).max(self.test.largest_cost()))
    }

    /// Estimated work of a training step ([`Dispatch::cost`](crate::device::Dispatch::cost)).
    fn step_cost(&self) -> u64 {
        let of_discriminator = self.inputs.cost() + self.discriminator_part.cost();
        u64::from(self.config.n_dis) * of_discriminator + self.generator_part.cost()
    }

    /// How far the running test is, if one runs.
    pub fn test_progress(&self) -> Option<TestProgress> {
        self.test.progress()
    }

    /// Training step of the G that the last test judged, or judges.
    pub fn tested_at(&self) -> Option<u32> {
        self.tested_at
    }

    /// Changes the learning rate from the next step on.
    ///
    /// # Errors
    /// [`crate::Error::Config`] for a rate out of range; the old one stays.
    pub fn set_lr(&mut self, lr: f32) -> Result<()> {
        let config = Config { lr, ..self.config.clone() };
        config.validate()?;
        self.config = config;
        Ok(())
    }

    /// Starts a running test of the present G; a test under way is given up.
    pub fn start_test(&mut self) {
        self.start_test_of(self.running_images);
    }

    /// Starts a test over all held-out images.
    pub fn start_final_test(&mut self) {
        self.start_test_of(self.final_images);
    }

    fn start_test_of(&mut self, images: u32) {
        self.test.start(&self.device, &self.gan, self.step, images);
        self.tested_at = Some(self.step);
    }

    /// The grid of `vis_size` x `vis_size` samples from the fixed codes.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed.
    pub async fn sample_grid(&self) -> Result<ImageGrid> {
        self.samples.grid(&self.device).await
    }

    /// Held-out images beside their reconstructions; `None` before the first test has begun.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed.
    pub async fn pairs(&self) -> Result<Option<ImageGrid>> {
        self.test.pairs(&self.device).await
    }
}
