//! The whole training step on the GPU: against the reference implementation, against PyTorch, against itself.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "support/bounds.rs"]
mod bounds;
#[path = "training/costs.rs"]
mod costs;
#[path = "training/divergence.rs"]
mod divergence;
#[path = "support/golden.rs"]
mod golden;
#[path = "support/gpu.rs"]
mod gpu;
#[path = "training/loss.rs"]
mod loss;
#[path = "training/memory.rs"]
mod memory;
#[path = "training/occupancy.rs"]
mod occupancy;
#[path = "training/pacing.rs"]
mod pacing;
#[path = "support/training.rs"]
mod support;

use bounds::{AFTER_UPDATES, FORWARD, GRADIENTS, RECONSTRUCTION};
use golden::TrajectoryGolden;
use pollster::block_on;
use std::collections::BTreeMap;
use support::{Failures, losses, nhwc, norms, to_f32};
use wn_gan::config::{Config, Net, Norm, Optimiser, Order, Role};
use wn_gan::data::faces;
use wn_gan::gan::Trainer;
use wn_gan::gan::checkpoint::{self, Checkpoint};
use wn_gan::gan::metrics::Metrics;
use wn_gan::gan::state_dict::Named;
use wn_gan::kernels::METRIC_COLUMNS;
use wn_gan::reference::latent::latent;
use wn_gan::reference::training::Training;
use wn_gan::rng::Stream;

/// Bounds of D's losses and of G's in step `t` of a run: G's of an alternating step already follows an update of D.
fn loss_bounds(t: usize, order: Order) -> [f64; 2] {
    let of = |updated: bool| if updated { AFTER_UPDATES } else { FORWARD };
    [of(t > 0), of(t > 0 || order == Order::Alternating)]
}

/// Ten steps with the program's own initial parameters, batches and latent codes, computed again by the reference
/// implementation from the same seed. Its numbers are committed as tests/golden/reference_trajectory.json
/// (`UPDATE_GOLDEN=1` writes it anew),
/// which the browser is held against too.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn ten_steps_from_a_seed_follow_the_reference() {
    let mut failures = Failures::default();
    let mut runs = Vec::new();
    for norm in Norm::ALL {
        for order in [Order::Alternating, Order::Simultaneous] {
            let config = Config { norm, order, test_interval: 0, ..Config::preset("gan16").unwrap() };
            let data = faces(600, config.seed);
            let mut trainer = block_on(Trainer::new(gpu::gpu(), config.clone(), &data, &mut |_, _, _| {})).unwrap();
            let mut start = support::to_reference(&block_on(trainer.parameters()).unwrap());
            start.extend(support::to_reference(&block_on(trainer.state()).unwrap()));
            let mut reference = Training::new(&config, &start);
            let data = data.resized(config.width, config.height).unwrap();
            let data = data.with_channels(config.channels).unwrap();
            let arranged = data.arranged(&data.split(config.seed, config.running, config.final_count).unwrap());
            let training = &arranged.pixels[trainer.test_images().1 as usize * data.image_bytes()..];
            let mut run = TrajectoryGolden { config: config.clone(), losses: Vec::new(), grad_norms: BTreeMap::new() };
            for t in 0..10 {
                let report = block_on(trainer.advance(1)).unwrap();
                let [batch, code] = [config.batch_size, config.code_size].map(|n| n as usize);
                let codes = |stream: Stream| latent(batch, code, t as u32, stream as u32, config.seed);
                let real = support::training_batch(&config, training, t as u32);
                let lr = Role::BOTH.map(|role| f64::from(config.lr_at(role, t as u32)));
                let expected = reference.step(&[real], &[codes(Stream::LatentD)], &codes(Stream::LatentG), lr);
                let what = format!("{norm:?} {order:?} step {t}");
                assert_eq!([report.metrics.len(), report.step as usize], [1, t + 1]);
                // Not even the slack for small losses.
                failures.losses(&what, &report.metrics[0], losses(&expected), loss_bounds(t, order), || [0.0; 4]);
                if t == 0 {
                    let found = norms(&block_on(trainer.gradients()).unwrap());
                    run.grad_norms = expected.grad_norms();
                    // A gradient that is nothing but rounding is in no golden.
                    run.grad_norms.retain(|name, _| !golden::vanishes(&config, name));
                    for (name, &norm) in &run.grad_norms {
                        failures.relative(&format!("{what}: gradient of {name}"), found[name], norm, GRADIENTS);
                    }
                }
                let [Some(real), Some(fake), _, Some(of_g)] = losses(&expected) else {
                    panic!("the loss is a sum of two")
                };
                run.losses.push([real, fake, of_g]);
            }
            runs.push(run);
        }
    }
    failures.none();
    golden::hold_trajectories(&runs);
}

