//! What the tests of whole training steps share: conversions to and from the reference, and a list of failures.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

use pollster::block_on;
use std::collections::BTreeMap;
use std::sync::Arc;
use wn_gan::config::{Config, Loss};
use wn_gan::data::faces;
use wn_gan::device::Device;
use wn_gan::gan::Trainer;
use wn_gan::gan::checkpoint::{self, Checkpoint};
use wn_gan::gan::metrics::Metrics;
use wn_gan::gan::nchw::images_from_nchw;
use wn_gan::gan::state_dict::Named;
use wn_gan::nn::Shape;
use wn_gan::nn::gemm::Variant;
use wn_gan::reference::Tensor;
use wn_gan::reference::gather_batch::gather_batch;
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::loss;
use wn_gan::reference::network::Network;
use wn_gan::reference::optimiser::rmsprop::Rmsprop;
use wn_gan::reference::reconstruction::reconstruct;
use wn_gan::reference::training::StepReport;

/// Every deviation of a test, so that one run shows them all.
#[derive(Default)]
pub struct Failures(Vec<String>);

impl Failures {
    /// Notes `found` if it is further than `bound * |expected|` from `expected`; NaN is never near.
    pub fn relative(&mut self, what: &str, found: impl Into<f64>, expected: f64, bound: f64) {
        let found = found.into();
        let error = (found - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
        let near = error <= bound;
        if !near {
            self.0.push(format!("{what}: {found:e} instead of {expected:e}, off by {error:.1e} of {bound:.1e}"));
        }
    }

    /// Notes every loss of a step, as [`Self::loss`] does, with a bound for D's and one for G's; `sensitivities` is asked
    /// only where a loss is not near in itself.
    pub fn losses(
        &mut self,
        what: &str,
        found: &Metrics,
        expected: Losses,
        [of_d, of_g]: [f64; 2],
        sensitivities: impl Fn() -> [f64; 4],
    ) {
        for (i, (name, found)) in LOSSES.into_iter().zip(losses_of(found)).enumerate() {
            let bound = if name == "g_loss" { of_g } else { of_d };
            match (found, expected[i]) {
                (None, None) => (),
                (Some(found), Some(expected)) => {
                    self.loss(&format!("{what}: {name}"), found, expected, bound, || sensitivities()[i]);
                }
                (found, expected) => self.0.push(format!("{what}: {name} is {found:?} instead of {expected:?}")),
            }
        }
    }

    /// Notes a loss that is further from the expected one than a relative error of `bound` in every logit explains: the
    /// loss itself and its derivative times the logit, summed, are what such errors scale with. (A loss of 1e-4 is an
    /// exponential of its logits; a hinge loss may be a difference of large ones.)
    fn loss(&mut self, what: &str, found: f64, expected: f64, bound: f64, sensitivity: impl Fn() -> f64) {
        let error = |size: f64| (found - expected).abs() / size.max(f64::MIN_POSITIVE);
        if error(expected.abs()) <= bound {
            return;
        }
        let error = error(expected.abs() + sensitivity());
        let near = error <= bound;
        if !near {
            self.0.push(format!("{what}: {found:e} instead of {expected:e}, off by {error:.1e} of {bound:.1e}"));
        }
    }

    /// Takes over what other threads found.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Failures>) {
        self.0.extend(others.into_iter().flat_map(|other| other.0));
    }

    /// Notes anything else.
    pub fn note(&mut self, what: String) {
        self.0.push(what);
    }

    /// Fails with the whole list.
    pub fn none(self) {
        assert!(self.0.is_empty(), "{} deviations:\n{}", self.0.len(), self.0.join("\n"));
    }
}

/// The losses of a step.
pub const LOSSES: [&str; 4] = ["d_loss_real", "d_loss_fake", "d_loss", "g_loss"];

/// Their values; D's loss on real images and that on fakes are there where it is their sum.
pub type Losses = [Option<f64>; 4];

/// The device's.
pub fn losses_of(metrics: &Metrics) -> Losses {
    let Metrics { d_loss_real, d_loss_fake, d_loss, g_loss } = *metrics;
    [d_loss_real, d_loss_fake, Some(d_loss), Some(g_loss)].map(|loss| loss.map(f64::from))
}

/// The reference's.
pub fn losses(report: &StepReport) -> Losses {
    [report.d_loss_real, report.d_loss_fake, Some(report.d_loss), Some(report.g_loss)]
}

