//! The device against PyTorch in double precision (`scripts/golden.py`): gan16 with every norm, loss, order and activation
//! and with Adam, gan32, a small ResNet, and what can be set for each network; three training steps and reconstructions.
//!
//! Bounds that no sum's length explains come from PyTorch's own single precision, times [`FACTOR`].
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "support/bounds.rs"]
mod bounds;
#[path = "support/elements.rs"]
mod elements;
#[path = "pytorch/elements.rs"]
mod every_element;
#[path = "support/golden.rs"]
mod golden;
#[path = "support/gpu.rs"]
mod gpu;
#[path = "support/parallel.rs"]
mod parallel;
#[path = "support/training.rs"]
mod support;

use bounds::{AFTER_UPDATES, CHANGE, FACTOR, FORWARD, GRADIENTS, RECONSTRUCTION, TRAINED_RECONSTRUCTION};
use golden::{Case, Inputs, ReconstructionGolden, Start, TrainingFloat32, TrainingGolden};
use pollster::block_on;
use std::collections::BTreeMap;
use std::sync::Arc;
use support::{Failures, load, losses_of, nhwc, norms, sensitivities, to_f32, trainer_of};
use wn_gan::config::{Config, Order, Role};
use wn_gan::device::Device;
use wn_gan::gan::Trainer;
use wn_gan::gan::metrics::Metrics;
use wn_gan::gan::state_dict::Named;
use wn_gan::nn::gemm::Variant;
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::optimiser::decimal;
use wn_gan::reference::training::Training;

/// Runs the first step of a case; notes the largest relative deviations as [`follow`] does.
fn first_step(
    failures: &mut Failures,
    case: &Case<TrainingGolden>,
    (variant, gpu): (Variant, Arc<Device>),
    deviations: &mut [f64; 3],
) -> (Trainer, Parameters) {
    let Case { name, config, golden } = case;
    let mut trainer = trainer_of(&Config { test_interval: 0, ..config.clone() }, (variant, gpu));
    let start = golden::parameters(config, Start::Spread);
    load(&mut trainer, &start);
    let name = format!("{name} {variant:?}");
    step(failures, (&name, case), &mut trainer, 0, deviations);
    let found = norms(&block_on(trainer.gradients()).unwrap());
    assert!(found.keys().eq(golden.parameters.keys()), "{name}: both sides have the same parameters");
    for (parameter, expected) in &golden.parameters {
        if golden::vanishes(config, parameter) {
            continue;
        }
        let [expected, ..] = expected.gradients;
        failures.relative(&format!("{name} gradient of {parameter}"), found[parameter], expected, GRADIENTS);
        deviations[2] = deviations[2].max((found[parameter] - expected).abs() / expected);
    }
    (trainer, start)
}

/// Step `t` of [`golden::inputs`].
fn replay(trainer: &mut Trainer, config: &Config, t: usize) -> Metrics {
    let Inputs { real, z_d, z_g } = golden::inputs(config, t);
    let real: Vec<f32> = real.iter().flat_map(|batch| nhwc(config, batch)).collect();
    let z_d: Vec<f32> = z_d.iter().flat_map(to_f32).collect();
    block_on(trainer.replay_step(&real, &z_d, &to_f32(&z_g))).unwrap()
}

/// Step `t` of a case.
fn step(
    failures: &mut Failures,
    (name, case): (&str, &Case<TrainingGolden>),
    trainer: &mut Trainer,
    t: usize,
    deviations: &mut [f64; 3],
) {
    let Case { config, golden, .. } = case;
    let expected = golden.losses[t];
    let found = replay(trainer, config, t);
    let of_d = t > 0 || config.n_dis > 1;
    let updated = [of_d, of_d || config.order == Order::Alternating];
    let bounds = updated.map(|updated| if updated { AFTER_UPDATES } else { FORWARD });
    failures.losses(&format!("{name} step {t}"), &found, expected, bounds, || sensitivities_of(case, t));
    for (i, both) in losses_of(&found).into_iter().zip(expected).enumerate() {
        if let (Some(found), Some(expected)) = both {
            let worst = &mut deviations[usize::from(updated[i / 3])];
            *worst = worst.max((found - expected).abs() / expected.abs());
        }
    }
}

