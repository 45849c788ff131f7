//! One training step as a list of dispatches, for both update orders (paper, section 4).

use crate::config::{Config, Loss, Optimiser, Order, Statistics};
use crate::error::Result;
use crate::gan::architecture;
use crate::gan::images::DeviceImages;
use crate::gpu::{Buffer, Call, Gpu, View};
use crate::kernels::{self, GanLoss, Latent, METRIC_COLUMNS};
use crate::nn::batch_norm::Source;
use crate::nn::convolution::Body;
use crate::nn::{Activations, Network, Pass, Shape, Weights, optimiser};
use crate::rng::Stream;

/// Both networks with everything a training step touches.
#[derive(Debug)]
pub struct Gan {
    /// G.
    pub generator: Network,
    /// D.
    pub discriminator: Network,
    /// Intermediate results of G for one batch; free between steps, so sampling and reconstruction use them too.
    pub generator_activations: Activations,
    /// Latent codes of D's fakes, [batch, code].
    pub z_d: Buffer,
    /// Latent codes of G's update, [batch, code].
    pub z_g: Buffer,
    /// Real images in rows 0..batch, fakes in rows batch..2 batch, [2 batch, h, w, c].
    pub images: Buffer,
    /// One row of [`METRIC_COLUMNS`] numbers per step of a chunk.
    pub metrics: Buffer,
    discriminator_activations: Activations,
    /// Gradient of G's loss with respect to `images`.
    dimages: Buffer,
    /// Logits of the last pass through D, real images first, [2 batch].
    pub logits: Buffer,
    dlogits: Buffer,
    batch: u32,
    image: Shape,
    code: u32,
    loss: Loss,
    statistics: Source,
}

impl Gan {
    /// Allocates both networks of `config` and room for `metric_rows` steps of metrics.
    pub fn new(gpu: &Gpu, config: &Config, body: Body, metric_rows: u32) -> Result<Gan> {
        let batch = config.batch_size;
        let image = Shape::new(config.height, config.width, config.channels);
        let means = config.optimiser == Optimiser::Adam;
        let generator = Network::new(gpu, "generator", architecture::generator(config), body, means)?;
        let discriminator = Network::new(gpu, "discriminator", architecture::discriminator(config), body, means)?;
        let buffer = |name: &str, len: u32| Buffer::new(gpu, name, len as usize);
        Ok(Gan {
            generator_activations: Activations::new(gpu, "generator", &generator, batch, 1)?,
            discriminator_activations: Activations::new(gpu, "discriminator", &discriminator, batch, 2)?,
            z_d: buffer("latent codes of D's fakes", batch * config.code_size)?,
            z_g: buffer("latent codes of G", batch * config.code_size)?,
            images: buffer("real and fake images", 2 * batch * image.len())?,
            dimages: buffer("image gradients", 2 * batch * image.len())?,
            logits: buffer("logits", 2 * batch)?,
            dlogits: buffer("logit gradients", 2 * batch)?,
            metrics: buffer("metrics", metric_rows * METRIC_COLUMNS as u32)?,
            generator,
            discriminator,
            batch,
            image,
            code: config.code_size,
            loss: config.loss,
            statistics: match config.statistics {
                Statistics::Running => Source::Running,
                Statistics::Batch => Source::Batch,
            },
        })
    }

    /// The step's inputs as functions of (seed, step): the real batch and both sets of latent codes.
    pub fn inputs(&self, images: &DeviceImages) -> Vec<Call> {
        let latent = |z: &Buffer, stream: Stream| latent_codes(z, self.batch * self.code, stream);
        vec![
            images.training_batch(self.batch, &self.images.at(0)),
            latent(&self.z_d, Stream::LatentD),
            latent(&self.z_g, Stream::LatentG),
        ]
    }

    /// Both updates, in the order that `config` asks for.
    pub fn update(&self, config: &Config) -> Vec<Call> {
        match config.order {
            Order::Alternating => self.alternating(config),
            Order::Simultaneous => self.simultaneous(config),
        }
    }

    /// D on real and fresh fakes; then G, with new latent codes, through the updated D.
    fn alternating(&self, config: &Config) -> Vec<Call> {
        let both = self.discriminator_pass(0, 2);
        let fakes = self.discriminator_pass(1, 1);
        let generator = self.generator_pass(&self.z_g);
        let mut calls = self.generator_pass(&self.z_d).forward();
        calls.extend(both.forward());
        calls.push(self.discriminator_loss());
        calls.extend(both.backward(&self.dlogits.at(0), true, None));
        calls.extend(update(&self.discriminator, config));
        calls.extend(generator.forward());
        calls.extend(fakes.forward());
        calls.push(self.generator_loss());
        calls.extend(fakes.backward(&self.dlogits.at(self.batch), false, Some(&self.fakes(&self.dimages))));
        calls.extend(generator.backward(&self.fakes(&self.dimages), true, None));
        calls.extend(update(&self.generator, config));
        calls
    }

