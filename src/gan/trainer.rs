//! A run: training in chunks, with a running reconstruction test in between.

mod chunk;
mod replay;
mod uniforms;

use crate::config::{Config, Role};
use crate::data::Dataset;
use crate::device::{Device, DispatchList, MOST_IN_FLIGHT, Progress, Staging, StepUniforms};
use crate::error::{Error, Result};
use crate::gan::architecture;
use crate::gan::images::DeviceImages;
use crate::gan::init;
use crate::gan::metrics::Metrics;
use crate::gan::networks::Gan;
use crate::gan::reconstruction::{Reconstruction, TestProgress, TestResult};
use crate::gan::samples::{ImageGrid, Samples};
use crate::gan::step::StepDispatches;
use crate::kernels::METRIC_COLUMNS;
use crate::nn::gemm::Variant;
use chunk::Chunk;
use std::collections::VecDeque;
use std::sync::Arc;

/// Most training steps of a chunk.
const MAX_STEPS: u32 = 256;
/// Dispatch lists that a trainer compiles.
const LISTS: usize = 12;

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
    /// Builds everything for `config` and `data`: the data set is brought to the configured size and colours, split,
    /// and uploaded; parameters are initialised from the seed. Training steps allocate nothing. `report(done, total,
    /// kernel)` tells how far the build is.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting out of range, [`Error::Data`] for a data set too small, [`Error::Limit`] where the
    /// device has less room,
    /// [`Error::Shader`] where it refuses a kernel, [`Error::Memory`] or [`Error::Build`] where it refuses anything else,
    /// [`Error::Device`] when it failed.
    pub async fn new(
        device: Arc<Device>,
        config: Config,
        data: &Dataset,
        report: &mut dyn FnMut(usize, usize, &str),
    ) -> Result<Trainer> {
        let variant = Variant::for_device(&device);
        Trainer::with_variant(device, config, data, variant, report).await
    }

    /// The same with a given variant of the matrix products instead of the one that suits the device.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub async fn with_variant(
        device: Arc<Device>,
        config: Config,
        data: &Dataset,
        variant: Variant,
        report: &mut dyn FnMut(usize, usize, &str),
    ) -> Result<Trainer> {
        device.guarded(Trainer::build(device.clone(), config, data, variant, report)).await
    }

    async fn build(
        device: Arc<Device>,
        config: Config,
        data: &Dataset,
        variant: Variant,
        report: &mut dyn FnMut(usize, usize, &str),
    ) -> Result<Trainer> {
        let progress = &mut Progress::new(LISTS, report);
        config.validate()?;
        architecture::check_size(&config)?;
        let data = data.resized(config.width, config.height)?;
        let data = data.with_channels(config.channels)?;
        let split = data.split(config.seed, config.running, config.final_count)?;
        let arranged = data.arranged(&split);
        let bytes = data.image_bytes();
        let (held_out, training) = arranged.pixels.split_at(split.final_count as usize * bytes);
        let images = DeviceImages::new(&device, held_out, training, bytes as u32)?;

        let gan = Gan::new(&device, &config, variant, MAX_STEPS)?;
        let uniforms = StepUniforms::new(&device, MAX_STEPS * (config.n_dis + 1))?;
        let [g, d] = [&gan.generator, &gan.discriminator];
        let normalise = [g.normalise(), d.normalise()].concat();
        let after_update = [g.after_update(), d.after_update()].concat();
        let StepDispatches { discriminator, generator } = gan.step();
        let staging = || Staging::new(&device, "metrics of a chunk", MAX_STEPS as usize * METRIC_COLUMNS);
        let trainer = Trainer {
            normalise: DispatchList::compile(&device, &uniforms, normalise, progress).await?,
            after_update: DispatchList::compile(&device, &uniforms, after_update, progress).await?,
            inputs: DispatchList::compile(&device, &uniforms, gan.inputs(&images), progress).await?,
            discriminator_part: DispatchList::compile(&device, &uniforms, discriminator, progress).await?,
            generator_part: DispatchList::compile(&device, &uniforms, generator, progress).await?,
            samples: Samples::new(&device, &config, &gan, progress).await?,
            test: Reconstruction::new(&device, &config, &gan, &images, progress).await?,
            staging: (0..MOST_IN_FLIGHT).map(|_| staging()).collect::<Result<_>>()?,
            chunks: 0,
            in_flight: VecDeque::new(),
            failed: None,
            step: 0,
            updates: 0,
            running_images: split.running,
            final_images: split.final_count,
            tested_at: None,
            finished_test: None,
            gan,
            uniforms,
            config,
            device,
        };
        trainer.initialise();
        trainer.samples.calibrate(&trainer.device).await?;
        trainer.find_state();
        trainer.device.check()?;
        Ok(trainer)
    }

    fn initialise(&self) {
        for role in Role::BOTH {
            let network = self.gan.network(role);
            let (values, state) = init::network(role, &network.specs, &network.parameters.layout, self.config.seed);
            network.parameters.values.write(&self.device, &values);
            network.parameters.state.write(&self.device, &state);
            if let (Role::Generator, Some(average)) = (role, &self.gan.average) {
                average.params.write(&self.device, &values);
            }
        }
        self.normalise();
    }

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
