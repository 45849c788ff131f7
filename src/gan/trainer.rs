//! A run: training in chunks of one submit each, with a running reconstruction test in between.

mod replay;
mod turn;

use crate::config::{Config, Norm};
use crate::data::Dataset;
use crate::device::readback::Staging;
use crate::device::{Device, DispatchList, Progress, StepUniforms};
use crate::error::Result;
use crate::gan::architecture;
use crate::gan::images::DeviceImages;
use crate::gan::init;
use crate::gan::pace::Pace;
use crate::gan::reconstruction::{Reconstruction, TestProgress, TestResult};
use crate::gan::samples::{Samples, Sheet};
use crate::gan::step::Gan;
use crate::kernels::METRIC_COLUMNS;
use crate::nn::gemm::Variant;
use std::sync::Arc;
use turn::Turn;

/// Most training steps in one submit.
const MOST_STEPS: u32 = 128;
/// Programs that a trainer compiles.
const PROGRAMS: usize = 9;

/// Power iterations that a fresh spectral norm starts with.
const INITIAL_POWER_ITERATIONS: usize = 15;

/// What one turn brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Training steps done in all.
    pub step: u32,
    /// Training steps done in this turn.
    pub steps: u32,
    /// One row of [`METRIC_COLUMNS`] numbers per step of this turn: step, d_loss_real, d_loss_fake, g_loss.
    pub metrics: Vec<f32>,
    /// How far the running test is, if one runs.
    pub test: Option<TestProgress>,
    /// The test that finished in this turn, if one did.
    pub finished: Option<TestResult>,
}

/// Both networks of a [`Config`] on a device, with data and test.
#[derive(Debug)]
pub struct Trainer {
    device: Arc<Device>,
    config: Config,
    gan: Gan,
    slots: StepUniforms,
    inputs: DispatchList,
    update: DispatchList,
    normalise: DispatchList,
    normalise_loaded: DispatchList,
    samples: Samples,
    test: Reconstruction,
    /// Turns use them alternately, so that one can be submitted before the metrics of the other are here.
    staging: [Staging; 2],
    turns: usize,
    /// The turn that was submitted ahead.
    ahead: Option<Turn>,
    /// When the last turn's metrics were here, in milliseconds.
    landed: f64,
    pace: Pace,
    /// Training steps submitted.
    step: u32,
    /// Updates since the optimiser's state was zero: what Adam's bias corrections count.
    updates: u32,
    running_images: u32,
    final_images: u32,
    tested_at: Option<u32>,
    finished_test: Option<u32>,
}

impl Trainer {
    /// Builds everything for `config` and `data`: the data set is brought to the configured size and colours, split,
    /// and uploaded; parameters are initialised from the seed. Nothing is allocated afterwards. `report(done, total,
    /// kernel)` tells how far the build is.
    ///
    /// # Errors
    /// A setting out of range, a data set too small, a limit of the device exceeded, or a shader refused.
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
        let progress = &mut Progress::new(PROGRAMS, report);
        config.validate()?;
        architecture::check_size(&config)?;
        let data = data.resized(config.width, config.height)?.with_channels(config.channels)?;
        let split = data.split(config.seed, config.running, config.final_count)?;
        let arranged = data.arranged(&split);
        let bytes = data.image_bytes();
        let (held_out, training) = arranged.pixels.split_at(split.final_count as usize * bytes);
        let images = DeviceImages::new(&device, held_out, training, bytes as u32)?;

        let gan = Gan::new(&device, &config, variant, MOST_STEPS)?;
        let slots = StepUniforms::new(&device, MOST_STEPS)?;
        let [g, d] = [&gan.generator, &gan.discriminator];
        let normalise = [g.normalise(), d.normalise()].concat();
        let normalise_loaded = [g.normalise_loaded(), d.normalise_loaded()].concat();
        let staging = || Staging::new(&device, "metrics of a chunk", MOST_STEPS as usize * METRIC_COLUMNS);
        let trainer = Trainer {
            normalise: DispatchList::compile(&device, &slots, normalise, progress).await?,
            normalise_loaded: DispatchList::compile(&device, &slots, normalise_loaded, progress).await?,
            inputs: DispatchList::compile(&device, &slots, gan.inputs(&images), progress).await?,
            update: DispatchList::compile(&device, &slots, gan.update(&config), progress).await?,
            samples: Samples::new(&device, &config, &gan, progress).await?,
            test: Reconstruction::new(&device, &config, &gan, &images, progress).await?,
            staging: [staging()?, staging()?],
            turns: 0,
            ahead: None,
            landed: 0.0,
            pace: Pace::new(MOST_STEPS),
            step: 0,
            updates: 0,
            running_images: split.running,
            final_images: split.final_count,
            tested_at: None,
            finished_test: None,
            gan,
            slots,
            config,
            device,
        };
        trainer.initialise();
        trainer.device.check()?;
        Ok(trainer)
    }

    fn initialise(&self) {
        for (number, network) in [(0, &self.gan.generator), (1, &self.gan.discriminator)] {
            let layout = &network.parameters.layout;
            let (values, state) = init::network(&network.specs, layout, &self.config, number);
            network.parameters.values.write(&self.device, &values);
            network.parameters.state.write(&self.device, &state);
        }
        self.normalise_loaded();
        self.find_singular_vectors();
    }

    /// Recomputes effective weights after parameters were written from outside.
    pub(crate) fn normalise_loaded(&self) {
        self.device.submit("normalise", |encoder| self.normalise_loaded.record(&self.device, encoder, 0));
    }

    /// Brings spectral norm's vectors near the singular ones, where parameters came without them.
    pub(crate) fn find_singular_vectors(&self) {
        if self.config.norm != Norm::Spectral {
            return;
        }
        self.device.submit("power iterations", |encoder| {
            (0..INITIAL_POWER_ITERATIONS).for_each(|_| self.normalise.record(&self.device, encoder, 0));
        });
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

    /// Training steps done, those of a turn submitted ahead among them.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// Updates since the optimiser's state was zero.
    pub fn update_count(&self) -> u32 {
        self.updates
    }

    /// Training step of the G that the last finished test judged.
    pub fn finished_test(&self) -> Option<u32> {
        self.finished_test
    }

    /// Goes on from `step`; a test of that step is due unless it is finished already.
    pub(crate) fn set_step(&mut self, step: u32, updates: u32, finished_test: Option<u32>) {
        self.ahead = None;
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

    /// Milliseconds per training step as measured lately.
    pub fn ms_per_step(&self) -> Option<f64> {
        self.pace.ms_per_step()
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
    /// A rate out of range; the old one stays.
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

    /// The sheet of samples from the fixed codes.
    pub async fn sheet(&self) -> Result<Sheet> {
        self.samples.sheet(&self.device).await
    }

    /// Held-out images beside their reconstructions; `None` before the first test has begun.
    pub async fn pairs(&self) -> Result<Option<Sheet>> {
        self.test.pairs(&self.device).await
    }
}
