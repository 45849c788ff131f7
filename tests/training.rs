//! The whole training step on the GPU: against the f64 twin, against PyTorch, against itself.

#[path = "support/golden.rs"]
mod golden;
#[path = "support/gpu.rs"]
mod gpu;
#[path = "support/training.rs"]
mod support;

use golden::Start;
use pollster::block_on;
use support::{Failures, gan16_trainer, load, nhwc, norms, to_f32};
use wn_gan::config::{Config, Norm, Order};
use wn_gan::data::faces;
use wn_gan::gan::Trainer;
use wn_gan::gan::border::tensors;
use wn_gan::kernels::METRIC_COLUMNS;
use wn_gan::reference::Tensor;
use wn_gan::reference::latent::latent;
use wn_gan::reference::rmsprop::Rmsprop;
use wn_gan::reference::training::Training;
use wn_gan::rng::Stream;

/// Bounds of a trajectory. The first forward pass and first gradients only round; after an update RMSprop turns
/// rounding noise into a full step wherever a gradient is near zero, so later losses are held less tightly.
const FORWARD: f64 = 1e-5;
const GRADIENTS: f64 = 1e-3;
const EARLY_LOSSES: f64 = 5e-4;
const LATE_LOSSES: f64 = 5e-3;

fn loss_bound(step: usize) -> f64 {
    match step {
        0 => FORWARD,
        1..=2 => EARLY_LOSSES,
        _ => LATE_LOSSES,
    }
}

