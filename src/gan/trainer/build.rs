//! How a run comes to be.

use super::{MAX_STEPS, Trainer};
use crate::config::{Config, Role};
use crate::data::Dataset;
use crate::device::{Device, DispatchList, MOST_IN_FLIGHT, Progress, Staging, StepUniforms};
use crate::error::Result;
use crate::gan::images::DeviceImages;
use crate::gan::init;
use crate::gan::memory;
use crate::gan::networks::Gan;
use crate::gan::reconstruction::Reconstruction;
use crate::gan::samples::Samples;
use crate::gan::step::StepDispatches;
use crate::kernels::METRIC_COLUMNS;
use crate::nn::gemm::Variant;
use std::collections::VecDeque;
use std::sync::Arc;

/// Dispatch lists that a trainer compiles.
const LISTS: usize = 12;

/// Images on a device, and how many of the held-out ones the running test has.
pub(in crate::gan) struct Images {
    pub all: DeviceImages,
    pub running: u32,
}

impl Trainer {
    /// Builds everything for `config` and `data`: the data set is brought to the configured size and colours, split,
    /// and uploaded; parameters are initialised from the seed. Training steps allocate nothing. `report(done, total,
    /// kernel)` tells how far the build is.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting out of range, [`Error::Data`] for a data set too small, [`Error::Limit`] where a
    /// part of it is too large for the device, or all together needs more memory than is free,
    /// [`Error::Shader`] where it refuses a kernel, [`Error::Memory`] or [`Error::Build`] where it refuses anything else,
    /// [`Error::Device`] when it failed.
    ///
    /// [`Error::Config`]: crate::Error::Config
    /// [`Error::Data`]: crate::Error::Data
    /// [`Error::Limit`]: crate::Error::Limit
    /// [`Error::Shader`]: crate::Error::Shader
    /// [`Error::Memory`]: crate::Error::Memory
    /// [`Error::Build`]: crate::Error::Build
    /// [`Error::Device`]: crate::Error::Device
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
        memory::check(&device, &config, data.len() as u32, variant)?;
        device.guarded(Trainer::build(device.clone(), config, data, variant, report)).await
    }

    async fn build(
        device: Arc<Device>,
        config: Config,
        data: &Dataset,
        variant: Variant,
        report: &mut dyn FnMut(usize, usize, &str),
    ) -> Result<Trainer> {
        let data = data.resized(config.width, config.height)?;
        let data = data.with_channels(config.channels)?;
        let split = data.split(config.seed, config.running, config.final_count)?;
        let arranged = data.arranged(&split);
        let bytes = data.image_bytes();
        let (held_out, training) = arranged.pixels.split_at(split.final_count as usize * bytes);
        let all = DeviceImages::new(&device, held_out, training, bytes as u32)?;
        let images = Images { all, running: split.running };
        let trainer = Trainer::allocate(device, config, &images, variant, report).await?;
        trainer.initialise();
        trainer.samples.calibrate(&trainer.device).await?;
        trainer.find_state();
        trainer.device.check()?;
        Ok(trainer)
    }

    /// All memory and all dispatch lists, before anything is in them, for settings that [`memory::needed`] has let pass.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(in crate::gan) async fn allocate(
        device: Arc<Device>,
        config: Config,
        images: &Images,
        variant: Variant,
        report: &mut dyn FnMut(usize, usize, &str),
    ) -> Result<Trainer> {
        let progress = &mut Progress::new(LISTS, report);
        let gan = Gan::new(&device, &config, variant, MAX_STEPS)?;
        let uniforms = StepUniforms::new(&device, MAX_STEPS * (config.n_dis + 1))?;
        let [g, d] = [&gan.generator, &gan.discriminator];
        let normalise = [g.normalise(), d.normalise()].concat();
        let after_update = [g.after_update(), d.after_update()].concat();
        let StepDispatches { discriminator, generator } = gan.step();
        let staging = || Staging::new(&device, "metrics of a chunk", MAX_STEPS as usize * METRIC_COLUMNS);
        Ok(Trainer {
            normalise: DispatchList::compile(&device, &uniforms, normalise, progress).await?,
            after_update: DispatchList::compile(&device, &uniforms, after_update, progress).await?,
            inputs: DispatchList::compile(&device, &uniforms, gan.inputs(&images.all), progress).await?,
            discriminator_part: DispatchList::compile(&device, &uniforms, discriminator, progress).await?,
            generator_part: DispatchList::compile(&device, &uniforms, generator, progress).await?,
            samples: Samples::new(&device, &config, &gan, progress).await?,
            test: Reconstruction::new(&device, &config, &gan, &images.all, progress).await?,
            staging: (0..MOST_IN_FLIGHT).map(|_| staging()).collect::<Result<_>>()?,
            chunks: 0,
            in_flight: VecDeque::new(),
            failed: None,
            step: 0,
            updates: 0,
            running_images: images.running,
            final_images: images.all.held_out(),
            tested_at: None,
            finished_test: None,
            gan,
            uniforms,
            config,
            device,
        })
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
}
