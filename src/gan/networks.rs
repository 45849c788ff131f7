//! Both networks of a run with everything that a training step touches.

use crate::config::{Config, Order, Role, Statistics};
use crate::device::{Buffer, Device, Dispatch, View};
use crate::error::Result;
use crate::gan::architecture;
use crate::gan::images::DeviceImages;
use crate::kernels::{self, Latent, METRIC_COLUMNS, MovingAverage};
use crate::nn::gemm::Variant;
use crate::nn::layer::Source;
use crate::nn::optimiser;
use crate::nn::parameters::Layout;
use crate::nn::plan::FreeBuffers;
use crate::nn::update::update;
use crate::nn::{Activations, Network, Pass, Shape, Weights};
use crate::rng::Stream;

/// G and D, their memory, and the dispatches of their updates.
#[derive(Debug)]
pub struct Gan {
    /// G.
    pub generator: Network,
    /// D.
    pub discriminator: Network,
    /// Intermediate results of G for one batch; free between steps, so sampling and reconstruction use them too.
    pub generator_activations: Activations,
    /// Latent codes of D's fakes, [batch, code].
    pub z_d: View,
    /// Latent codes of G's update, [batch, code], behind the others.
    pub z_g: View,
    /// Real images in rows 0..batch, fakes in rows batch..2 batch, [2 batch, h, w, c]. G's backward pass overwrites the
    /// fakes.
    pub images: Buffer,
    /// One row of [`METRIC_COLUMNS`] numbers per step of a submit, [steps, 4].
    pub metrics: Buffer,
    /// Logits of the last passes through D, real images first, [2 batch].
    pub logits: Buffer,
    /// Averaged weights of G, where the settings ask for them: what samples and tests use.
    pub average: Option<Weights>,
    pub(super) discriminator_activations: Activations,
    /// The same memory for a pass over the fakes alone, which leaves room for G's values.
    pub(super) fakes_activations: Activations,
    /// Gradient of G's loss with respect to `images`, where G's gradients will lie.
    pub(super) dimages: Buffer,
    /// Gradient of D's loss, or of G's through D's logits, with respect to them, [2 batch].
    pub(super) dlogits: Buffer,
    /// Gradient of G's loss with respect to the logits of the fakes, [batch], where one pass serves both losses.
    pub(super) generator_dlogits: Buffer,
    /// 1 for every logit: where a pass starts that serves both losses.
    pub(super) ones: Buffer,
    pub(super) generator_update: Vec<Dispatch>,
    pub(super) discriminator_update: Vec<Dispatch>,
    pub(super) config: Config,
}

impl Gan {
    /// Allocates both networks of `config` and room for `metric_rows` steps of metrics.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] when a buffer is too large for the device.
    pub fn new(device: &Device, config: &Config, variant: Variant, metric_rows: u32) -> Result<Gan> {
        let batch = config.batch_size;
        let image = Shape::new(config.height, config.width, config.channels);
        let optimiser = optimiser::of(config);
        let buffer = |name: &str, len: u32| Buffer::new(device, name, len as usize);
        let [generator, discriminator] = Role::BOTH.map(|role| architecture::layers(config, role));
        let discriminator = Network::new(device, "discriminator", discriminator, variant, &*optimiser)?;
        // One buffer serves three in turn (plan/liveness.rs). When a backward pass through D comes to the images, which
        // its first layer alone reads, nobody needs any more what D's largest activation reads; and G reads their
        // gradient before it writes any of its own.
        let kept = discriminator.kept_inputs().first().copied();
        let of_image = kept.map_or(0, |layer| discriminator.specs[layer].io.output.len()).max(image.len());
        let len = (2 * batch * of_image).max(Layout::new(&generator).count);
        let in_turn = buffer("values of D, then gradients of G", len)?;
        let discriminator_activations =
            Activations::new(device, "discriminator", &discriminator, [batch, 2], |layer, _| {
                (kept == Some(layer)).then(|| in_turn.clone())
            })?;
        // Where the updates alternate, G never needs its values while D needs those of real images.
        let (fakes_activations, free) = discriminator_activations.of_last_group(&discriminator);
        let mut free = if config.order == Order::Alternating { free } else { FreeBuffers::default() };
        let generator = Network::with_gradients(device, "generator", generator, variant, &*optimiser, &in_turn)?;
        let generator_activations =
            Activations::new(device, "generator", &generator, [batch, 1], |_, len| free.take(len))?;
        let codes = buffer("latent codes", 2 * batch * config.code_size)?;
        let ones = buffer("ones", 2 * batch)?;
        ones.write(device, &vec![1f32; ones.len()]);
        let average =
            if config.ema > 0.0 { Some(generator.parameters.copy(device, "averaged generator")?) } else { None };
        let update_of = |name: &str, network: &Network, activations: &Activations| {
            update(device, name, network, activations, &*optimiser)
        };
        let mut generator_update = update_of("generator", &generator, &generator_activations)?;
        if let Some(average) = &average {
            generator_update.push(moving_average(config.ema, &generator.parameters.values, &average.params));
        }
        Ok(Gan {
            generator_update,
            discriminator_update: update_of("discriminator", &discriminator, &discriminator_activations)?,
            // Batch statistics are those of training.
            average: average.map(|average| Weights { state: generator.parameters.state.clone(), ..average }),
            generator_activations,
            discriminator_activations,
            fakes_activations,
            ones,
            generator_dlogits: buffer("logit gradients of G", batch)?,
            z_d: codes.at(0),
            z_g: codes.at(batch * config.code_size),
            images: buffer("real and fake images", 2 * batch * image.len())?,
            dimages: in_turn,
            logits: buffer("logits", 2 * batch)?,
            dlogits: buffer("logit gradients", 2 * batch)?,
            metrics: buffer("metrics", metric_rows * METRIC_COLUMNS as u32)?,
            generator,
            discriminator,
            config: config.clone(),
        })
    }