/// |cos(v, dv)| of every normalised row, in f64, as (tensor name, row, cosine).
fn cosines(values: &[Named], gradients: &[Named]) -> Vec<(String, usize, f64)> {
    let mut all = Vec::new();
    for ((name, shape, v), (_, _, dv)) in values.iter().zip(gradients) {
        if !name.ends_with("conv.weight") && !name.ends_with("linear.weight") {
            continue;
        }
        // The unit is the first axis, but the second of a transposed convolution, which all of G's are.
        let axis = usize::from(name.starts_with("gen.level"));
        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
        let (v, dv) = (wide(v), wide(dv));
        for row in 0..shape[axis] {
            let (a, b) = (support::row(&v, shape, axis, row), support::row(&dv, shape, axis, row));
            let dot: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            let length = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
            all.push((name.clone(), row, (dot / (length(&a) * length(&b))).abs()));
        }
    }
    assert_eq!(all.len(), 512 + 16 + 1 + 16 + 32 + 1, "every normalised row of both networks of gan16");
    all
}

/// Trains gan16 for 20 steps without warm-up, then takes one more gradient at fixed parameters. Returns the
/// parameters, and the gradients that the GPU and the reference find for them.
fn after_twenty_steps(lr: f32) -> [Vec<Named>; 3] {
    let config = Config { lr, test_interval: 0, warmup: 0, ..Config::preset("gan16").unwrap() };
    let mut trainer = block_on(Trainer::new(gpu::gpu(), config.clone(), &faces(600, 3), &mut |_, _, _| {})).unwrap();
    while trainer.step() < 20 {
        block_on(trainer.advance(20 - trainer.step())).unwrap();
    }
    trainer.set_lr(0.0).unwrap();
    let values = block_on(trainer.parameters()).unwrap();
    let real = golden::images(&config, "real.0");
    let [z_d, z_g] = ["z_d.0", "z_g.0"].map(|name| golden::codes(&config, name));
    block_on(trainer.replay_step(&nhwc(&config, &real), &to_f32(&z_d), &to_f32(&z_g))).unwrap();
    let found = block_on(trainer.gradients()).unwrap();
    let reference = Training::new(&config, &support::to_reference(&values));
    let (_, mut exact) = reference.discriminator_gradients(&real, &z_d);
    exact.extend(reference.generator_gradients(&real, &z_g).1);
    let exact = values.iter().map(|(name, shape, _)| (name.clone(), shape.clone(), to_f32(&exact[name]))).collect();
    [values, found, exact]
}

/// dv is orthogonal to v (paper: "the computed gradients are indeed orthogonal") after 20 training steps at the usual
/// lr. The exact derivative keeps eps/n^2 of the part of dw along v; that is below 1e-5 in every row but those of G's
/// first layer, which start at ||v||^2 = 3.3e-5 beside eps = 1e-6. There the GPU's cosine must be the exact one.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn gradients_are_orthogonal_to_their_rows_as_far_as_eps_allows() {
    let [values, found, exact] = after_twenty_steps(1e-4);
    let (mut small_rows, mut other_rows): (f64, f64) = (0.0, 0.0);
    for ((name, row, cosine), (_, _, exact)) in cosines(&values, &found).into_iter().zip(cosines(&values, &exact)) {
        assert!((cosine - exact).abs() < 1e-4, "{name} row {row}: |cos(v, dv)| is {cosine:e}, exactly {exact:e}");
        if name == "gen.initial.linear.weight" {
            small_rows = small_rows.max(cosine);
        } else {
            assert!(cosine < 1e-4, "{name} row {row}: |cos(v, dv)| = {cosine:e}");
            other_rows = other_rows.max(cosine);
        }
    }
    println!("largest |cos(v, dv)|: {other_rows:.1e}; in G's first layer {small_rows:.1e}, because of eps");
}