/// The sensitivities of the losses of step `t`, from the steps of the reference implementation.
fn sensitivities_of(Case { config, .. }: &Case<TrainingGolden>, t: usize) -> [f64; 4] {
    let mut reference = Training::new(config, &golden::parameters(config, Start::Spread));
    let step = |t: usize| {
        let Inputs { real, z_d, z_g } = golden::inputs(config, t);
        reference.step(&real, &z_d, &z_g, Role::BOTH.map(|role| decimal(config.lr_at(role, t as u32))))
    };
    let report = (0..=t).map(step).last().expect("at least one step");
    sensitivities(config.loss, &report)
}

/// Runs the three steps of a case; returns the largest relative deviations of losses before and after updates, and of
/// gradient norms, as PyTorch's own single precision was measured.
fn follow(failures: &mut Failures, case: &Case<TrainingGolden>, on: (Variant, Arc<Device>)) -> [f64; 3] {
    let Case { name, config, golden } = case;
    let name = format!("{name} {:?}", on.0);
    let mut deviations = [0f64; 3];
    let (mut trainer, start) = first_step(failures, case, on, &mut deviations);
    for t in 1..golden.losses.len() {
        step(failures, (&name, case), &mut trainer, t, &mut deviations);
    }
    let float32 = golden::float32_changes(&case.name);
    let mut check = |what: &str, tensors: Vec<Named>, expected: &dyn Fn(&str) -> golden::Change| {
        for (tensor, _, values) in &tensors {
            if !golden::vanishes(config, tensor) {
                let what = format!("{name} {tensor}: {what}");
                let change: Vec<f64> = values.iter().zip(&start[tensor].data).map(|(&v, s)| f64::from(v) - s).collect();
                changed(failures, &what, (tensor, &change), expected(tensor), CHANGE.max(FACTOR * float32[tensor]));
            }
        }
    };
    check("change", block_on(trainer.parameters()).unwrap(), &|tensor| golden.parameters[tensor].change);
    check("state", block_on(trainer.state()).unwrap(), &|tensor| golden.state[tensor]);
    let average = block_on(trainer.average()).unwrap();
    assert_eq!(average.len(), golden.average.len(), "{name}: averaged tensors");
    check("average", average, &|tensor| golden.average[tensor]);
    deviations
}

/// The change of a tensor over three steps, in length and along a fixed direction.
fn changed(
    failures: &mut Failures,
    what: &str,
    (tensor, change): (&str, &[f64]),
    expected: golden::Change,
    bound: f64,
) {
    let norm = change.iter().map(|x| x * x).sum::<f64>().sqrt();
    let direction = golden::direction(tensor, change.len());
    let along: f64 = change.iter().zip(&direction).map(|(change, direction)| change * direction).sum();
    failures.relative(what, norm, expected.norm, bound);
    let turned = (along - expected.along).abs() / direction.iter().map(|x| x * x).sum::<f64>().sqrt();
    failures.relative(&format!("{what}, its direction"), expected.norm + turned, expected.norm, bound);
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn three_steps_of_every_kind_follow_pytorch() {
    let mut failures = Failures::default();
    let mut worst: BTreeMap<String, [[f64; 2]; 3]> = BTreeMap::new();
    let cases: Vec<_> = golden::training_cases().chain(golden::option_cases()).collect();
    let followed = parallel::each(&cases, |case| {
        let mut failures = Failures::default();
        (follow(&mut failures, case, gpu::suited()), failures)
    });
    for (case, (found, failed)) in cases.iter().zip(followed) {
        failures.extend([failed]);
        let TrainingFloat32 { before, after, gradients } = case.golden.float32;
        let of_file = worst.entry(case.name.split(' ').next().unwrap_or_default().into()).or_default();
        for (worst, pair) in of_file.iter_mut().zip(found.into_iter().zip([before, after, gradients])) {
            *worst = [worst[0].max(pair.0), worst[1].max(pair.1)];
        }
    }
    println!("largest relative deviation from double precision, ours and PyTorch's own in single precision:");
    for (file, all) in worst {
        for (what, [ours, theirs]) in ["losses before updates", "later losses", "first gradients"].into_iter().zip(all)
        {
            println!("{file:<20} {what:<22} {ours:.1e} ({theirs:.1e})");
            if ours > FACTOR * theirs {
                failures
                    .note(format!("{file}: {what} are off by {ours:.1e}, PyTorch's single precision by {theirs:.1e}"));
            }
        }
    }
    failures.none();
}

/// The first step with every other variant of the matrix products, and one case of every file: losses and gradients, which
/// are what a variant computes. Later steps would compare how RMSprop spreads the variants' rounding: two that add one
/// weight's gradient in one part and in two, equal otherwise bit for bit, were a thousandth apart after three steps.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn every_other_variant_follows_pytorch() {
    let mut failures = Failures::default();
    let mut files = std::collections::BTreeSet::new();
    let (suited, _) = gpu::suited();
    let others = || gpu::variants().into_iter().filter(|(variant, _)| *variant != suited);
    let first_of_file = |case: &Case<_>| files.insert(case.name.split(' ').next().unwrap_or_default().to_string());
    let cases = golden::training_cases().filter(first_of_file);
    let runs: Vec<_> = cases.flat_map(|case| others().map(move |on| (case.clone(), on))).collect();
    failures.extend(parallel::each(&runs, |(case, on)| {
        let mut failures = Failures::default();
        first_step(&mut failures, case, on.clone(), &mut [0.0; 3]);
        failures
    }));
    failures.none();
}

