//! What the tests of whole training steps share: conversions to and from the twin, and a list of failures.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

use pollster::block_on;
use std::collections::BTreeMap;
use std::sync::Arc;
use wn_gan::config::{Config, Loss};
use wn_gan::data::faces;
use wn_gan::device::Device;
use wn_gan::gan::Trainer;
use wn_gan::gan::border::images_from_nchw;
use wn_gan::gan::checkpoint::{self, Checkpoint};
use wn_gan::nn::Shape;
use wn_gan::nn::gemm::Variant;
use wn_gan::reference::Tensor;
use wn_gan::reference::gather_batch::gather_batch;
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::network::Network;
use wn_gan::reference::reconstruction::reconstruct;
use wn_gan::reference::rmsprop::Rmsprop;

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

    /// Notes every loss of a step of `config` just done by `trainer`, as [`Self::loss`] does.
    pub fn losses(
        &mut self,
        what: &str,
        (config, trainer): (&Config, &Trainer),
        found: [f32; 3],
        expected: [f64; 3],
        bounds: [f64; 3],
    ) {
        // The fakes of G's update stand for those of D's, too.
        let (real, fake) = block_on(trainer.logits()).unwrap();
        let of = |wants_real, of_generator, logits: &[f32]| sensitivity(config.loss, wants_real, of_generator, logits);
        let sensitivities = [of(true, false, &real), of(false, false, &fake), of(true, true, &fake)];
        for (i, loss) in ["d_loss_real", "d_loss_fake", "g_loss"].iter().enumerate() {
            self.loss(&format!("{what}: {loss}"), found[i], expected[i], bounds[i], sensitivities[i]);
        }
    }

    /// Notes a loss that is further from the expected one than a relative error of `bound` in every logit explains: the
    /// loss itself and its derivative times the logit, summed, are what such errors scale with. (A loss of 1e-4 is an
    /// exponential of its logits; a hinge loss may be a difference of large ones.)
    fn loss(&mut self, what: &str, found: f32, expected: f64, bound: f64, sensitivity: f64) {
        let error = (f64::from(found) - expected).abs() / (expected.abs() + sensitivity).max(f64::MIN_POSITIVE);
        let near = error <= bound;
        if !near {
            self.0.push(format!("{what}: {found:e} instead of {expected:e}, off by {error:.1e} of {bound:.1e}"));
        }
    }

    /// Fails with the whole list.
    pub fn none(self) {
        assert!(self.0.is_empty(), "{} deviations:\n{}", self.0.len(), self.0.join("\n"));
    }
}

/// mean |dloss/dl * l| over logits l of images that the loss wants to be called real, or fake; beyond 0 for a hinge in
/// D, everywhere in G.
fn sensitivity(loss: Loss, wants_real: bool, of_generator: bool, logits: &[f32]) -> f64 {
    let of_image = |&l: &f32| {
        let l = f64::from(l);
        let towards = if wants_real { -l } else { l };
        let miss = 1.0 / (1.0 + (-towards).exp());
        let slope = match loss {
            Loss::Bce => miss,
            Loss::Ls => 2.0 * miss * miss * (1.0 - miss),
            Loss::Hinge if of_generator || towards > -1.0 => 1.0,
            Loss::Hinge => 0.0,
        };
        slope * l.abs()
    };
    logits.iter().map(of_image).sum::<f64>() / logits.len() as f64
}

/// A trainer of `config` on a few faces of its size.
pub fn trainer_of(config: &Config, (variant, gpu): (Variant, Arc<Device>)) -> Trainer {
    block_on(Trainer::with_variant(gpu, config.clone(), &faces(40, 1), variant, &mut |_, _, _| {})).unwrap()
}

/// Loads the twin's parameters through a checkpoint file.
pub fn load(trainer: &mut Trainer, parameters: &Parameters) {
    let tensors: Vec<_> = parameters.iter().map(|(name, p)| (name.clone(), p.shape.clone(), to_f32(p))).collect();
    let file = checkpoint::write(&tensors, &[]);
    trainer.restore(&Checkpoint::read(&file).unwrap()).unwrap();
}

/// The program's parameters as the twin's.
pub fn to_reference(tensors: &[checkpoint::Tensor]) -> Parameters {
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect();
    tensors.iter().map(|(name, shape, values)| (name.clone(), Tensor::new(shape, wide(values)))).collect()
}

/// Euclidean norm of every tensor.
pub fn norms(tensors: &[checkpoint::Tensor]) -> BTreeMap<String, f64> {
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

/// The twin's training batch of `step`.
pub fn training_batch(config: &Config, pixels: &[u8], step: u32) -> Tensor {
    let shape = [config.height, config.width, config.channels].map(|n| n as usize);
    gather_batch(pixels, shape, config.batch_size, step, config.seed)
}

/// The twin's running test: the loss of every image, batch by batch.
pub fn running_test(config: &Config, parameters: &Parameters, pixels: &[u8]) -> Vec<f64> {
    let values = (config.height * config.width * config.channels) as usize;
    let shape = [config.channels, config.height, config.width].map(|n| n as usize);
    let generator = Network::generator(config);
    let mut losses = Vec::new();
    for batch in pixels.chunks(config.batch_size as usize * values) {
        let images = batch.len() / values;
        let order = wn_gan::gan::border::nchw_order(Shape::new(config.height, config.width, config.channels));
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
