//! One training step as a list of dispatches, for both update orders (paper, section 4).

use crate::config::{Config, Loss, Norm, Optimiser, Order, Statistics};
use crate::device::{Buffer, Device, Dispatch, View};
use crate::error::Result;
use crate::gan::architecture;
use crate::gan::images::DeviceImages;
use crate::kernels::{self, GanLoss, Latent, METRIC_COLUMNS};
use crate::nn::batch_norm::Source;
use crate::nn::convolution::Factors;
use crate::nn::gemm::Variant;
use crate::nn::parameters::Layout;
use crate::nn::update::{Rule, Update};
use crate::nn::{Activations, Backward, Network, Pass, Shape, Spare, Weights};
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
    pub z_d: View,
    /// Latent codes of G's update, [batch, code], behind the others.
    pub z_g: View,
    /// Real images in rows 0..batch, fakes in rows batch..2 batch, [2 batch, h, w, c]. G's way back overwrites the fakes.
    pub images: Buffer,
    /// One row of [`METRIC_COLUMNS`] numbers per step of a chunk.
    pub metrics: Buffer,
    discriminator_activations: Activations,
    /// The same memory for a pass over the fakes alone, which leaves room for G's values.
    fakes_activations: Activations,
    /// Gradient of G's loss with respect to `images`, where G's gradients will lie.
    dimages: Buffer,
    /// Logits of the last pass through D, real images first, [2 batch].
    pub logits: Buffer,
    /// Gradient of D's loss, or of G's through D's logits, with respect to them, [2 batch].
    dlogits: Buffer,
    /// Gradient of G's loss with respect to the logits of the fakes, [batch], where one pass serves both losses.
    generator_dlogits: Buffer,
    /// 1 for every logit: where a pass starts that serves both losses.
    ones: Buffer,
    generator_update: Update,
    discriminator_update: Update,
    batch: u32,
    image: Shape,
    code: u32,
    loss: Loss,
    statistics: Source,
}