    /// The network of a role.
    pub fn network(&self, role: Role) -> &Network {
        match role {
            Role::Generator => &self.generator,
            Role::Discriminator => &self.discriminator,
        }
    }

    /// The inputs of an update of D as functions of (seed, draw): the real batch and both sets of latent codes. Of several
    /// updates of D the last one's codes serve G.
    pub fn inputs(&self, images: &DeviceImages) -> Vec<Dispatch> {
        let (codes, batch) = (&self.z_d.buffer, self.config.batch_size);
        vec![
            images.training_batch(batch, &self.images.at(0)),
            latent_codes(codes, batch * self.config.code_size, &[Stream::LatentD, Stream::LatentG]),
        ]
    }

    /// What samples and tests use of G: the averaged weights where there are some, else the live ones.
    pub fn evaluated_weights(&self) -> Weights {
        self.average.clone().unwrap_or_else(|| self.generator.parameters.weights())
    }

    /// What makes [`Self::evaluated_weights`] of averaged parameters; nothing for live ones.
    pub fn prepare_evaluation(&self) -> Vec<Dispatch> {
        let reparameterisation = &self.generator.parameters.reparameterisation;
        self.average.as_ref().map_or(Vec::new(), |average| reparameterisation.normalise_copy(average))
    }

    /// G with the given weights from one batch of codes [batch, code] at `z` to images [batch, h, w, c] in (0, 1) at
    /// `output`, for samples and reconstructions.
    pub fn generate(&self, weights: Weights, z: View, output: View) -> Pass<'_> {
        Pass {
            network: &self.generator,
            weights,
            activations: &self.generator_activations,
            first_group: 0,
            groups: 1,
            input: z,
            output,
            source: match self.config.statistics {
                Statistics::Running => Source::Running,
                Statistics::Batch => Source::Batch,
            },
        }
    }

    /// G in training, from `z` to the fake rows of `images`.
    pub(super) fn generator_pass(&self, z: &View) -> Pass<'_> {
        let weights = self.generator.parameters.weights();
        Pass { source: Source::Training, ..self.generate(weights, z.clone(), self.fakes(&self.images)) }
    }

    /// D in training; group 0 holds real images, group 1 fakes.
    pub(super) fn discriminator_pass(&self, first_group: u32, groups: u32) -> Pass<'_> {
        let first_row = first_group * self.config.batch_size;
        Pass {
            network: &self.discriminator,
            weights: self.discriminator.parameters.weights(),
            activations: &self.discriminator_activations,
            first_group,
            groups,
            input: self.images.at(first_row * self.image_len()),
            output: self.logits.at(first_row),
            source: Source::Training,
        }
    }

    /// The rows of fakes in a buffer laid out as `images`.
    pub(super) fn fakes(&self, buffer: &Buffer) -> View {
        buffer.at(self.config.batch_size * self.image_len())
    }

    fn image_len(&self) -> u32 {
        self.config.width * self.config.height * self.config.channels
    }
}

/// `count` latent numbers of each of `streams`, [streams, count], at the running draw: normally distributed with mean 0
/// and variance 1. The streams' own numbers follow one another.
pub fn latent_codes(z: &Buffer, count: u32, streams: &[Stream]) -> Dispatch {
    let first_stream = streams.first().map_or(0, |&stream| stream as u32);
    let counters = streams.len() as u32 * count.div_ceil(4);
    Dispatch::new(&kernels::LATENT, "latent codes")
        .params(&Latent { count: counters, length: count, first_stream })
        .buffers(&[z])
        .touches(streams.len() as u64 * u64::from(count))
        .elements(counters as usize)
}

/// average = decay average + (1 - decay) value
fn moving_average(decay: f32, values: &Buffer, average: &Buffer) -> Dispatch {
    let count = values.len();
    Dispatch::new(&kernels::MOVING_AVERAGE, "averaged weights")
        .params(&MovingAverage { count: count as u32, decay })
        .buffers(&[values, average])
        .elements(count)
}