/// The bounds are those of single precision: at most sixteen times what PyTorch's loses in the worst of the goldens. Norms
/// of gradients in front of a batch norm, which are small differences, are looked at tensor by tensor alone.
#[test]
fn bounds_follow_single_precision() {
    let (mut before, mut after, mut gradients) = (0f64, 0f64, 0f64);
    for Case { config, golden, .. } in golden::training_cases().chain(golden::option_cases()) {
        before = before.max(golden.float32.before);
        after = after.max(golden.float32.after);
        if !config.couples_images() {
            gradients = gradients.max(golden.float32.gradients);
        }
    }
    let of_case = |case: Case<ReconstructionGolden>| case.golden.float32.mse.max(case.golden.float32.z);
    let reconstruction = golden::reconstruction_cases().map(of_case).fold(0.0, f64::max);
    let trained = golden::averaged_reconstruction_cases().map(of_case).fold(0.0, f64::max);
    let changes = golden::training_cases().flat_map(|case| golden::float32_changes(&case.name).into_values());
    let worst = [
        ("FORWARD", FORWARD, before),
        ("GRADIENTS", GRADIENTS, gradients),
        ("AFTER_UPDATES", AFTER_UPDATES, after),
        ("CHANGE", CHANGE, changes.fold(0.0, f64::max)),
        ("RECONSTRUCTION", RECONSTRUCTION, reconstruction),
        ("TRAINED_RECONSTRUCTION", TRAINED_RECONSTRUCTION, trained),
    ];
    for (name, bound, worst) in worst {
        assert!(bound <= 16.0 * worst, "{name}: {bound:e} is more than sixteen times {worst:e}");
    }
}

/// A case's reconstruction of its target by `trainer`.
fn reconstruction(failures: &mut Failures, trainer: &mut Trainer, case: &Case<ReconstructionGolden>, bound: f64) {
    let Case { name, config, golden } = case;
    let target = nhwc(config, &golden::images(config, "target"));
    let (curve, z) = block_on(trainer.replay_reconstruction(&target, config.test_steps, 10)).unwrap();
    assert_eq!(curve.len() + 1, golden.mse.len());
    let of_mse = bound.max(FACTOR * golden.float32.mse);
    for (i, (&found, &expected)) in curve.iter().zip(&golden.mse[1..]).enumerate() {
        failures.relative(&format!("{name}: mse after {} steps", 10 * (i + 1)), found, expected, of_mse);
    }
    let length = z.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    failures.relative(&format!("{name}: norm of z"), length, golden.z, bound.max(FACTOR * golden.float32.z));
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn reconstructions_follow_pytorch() {
    let mut failures = Failures::default();
    let cases: Vec<_> = golden::reconstruction_cases().collect();
    failures.extend(parallel::each(&cases, |case| {
        let mut failures = Failures::default();
        let mut trainer = trainer_of(&Config { test_interval: 0, ..case.config.clone() }, gpu::suited());
        load(&mut trainer, &golden::parameters(&case.config, Start::AtKinks));
        reconstruction(&mut failures, &mut trainer, case, RECONSTRUCTION);
        failures
    }));
    failures.none();
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn reconstructions_with_averaged_weights_follow_pytorch() {
    let mut failures = Failures::default();
    for case in golden::averaged_reconstruction_cases() {
        let mut trainer = trainer_of(&Config { test_interval: 0, ..case.config.clone() }, gpu::suited());
        load(&mut trainer, &golden::parameters(&case.config, Start::Spread));
        for t in 0..3 {
            replay(&mut trainer, &case.config, t);
        }
        reconstruction(&mut failures, &mut trainer, &case, TRAINED_RECONSTRUCTION);
    }
    failures.none();
}