    /// One fake batch, of `z_g`, through one pair of networks; both gradients, then both updates.
    fn simultaneous(&self, config: &Config) -> Vec<Call> {
        let both = self.discriminator_pass(0, 2);
        let fakes = self.discriminator_pass(1, 1);
        let generator = self.generator_pass(&self.z_g);
        let mut calls = generator.forward();
        calls.extend(both.forward());
        calls.push(self.discriminator_loss());
        calls.extend(both.backward(&self.dlogits.at(0), true, None));
        calls.push(self.generator_loss());
        calls.extend(fakes.backward(&self.dlogits.at(self.batch), false, Some(&self.fakes(&self.dimages))));
        calls.extend(generator.backward(&self.fakes(&self.dimages), true, None));
        calls.extend(update(&self.discriminator, config));
        calls.extend(update(&self.generator, config));
        calls
    }

    /// G in training, from `z` to the fake rows of `images`.
    fn generator_pass(&self, z: &Buffer) -> Pass<'_> {
        let weights = self.generator.parameters.weights();
        Pass { source: Source::Training, ..self.generate(weights, z.at(0), self.fakes(&self.images)) }
    }

    /// G with the given weights from one batch of codes at `z` to images at `output`, for samples and reconstructions.
    pub fn generate(&self, weights: Weights, z: View, output: View) -> Pass<'_> {
        Pass {
            network: &self.generator,
            weights,
            activations: &self.generator_activations,
            first_group: 0,
            groups: 1,
            input: z,
            output,
            source: self.statistics,
        }
    }

    /// D in training; group 0 holds real images, group 1 fakes.
    fn discriminator_pass(&self, first_group: u32, groups: u32) -> Pass<'_> {
        let first_row = first_group * self.batch;
        Pass {
            network: &self.discriminator,
            weights: self.discriminator.parameters.weights(),
            activations: &self.discriminator_activations,
            first_group,
            groups,
            input: self.images.at(first_row * self.image.len()),
            output: self.logits.at(first_row),
            source: Source::Training,
        }
    }

    fn fakes(&self, buffer: &Buffer) -> View {
        buffer.at(self.batch * self.image.len())
    }

    fn discriminator_loss(&self) -> Call {
        let batch = self.batch;
        self.loss(
            "discriminator loss",
            GanLoss { first: 0, real: batch, fake: batch, generator: 0, ..GanLoss::default() },
        )
    }

    fn generator_loss(&self) -> Call {
        let batch = self.batch;
        self.loss("generator loss", GanLoss { first: batch, real: 0, fake: batch, generator: 1, ..GanLoss::default() })
    }

    fn loss(&self, label: &str, block: GanLoss) -> Call {
        let kind = match self.loss {
            Loss::Bce => 0,
            Loss::Ls => 1,
            Loss::Hinge => 2,
        };
        let block = GanLoss { kind, ..block };
        Call::new(&kernels::GAN_LOSS, label).params(&block).buffers(&[&self.logits, &self.dlogits, &self.metrics])
    }
}

/// `count` latent numbers of `stream` at the running step.
pub fn latent_codes(z: &Buffer, count: u32, stream: Stream) -> Call {
    Call::new(&kernels::LATENT, "latent codes")
        .params(&Latent { count, stream: stream as u32 })
        .buffers(&[z])
        .elements(count.div_ceil(4) as usize)
}

/// Pull-back, optimiser, renormalisation.
fn update(network: &Network, config: &Config) -> Vec<Call> {
    let p = &network.parameters;
    let begin = p.layout.pair_begin;
    let step = match (config.optimiser, &p.means) {
        (Optimiser::Adam, Some(means)) => {
            let betas = [config.beta1, config.beta2];
            optimiser::adam(&p.values, &p.gradients, [means, &p.mean_squares], begin, betas, config.eps)
        }
        _ => optimiser::rmsprop(&p.values, &p.gradients, &p.mean_squares, begin, config.decay, config.eps),
    };
    network.pull_back().into_iter().chain([step]).chain(network.normalise()).collect()
}