/// With an lr at which G's first rows outgrow eps within the 20 steps, every row without exception is orthogonal.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn gradients_of_all_rows_are_orthogonal_once_the_rows_outgrow_eps() {
    let [values, found, _] = after_twenty_steps(1e-2);
    let mut largest: f64 = 0.0;
    for (name, row, cosine) in cosines(&values, &found) {
        assert!(cosine < 1e-4, "{name} row {row}: |cos(v, dv)| = {cosine:e}");
        largest = largest.max(cosine);
    }
    println!("largest |cos(v, dv)|: {largest:.1e}");
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn two_runs_with_one_seed_are_bit_equal_however_they_are_chunked() {
    for norm in Norm::ALL {
        let config = Config { norm, test_interval: 0, ..Config::preset("gan16").unwrap() };
        let data = faces(300, 3);
        let run = |chunk: Option<u32>| {
            let mut trainer = block_on(Trainer::new(gpu::gpu(), config.clone(), &data, &mut |_, _, _| {})).unwrap();
            let mut metrics = Vec::new();
            while trainer.step() < 24 || trainer.has_chunk_in_flight() {
                let report = match chunk {
                    Some(steps) => block_on(trainer.advance(steps.min(24 - trainer.step()))),
                    None => block_on(trainer.advance_pipelined(24)),
                };
                metrics.extend(report.unwrap().metrics);
            }
            let bits = |all: Vec<Metrics>| {
                all.iter().flat_map(Metrics::values).map(|(_, value)| value.to_bits()).collect::<Vec<_>>()
            };
            (bits(metrics), block_on(trainer.checkpoint()).unwrap())
        };
        let first = run(Some(1));
        for other in [run(Some(7)), run(None)] {
            assert!(first.0 == other.0, "{norm:?}: the metrics differ");
            assert!(first.1 == other.1, "{norm:?}: the parameters differ");
        }
        assert!(first.0.iter().all(|&bits| f32::from_bits(bits).is_finite()));
    }
}

/// Further chunks are submitted before the metrics of the first are waited for, also beside a test; whatever happens to the
/// run in between, reports come in order and nothing is left mapped.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn chunks_are_submitted_before_the_metrics_of_the_last() {
    let config = Config { test_interval: 12, test_steps: 4, running: 20, ..Config::preset("gan16").unwrap() };
    let mut trainer = block_on(Trainer::new(gpu::gpu(), config, &faces(300, 3), &mut |_, _, _| {})).unwrap();
    let checkpoint = Checkpoint::read(&block_on(trainer.checkpoint()).unwrap()).unwrap();
    let (mut reported, mut ahead) = (0, 0);
    let mut take = |report: wn_gan::gan::trainer::Report| {
        assert_eq!([report.step - report.steps, report.metrics.len() as u32], [reported, report.steps]);
        reported = report.step;
    };
    let (mut tests, mut next) = (Vec::new(), 0);
    while trainer.step() < 200 || trainer.has_chunk_in_flight() || trainer.test_progress().is_some() {
        let report = block_on(trainer.advance_pipelined(200)).unwrap();
        assert!(trainer.has_chunk_in_flight() || trainer.step() == report.step);
        ahead += u32::from(trainer.has_chunk_in_flight());
        assert!(report.test.is_none() || report.step >= next, "a test that has ended runs on at step {}", report.step);
        if let Some(test) = &report.finished {
            tests.push(test.step);
            next = test.step + 12;
        }
        take(report);
    }
    assert!(ahead > 0, "something ran ahead");
    assert_eq!(tests, (0..17).map(|number| 12 * number).collect::<Vec<_>>(), "every test, once");
    assert!(block_on(trainer.drain()).unwrap().is_none());
    assert_eq!(trainer.step(), 200);

    // A chunk in flight is brought in by whatever asks next, and forgotten by what begins anew.
    while !trainer.has_chunk_in_flight() {
        take(block_on(trainer.advance_pipelined(2000)).unwrap());
    }
    while trainer.has_chunk_in_flight() {
        take(block_on(trainer.advance(1)).unwrap());
    }
    while !trainer.has_chunk_in_flight() {
        take(block_on(trainer.advance_pipelined(4000)).unwrap());
    }
    take(block_on(trainer.drain()).unwrap().unwrap());
    assert!(!trainer.has_chunk_in_flight());
    while !trainer.has_chunk_in_flight() {
        take(block_on(trainer.advance_pipelined(6000)).unwrap());
    }
    trainer.restore(&checkpoint).unwrap();
    assert!(!trainer.has_chunk_in_flight() && trainer.step() == 0);
    for _ in 0..3 {
        block_on(trainer.advance(1)).unwrap();
    }
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_chunk_reads_back_its_metrics_only() {
    let config = Config { test_interval: 0, ..Config::preset("gan16").unwrap() };
    // A device of its own, because the tests beside this one count too.
    let gpu = std::sync::Arc::new(block_on(wn_gan::device::Device::open(wn_gan::device::Limits::Default)).unwrap());
    let mut trainer = block_on(Trainer::new(gpu.clone(), config, &faces(300, 3), &mut |_, _, _| {})).unwrap();
    block_on(trainer.advance(1)).unwrap();
    let before = gpu.counts();
    let (chunks, steps) = (5, 6);
    for _ in 0..chunks {
        assert_eq!(block_on(trainer.advance(steps)).unwrap().steps, steps);
    }
    let after = gpu.counts();
    let metric_bytes = chunks * u64::from(steps) * 4 * METRIC_COLUMNS as u64;
    assert_eq!(after.readback_bytes - before.readback_bytes, metric_bytes, "only metrics are read back");
    assert_eq!(after.buffers, before.buffers, "no buffer is created after the first chunk");
    println!("dispatches per step: {}", (after.dispatches - before.dispatches) / (chunks * u64::from(steps)));
}