/// G's loss of an alternating step already follows an update of D.
fn generator_loss_bound(step: usize, order: Order) -> f64 {
    if step == 0 && order == Order::Alternating { EARLY_LOSSES } else { loss_bound(step) }
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn three_steps_follow_pytorch() {
    let mut failures = Failures::default();
    for norm in Norm::ALL {
        for order in [Order::Alternating, Order::Simultaneous] {
            let golden = golden::training(norm, order);
            let config = Config { lr: golden.lr as f32, ..golden::config(norm, order) };
            let mut trainer = gan16_trainer(&config);
            load(&mut trainer, &golden::parameters(&config, Start::Spread));
            for (t, expected) in golden.steps.iter().enumerate() {
                let [z_d, z_g] = ["z_d", "z_g"].map(|name| to_f32(&golden::codes(&config, &format!("{name}.{t}"))));
                let real = nhwc(&config, &golden::images(&config, &format!("real.{t}")));
                let losses = block_on(trainer.replay_step(&real, &z_d, &z_g)).unwrap();
                let what = format!("{norm:?} {order:?} step {t}");
                let bound = loss_bound(t);
                failures.relative(&format!("{what}: d_loss_real"), losses[0], expected.d_loss_real, bound);
                failures.relative(&format!("{what}: d_loss_fake"), losses[1], expected.d_loss_fake, bound);
                let bound = generator_loss_bound(t, order);
                failures.relative(&format!("{what}: g_loss"), losses[2], expected.g_loss, bound);
                if t == 0 {
                    let found = norms(&block_on(trainer.gradients()).unwrap());
                    for (name, &norm) in &expected.grad_norms {
                        failures.relative(&format!("{what}: gradient of {name}"), found[name], norm, GRADIENTS);
                    }
                }
            }
        }
    }
    failures.none();
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_reconstruction_follows_pytorch() {
    let mut failures = Failures::default();
    for norm in Norm::ALL {
        let golden = golden::reconstruction(norm);
        let config = golden::config(norm, Order::Alternating);
        let mut trainer = gan16_trainer(&config);
        load(&mut trainer, &golden::parameters(&config, Start::AtKinks));
        let target = nhwc(&config, &golden::images(&config, "target"));
        let (curve, z) = block_on(trainer.replay_reconstruction(&target, golden.steps as u32, 10)).unwrap();
        for (i, (&found, &expected)) in curve.iter().zip(&golden.mse[1..]).enumerate() {
            failures.relative(&format!("{norm:?}: mse after {} steps", 10 * (i + 1)), found, expected, 1e-3);
        }
        let length = z.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        failures.relative(&format!("{norm:?}: norm of z"), length, golden.z, 1e-3);
    }
    failures.none();
}

/// Ten steps with the program's own initial parameters, batches and latent codes, computed again by the f64 twin from
/// the same seed.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn ten_steps_from_a_seed_follow_the_twin() {
    let mut failures = Failures::default();
    for norm in Norm::ALL {
        for order in [Order::Alternating, Order::Simultaneous] {
            let config = Config { norm, order, test_interval: 0, ..Config::preset("gan16").unwrap() };
            let data = faces(600, config.seed).resized(16, 16).unwrap().with_channels(1).unwrap();
            let mut trainer = block_on(Trainer::new(gpu::gpu(), config.clone(), &data, &mut |_, _, _| {})).unwrap();
            let start = support::to_reference(&block_on(trainer.parameters()).unwrap());
            let mut twin = Training::new(&config, &start, Rmsprop::PAPER);
            let arranged = data.arranged(&data.split(config.seed, config.running, config.final_count).unwrap());
            let training = arranged.pixels[trainer.test_images().1 as usize * data.image_bytes()..].to_vec();
            for t in 0..10 {
                let report = block_on(trainer.advance(1)).unwrap();
                let [batch, code] = [config.batch_size, config.code_size].map(|n| n as usize);
                let codes = |stream: Stream| latent(batch, code, t as u32, stream as u32, config.seed);
                let real = support::training_batch(&config, &training, t as u32);
                let lr = f64::from(config.lr_at(t as u32));
                let expected = twin.step(&real, &codes(Stream::LatentD), &codes(Stream::LatentG), lr);
                let what = format!("{norm:?} {order:?} step {t}");
                assert_eq!(report.metrics.len(), METRIC_COLUMNS);
                assert_eq!(report.metrics[0], t as f32);
                let bound = loss_bound(t);
                failures.relative(&format!("{what}: d_loss_real"), report.metrics[1], expected.d_loss_real, bound);
                failures.relative(&format!("{what}: d_loss_fake"), report.metrics[2], expected.d_loss_fake, bound);
                let bound = generator_loss_bound(t, order);
                failures.relative(&format!("{what}: g_loss"), report.metrics[3], expected.g_loss, bound);
                if t == 0 {
                    let found = norms(&block_on(trainer.gradients()).unwrap());
                    for (name, &norm) in &expected.grad_norms {
                        failures.relative(&format!("{what}: gradient of {name}"), found[name], norm, GRADIENTS);
                    }
                }
            }
        }
    }
    failures.none();
}

/// dv is orthogonal to v for every normalised row, after training has moved both (paper: "the computed gradients are
/// indeed orthogonal").
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn gradients_of_strict_rows_are_orthogonal_to_them() {
    let config = Config { test_interval: 0, ..Config::preset("gan16").unwrap() };
    let data = faces(600, 3);
    let mut trainer = block_on(Trainer::new(gpu::gpu(), config, &data, &mut |_, _, _| {})).unwrap();
    while trainer.step() < 20 {
        block_on(trainer.advance(20 - trainer.step())).unwrap();
    }
    // The parameters have moved since the gradient was taken; one more gradient at fixed parameters: lr 0.
    trainer.set_lr(0.0).unwrap();
    block_on(trainer.advance(1)).unwrap();
    let mut worst: f64 = 0.0;
    let mut rows = 0;
    for network in [&trainer.gan().generator, &trainer.gan().discriminator] {
        let values: Vec<f32> = block_on(network.parameters.values.read(trainer.gpu())).unwrap();
        let gradients: Vec<f32> = block_on(network.parameters.gradients.read(trainer.gpu())).unwrap();
        for (layer, tensor) in tensors(&network.specs, &network.parameters.layout) {
            let spec = &network.specs[layer];
            if !tensor.name.ends_with("conv.weight") && !tensor.name.ends_with("linear.weight") {
                continue;
            }
            let wide = |flat| tensor.extract(flat).into_iter().map(f64::from).collect::<Vec<_>>();
            let (v, dv) = (wide(&values), wide(&gradients));
            let axis = usize::from(spec.is_transposed());
            for row in 0..tensor.shape[axis] {
                let (a, b) = (support::row(&v, &tensor.shape, axis, row), support::row(&dv, &tensor.shape, axis, row));
                let dot: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
                let length = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
                let cosine = (dot / (length(&a) * length(&b))).abs();
                assert!(cosine < 1e-4, "{} row {row}: |cos(v, dv)| = {cosine:e}", tensor.name);
                worst = worst.max(cosine);
                rows += 1;
            }
        }
    }
    println!("{rows} rows, largest |cos(v, dv)| = {worst:e}");
    assert!(rows > 500, "every strict and affine row of both networks is looked at, found {rows}");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn two_runs_with_one_seed_are_bit_equal_however_they_are_chunked() {
    for norm in Norm::ALL {
        let config = Config { norm, test_interval: 0, ..Config::preset("gan16").unwrap() };
        let data = faces(300, 3);
        let run = |chunk: u32| {
            let mut trainer = block_on(Trainer::new(gpu::gpu(), config.clone(), &data, &mut |_, _, _| {})).unwrap();
            let mut metrics = Vec::new();
            while trainer.step() < 24 {
                metrics.extend(block_on(trainer.advance(chunk.min(24 - trainer.step()))).unwrap().metrics);
            }
            let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
            (bits(metrics), block_on(trainer.checkpoint()).unwrap())
        };
        let (first, second) = (run(1), run(7));
        assert!(first.0 == second.0, "{norm:?}: the metrics differ");
        assert!(first.1 == second.1, "{norm:?}: the parameters differ");
        assert!(first.0.iter().all(|&bits| f32::from_bits(bits).is_finite()));
    }
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_chunk_is_one_submit_and_reads_back_its_metrics_only() {
    let config = Config { test_interval: 0, ..Config::preset("gan16").unwrap() };
    // A device of its own, because the tests beside this one count too.
    let gpu = std::sync::Arc::new(block_on(wn_gan::gpu::Gpu::open(wn_gan::gpu::context::Limits::Default)).unwrap());
    let mut trainer = block_on(Trainer::new(gpu.clone(), config, &faces(300, 3), &mut |_, _, _| {})).unwrap();
    block_on(trainer.advance(1)).unwrap();
    let before = gpu.counts();
    let (chunks, steps) = (5, 6);
    for _ in 0..chunks {
        assert_eq!(block_on(trainer.advance(steps)).unwrap().steps, steps);
    }
    let after = gpu.counts();
    assert_eq!(after.submits - before.submits, chunks, "one submit per chunk");
    let metric_bytes = chunks * u64::from(steps) * 4 * METRIC_COLUMNS as u64;
    assert_eq!(after.readback_bytes - before.readback_bytes, metric_bytes, "only metrics are read back");
    assert_eq!(after.buffers, before.buffers, "no buffer is created after the first chunk");
    println!("dispatches per step: {}", (after.dispatches - before.dispatches) / (chunks * u64::from(steps)));
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_resumed_run_is_the_same_run() {
    let config = Config { test_interval: 0, warmup: 8, ..Config::preset("gan16").unwrap() };
    let data = faces(300, 3);
    let new = || block_on(Trainer::new(gpu::gpu(), config.clone(), &data, &mut |_, _, _| {})).unwrap();
    let mut whole = new();
    block_on(whole.advance(6)).unwrap();
    let saved = block_on(whole.checkpoint()).unwrap();
    block_on(whole.advance(6)).unwrap();
    let mut resumed = new();
    resumed.restore(&wn_gan::gan::checkpoint::Checkpoint::read(&saved).unwrap()).unwrap();
    assert_eq!(resumed.step(), 6);
    block_on(resumed.advance(6)).unwrap();
    assert!(block_on(whole.checkpoint()).unwrap() == block_on(resumed.checkpoint()).unwrap());
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_checkpoint_that_does_not_fit_changes_nothing() {
    let config = Config { test_interval: 0, ..Config::preset("gan16").unwrap() };
    let data = faces(300, 3);
    let small = Config { nfeature: 8, ..config.clone() };
    let mut trainer = block_on(Trainer::new(gpu::gpu(), config, &data, &mut |_, _, _| {})).unwrap();
    let other = block_on(Trainer::new(gpu::gpu(), small, &data, &mut |_, _, _| {})).unwrap();
    let before = block_on(trainer.checkpoint()).unwrap();
    let foreign = block_on(other.checkpoint()).unwrap();
    let read = wn_gan::gan::checkpoint::Checkpoint::read;
    let message = trainer.restore(&read(&foreign).unwrap()).unwrap_err().to_string();
    assert!(message.contains("must have shape"), "{message}");
    for broken in [&before[..100], &before[..before.len() - 1], b"hello", b""] {
        assert!(read(broken).is_err());
    }
    assert!(block_on(trainer.checkpoint()).unwrap() == before);
}

/// Warm-up off, lr 1: the losses leave the numbers or explode; a run that does is stopped with a sentence.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn losses_that_are_no_numbers_stop_the_run_with_a_sentence() {
    let config = Config { test_interval: 0, ..golden::config(Norm::None, Order::Alternating) };
    let mut trainer = gan16_trainer(&config);
    let mut parameters = golden::parameters(&config, Start::Spread);
    let logit_bias = parameters.get_mut("dis.final.conv.bias").unwrap();
    *logit_bias = Tensor::new(&[1], vec![f64::from(f32::MAX)]);
    load(&mut trainer, &parameters);
    let mut message = String::new();
    for _ in 0..3 {
        if let Err(error) = block_on(trainer.advance(4)) {
            message = error.to_string();
            break;
        }
    }
    assert!(message.starts_with("Training stopped at step"), "{message:?}");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_running_test_goes_on_beside_training_and_scores_the_frozen_generator() {
    let config = Config {
        width: 8,
        height: 8,
        channels: 1,
        nfeature: 8,
        code_size: 8,
        batch_size: 8,
        test_interval: 20,
        test_steps: 12,
        running: 20,
        final_count: 20,
        ..Config::default()
    };
    let data = faces(200, 3);
    let mut trainer = block_on(Trainer::new(gpu::gpu(), config.clone(), &data, &mut |_, _, _| {})).unwrap();
    let mut finished = Vec::new();
    while trainer.step() < 60 || finished.len() < 4 {
        let report = block_on(trainer.advance(if trainer.step() < 60 { 3 } else { 1 })).unwrap();
        finished.extend(report.finished);
    }
    assert_eq!(finished.iter().map(|test| test.step).collect::<Vec<_>>()[..4], [0, 20, 40, 60]);
    assert!(finished.iter().all(|test| test.losses.len() == 20 && test.loss.is_finite() && test.loss > 0.0));

    // The first test judged the initial G: the twin gives the same score, batch by batch, the last one smaller.
    let fresh = block_on(Trainer::new(gpu::gpu(), config.clone(), &data, &mut |_, _, _| {})).unwrap();
    let parameters = support::to_reference(&block_on(fresh.parameters()).unwrap());
    let small = data.resized(8, 8).unwrap().with_channels(1).unwrap();
    let arranged = small.arranged(&small.split(config.seed, 20, 20).unwrap());
    let expected = support::running_test(&config, &parameters, &arranged.pixels[..20 * 64]);
    let mut failures = Failures::default();
    for (i, (&found, &expected)) in finished[0].losses.iter().zip(&expected).enumerate() {
        failures.relative(&format!("loss of held-out image {i}"), found, expected, 1e-3);
    }
    failures.none();
    assert!(block_on(trainer.pairs()).unwrap().is_some());
}