/// Of every loss, `sum |dloss/dl * l|` over the logits `l` that it reads: what a relative error in every logit makes of the
/// loss. All of it is the reference's.
pub fn sensitivities(loss: Loss, report: &StepReport) -> [f64; 4] {
    let loss = loss::of(loss);
    let along = |gradient: &Tensor, logits: &Tensor| {
        gradient.zip_map(logits, |gradient, logit| (gradient * logit).abs()).data.iter().sum::<f64>()
    };
    let [real, fake] = &report.d_logits;
    let of_d = loss.discriminator(real, fake);
    let [of_real, of_fake] = [along(&of_d.by_real, real), along(&of_d.by_fake, fake)];
    let [real_of_g, fake_of_g] = &report.g_logits;
    let (_, of_g) = loss.generator(real_of_g, fake_of_g);
    [of_real, of_fake, of_real + of_fake, along(&of_g, fake_of_g)]
}

/// A trainer of `config` on a few faces of its size.
pub fn trainer_of(config: &Config, (variant, gpu): (Variant, Arc<Device>)) -> Trainer {
    block_on(Trainer::with_variant(gpu, config.clone(), &faces(40, 1), variant, &mut |_, _, _| {})).unwrap()
}

/// Loads the reference's parameters through a checkpoint file.
pub fn load(trainer: &mut Trainer, parameters: &Parameters) {
    let tensors: Vec<_> = parameters.iter().map(|(name, p)| (name.clone(), p.shape.clone(), to_f32(p))).collect();
    let file = checkpoint::write(&tensors, &[]);
    trainer.restore(&Checkpoint::read(&file).unwrap()).unwrap();
}

/// The program's parameters as the reference's.
pub fn to_reference(tensors: &[Named]) -> Parameters {
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect();
    tensors.iter().map(|(name, shape, values)| (name.clone(), Tensor::new(shape, wide(values)))).collect()
}

/// Euclidean norm of every tensor.
pub fn norms(tensors: &[Named]) -> BTreeMap<String, f64> {
    let norm = |values: &[f32]| values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    tensors.iter().map(|(name, _, values)| (name.clone(), norm(values))).collect()
}

/// Rounded to f32.
pub fn to_f32(tensor: &Tensor) -> Vec<f32> {
    tensor.data.iter().map(|&v| v as f32).collect()
}

/// Images [B, C, H, W] as the program stores them, [B, H, W, C].
pub fn nhwc(config: &Config, images: &Tensor) -> Vec<f32> {
    images_from_nchw(Shape::new(config.height, config.width, config.channels), &to_f32(images))
}

/// The reference's training batch of `step`.
pub fn training_batch(config: &Config, pixels: &[u8], step: u32) -> Tensor {
    let shape = [config.height, config.width, config.channels].map(|n| n as usize);
    gather_batch(pixels, shape, config.batch_size, step, config.seed)
}

/// The reference's running test: the loss of every image, batch by batch.
pub fn running_test(config: &Config, parameters: &Parameters, pixels: &[u8]) -> Vec<f64> {
    let values = (config.height * config.width * config.channels) as usize;
    let shape = [config.channels, config.height, config.width].map(|n| n as usize);
    let generator = Network::generator(config);
    let mut losses = Vec::new();
    for batch in pixels.chunks(config.batch_size as usize * values) {
        let images = batch.len() / values;
        let order = wn_gan::gan::nchw::nchw_order(Shape::new(config.height, config.width, config.channels));
        let data = batch.chunks(values).flat_map(|image| order.iter().map(|&i| f64::from(image[i as usize]) / 255.0));
        let target = Tensor::new(&[images, shape[0], shape[1], shape[2]], data.collect());
        let lr = f64::from(config.test_lr);
        let steps = config.test_steps as usize;
        let result = reconstruct(&generator, parameters, config.statistics, &target, steps, lr, Rmsprop::PAPER);
        losses.extend(result.per_image);
    }
    losses
}

/// Row `row` along `axis` of a tensor of `shape`.
pub fn row(values: &[f64], shape: &[usize], axis: usize, row: usize) -> Vec<f64> {
    let inner: usize = shape[axis + 1..].iter().product();
    let block = shape[axis] * inner;
    values.chunks_exact(block).flat_map(|outer| outer[row * inner..(row + 1) * inner].to_vec()).collect()
}