/// 200 steps in one go, and again with a save, a new trainer and a load in the middle: one checkpoint, bit for bit.
/// Whatever moves during training must be in it: optimiser state, running statistics, spectral norm's vectors, Adam's
/// count of updates.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_resumed_run_is_the_same_run() {
    let gan16 = Config { test_interval: 0, warmup: 8, ..Config::preset("gan16").unwrap() };
    let tiny = Config { width: 8, height: 8, nfeature: 4, code_size: 4, batch_size: 4, ..gan16.clone() };
    let mut runs: Vec<_> = Norm::ALL.into_iter().map(|norm| Config { norm, ..tiny.clone() }).collect();
    runs.extend([Optimiser::Adam, Optimiser::Sgd].map(|optimiser| Config { optimiser, ..tiny.clone() }));
    runs.push(Config { net: Net::Resnet, order: Order::Simultaneous, ..tiny });
    runs.push(gan16);
    let data = faces(300, 3);
    for config in runs {
        let new = || block_on(Trainer::new(gpu::gpu(), config.clone(), &data, &mut |_, _, _| {})).unwrap();
        let advance = |trainer: &mut Trainer, to: u32| {
            while trainer.step() < to {
                block_on(trainer.advance((to - trainer.step()).min(50))).unwrap();
            }
        };
        let mut whole = new();
        advance(&mut whole, 100);
        let saved = block_on(whole.checkpoint()).unwrap();
        advance(&mut whole, 200);
        let mut resumed = new();
        resumed.restore(&Checkpoint::read(&saved).unwrap()).unwrap();
        assert_eq!(resumed.step(), 100);
        advance(&mut resumed, 200);
        let [first, second] = [&whole, &resumed].map(|trainer| block_on(trainer.checkpoint()).unwrap());
        assert!(first == second, "{config:?}");
    }
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
    let read = Checkpoint::read;
    let message = trainer.restore(&read(&foreign).unwrap()).unwrap_err().to_string();
    assert!(message.contains("must have shape"), "{message}");
    for (key, number) in [("step", "-5"), ("step", "seven"), ("updates", "4294967295"), ("tested", "1.5")] {
        let message = read(&checkpoint::write(&[], &[(key, number.into())])).unwrap_err().to_string();
        assert!(message.starts_with(&format!("The checkpoint's {key} must be a whole number")), "{message}");
    }
    for broken in [&before[..100], &before[..before.len() - 1], b"hello", b""] {
        assert!(read(broken).is_err());
    }
    assert!(block_on(trainer.checkpoint()).unwrap() == before);
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

    // The first test judged the initial G: the reference gives the same score, batch by batch, the last one smaller.
    let fresh = block_on(Trainer::new(gpu::gpu(), config.clone(), &data, &mut |_, _, _| {})).unwrap();
    let parameters = support::to_reference(&block_on(fresh.parameters()).unwrap());
    let small = data.resized(8, 8).unwrap();
    let small = small.with_channels(1).unwrap();
    let arranged = small.arranged(&small.split(config.seed, 20, 20).unwrap());
    let expected = support::running_test(&config, &parameters, &arranged.pixels[..20 * 64]);
    let mut failures = Failures::default();
    for (i, (&found, &expected)) in finished[0].losses.iter().zip(&expected).enumerate() {
        failures.relative(&format!("loss of held-out image {i}"), found, expected, RECONSTRUCTION);
    }
    failures.none();
    assert!(block_on(trainer.pairs()).unwrap().is_some());
}