impl Gan {
    /// Allocates both networks of `config` and room for `metric_rows` steps of metrics.
    pub fn new(device: &Device, config: &Config, variant: Variant, metric_rows: u32) -> Result<Gan> {
        let batch = config.batch_size;
        let image = Shape::new(config.height, config.width, config.channels);
        let means = config.optimiser == Optimiser::Adam;
        let buffer = |name: &str, len: u32| Buffer::new(device, name, len as usize);
        let generator = architecture::generator(config);
        let discriminator = Network::new(device, "discriminator", architecture::discriminator(config), variant, means)?;
        // One buffer serves three in turn. When a way back through D comes to the images, which its first layer alone
        // reads, nobody needs any more what waited in D; and G reads their gradient before it writes any of its own.
        let waiting = discriminator.waiting().first().copied();
        let of_image = waiting.map_or(0, |layer| discriminator.specs[layer].output.len()).max(image.len());
        let len = (2 * batch * of_image).max(Layout::new(&generator).count);
        let in_turn = buffer("values of D, then gradients of G", len)?;
        let discriminator_activations =
            Activations::new(device, "discriminator", &discriminator, [batch, 2], |layer, _| {
                (waiting == Some(layer)).then(|| in_turn.clone())
            })?;
        // Where the updates alternate, G never needs its values while D needs those of real images.
        let (fakes_activations, spare) = discriminator_activations.folded(&discriminator);
        let mut spare = if config.order == Order::Alternating { spare } else { Spare::default() };
        let generator = Network::with_gradients(device, "generator", generator, variant, means, &in_turn)?;
        let generator_activations =
            Activations::new(device, "generator", &generator, [batch, 1], |_, len| spare.lend(len))?;
        let rule = match config.optimiser {
            Optimiser::Rmsprop => Rule::Rmsprop { decay: config.decay, eps: config.eps },
            Optimiser::Adam => Rule::Adam { betas: [config.beta1, config.beta2], eps: config.eps },
        };
        let codes = buffer("latent codes", 2 * batch * config.code_size)?;
        let ones = buffer("ones", 2 * batch)?;
        ones.write(device, &vec![1f32; ones.len()]);
        Ok(Gan {
            generator_update: Update::new(device, "generator", &generator, &generator_activations, rule)?,
            discriminator_update: Update::new(
                device,
                "discriminator",
                &discriminator,
                &discriminator_activations,
                rule,
            )?,
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
    pub fn inputs(&self, images: &DeviceImages) -> Vec<Dispatch> {
        let codes = &self.z_d.buffer;
        vec![
            images.training_batch(self.batch, &self.images.at(0)),
            latent_codes(codes, self.batch * self.code, &[Stream::LatentD, Stream::LatentG]),
        ]
    }

    /// Both updates, in the order that `config` asks for.
    pub fn update(&self, config: &Config) -> Vec<Dispatch> {
        match config.order {
            Order::Alternating => self.alternating(),
            Order::Simultaneous if self.one_pass_serves_both(config) => self.simultaneous_at_once(),
            Order::Simultaneous => self.simultaneous(),
        }
    }

    /// Whether one backward pass through D serves both losses in a simultaneous update (DESIGN: D couples no images).
    pub fn one_pass_serves_both(&self, config: &Config) -> bool {
        config.norm != Norm::Batch && self.discriminator.serves_every_loss()
    }

    /// D on real and fresh fakes; then G, with new latent codes, through the updated D.
    fn alternating(&self) -> Vec<Dispatch> {
        let fakes = Pass { activations: &self.fakes_activations, ..self.discriminator_pass(1, 1) };
        let generator = self.generator_pass(&self.z_g);
        let mut calls = self.generator_pass(&self.z_d).forward();
        calls.extend(self.discriminator_gradients());
        calls.extend(self.discriminator_update.calls(&self.discriminator, &self.discriminator_activations));
        calls.extend(generator.forward());
        calls.extend(fakes.forward());
        calls.extend(self.generator_gradients(&fakes, &generator));
        calls.extend(self.generator_update.calls(&self.generator, &self.generator_activations));
        calls
    }

    /// One fake batch, of `z_g`, through one pair of networks; both gradients, then both updates.
    fn simultaneous(&self) -> Vec<Dispatch> {
        let generator = self.generator_pass(&self.z_g);
        let mut calls = generator.forward();
        calls.extend(self.discriminator_gradients());
        calls.extend(self.generator_gradients(&self.discriminator_pass(1, 1), &generator));
        calls.extend(self.updates());
        calls
    }

    /// The same with one pass back through D: it carries u = dl/d(.) of every image's logit l, is multiplied by
    /// dL_D/dl where the gradients of D's parameters are summed, and by dL_G/dl at the fakes.
    fn simultaneous_at_once(&self) -> Vec<Dispatch> {
        let generator = self.generator_pass(&self.z_g);
        let both = self.discriminator_pass(0, 2);
        let (logits, fakes) = (self.ones.at(0), self.fakes(&self.dimages));
        let mut calls = generator.forward();
        calls.extend(both.forward());
        calls.extend([self.discriminator_loss(), self.generator_loss(&self.generator_dlogits.at(0))]);
        calls.extend(both.backward(&Backward {
            first_input_group: 1,
            factors: Some(Factors { of_image: &self.dlogits }),
            ..Backward::new(&logits, true, Some(&fakes))
        }));
        calls.extend(generator.backward(&Backward {
            output_factors: Some(Factors { of_image: &self.generator_dlogits }),
            ..Backward::new(&fakes, true, None)
        }));
        calls.extend(self.updates());
        calls
    }

    /// D forward on real and fake images, its loss, and back to its parameters.
    fn discriminator_gradients(&self) -> Vec<Dispatch> {
        let both = self.discriminator_pass(0, 2);
        let mut calls = both.forward();
        calls.push(self.discriminator_loss());
        calls.extend(both.backward(&Backward::new(&self.dlogits.at(0), true, None)));
        calls
    }

    /// G's loss, and back through D to G's parameters.
    fn generator_gradients(&self, fakes: &Pass<'_>, generator: &Pass<'_>) -> Vec<Dispatch> {
        let (dlogits, dimages) = (self.dlogits.at(self.batch), self.fakes(&self.dimages));
        let mut calls = vec![self.generator_loss(&dlogits)];
        calls.extend(fakes.backward(&Backward::new(&dlogits, false, Some(&dimages))));
        calls.extend(generator.backward(&Backward::new(&dimages, true, None)));
        calls
    }

    /// Both updates.
    fn updates(&self) -> Vec<Dispatch> {
        let mut calls = self.discriminator_update.calls(&self.discriminator, &self.discriminator_activations);
        calls.extend(self.generator_update.calls(&self.generator, &self.generator_activations));
        calls
    }

    /// G in training, from `z` to the fake rows of `images`.
    fn generator_pass(&self, z: &View) -> Pass<'_> {
        let weights = self.generator.parameters.weights();
        Pass { source: Source::Training, ..self.generate(weights, z.clone(), self.fakes(&self.images)) }
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

    fn discriminator_loss(&self) -> Dispatch {
        let batch = self.batch;
        let block = GanLoss { first: 0, real: batch, fake: batch, generator: 0, ..GanLoss::default() };
        self.loss("discriminator loss", block, &self.dlogits.at(0))
    }

    fn generator_loss(&self, dlogits: &View) -> Dispatch {
        let batch = self.batch;
        let block = GanLoss { first: batch, real: 0, fake: batch, generator: 1, ..GanLoss::default() };
        self.loss("generator loss", block, dlogits)
    }

    fn loss(&self, label: &str, block: GanLoss, dlogits: &View) -> Dispatch {
        let kind = match self.loss {
            Loss::Bce => 0,
            Loss::Ls => 1,
            Loss::Hinge => 2,
        };
        let block = GanLoss { kind, output: dlogits.offset, ..block };
        Dispatch::new(&kernels::GAN_LOSS, label).params(&block).buffers(&[&self.logits, &dlogits.buffer, &self.metrics])
    }
}

/// `count` latent numbers of each of `streams`, whose numbers follow one another, at the running step.
pub fn latent_codes(z: &Buffer, count: u32, streams: &[Stream]) -> Dispatch {
    let first_stream = streams.first().map_or(0, |&stream| stream as u32);
    Dispatch::new(&kernels::LATENT, "latent codes")
        .params(&Latent { count, streams: streams.len() as u32, first_stream })
        .buffers(&[z])
        .elements(streams.len() * count.div_ceil(4) as usize)
}
