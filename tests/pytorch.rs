//! The GPU against PyTorch in double precision (`scripts/golden.py`): gan16 with every norm, loss, order and activation
//! and with Adam, gan32, a small ResNet; three training steps and reconstructions.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "support/golden.rs"]
mod golden;
#[path = "support/gpu.rs"]
mod gpu;
#[path = "support/training.rs"]
mod support;

use golden::{Case, Start, TrainingGolden};
use pollster::block_on;
use std::sync::Arc;
use support::{Failures, load, nhwc, norms, to_f32, trainer_of};
use wn_gan::config::{Config, Norm, Order};
use wn_gan::device::Device;
use wn_gan::gan::Trainer;
use wn_gan::nn::gemm::Variant;
use wn_gan::reference::layer::Parameters;

/// The first forward pass only rounds.
const FORWARD: f64 = 1e-5;
/// Norms of the first step's gradients.
const GRADIENTS: f64 = 1e-3;
/// Mean squared errors of a reconstruction, and the norm of its last z.
const RECONSTRUCTION: f64 = 1e-3;

/// Losses after an update: RMSprop turns rounding noise into a full step wherever a gradient is near zero, and in front
/// of a batch norm every bias has a gradient of nothing but rounding.
fn after_updates(config: &Config) -> f64 {
    if config.norm == Norm::Batch { 5e-3 } else { 5e-4 }
}

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
    let [z_d, z_g] = ["z_d", "z_g"].map(|name| to_f32(&golden::codes(config, &format!("{name}.{t}"))));
    let real = nhwc(config, &golden::images(config, &format!("real.{t}")));
    let found = block_on(trainer.replay_step(&real, &z_d, &z_g)).unwrap();
    let updated = [t > 0, t > 0, t > 0 || config.order == Order::Alternating];
    let bounds = updated.map(|updated| if updated { after_updates(config) } else { FORWARD });
    failures.losses(&format!("{name} step {t}"), (config, trainer), found, expected, bounds);
    for i in 0..3 {
        let relative = (f64::from(found[i]) - expected[i]).abs() / expected[i].abs();
        let worst = &mut deviations[usize::from(updated[i])];
        *worst = worst.max(relative);
    }
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
    let parameters = block_on(trainer.parameters()).unwrap();
    for (parameter, _, values) in &parameters {
        let expected = golden.parameters[parameter].change;
        let change: Vec<f64> = values.iter().zip(&start[parameter].data).map(|(&v, s)| f64::from(v) - s).collect();
        changed(failures, (config, parameter), &name, &change, expected);
    }
    for (state, _, values) in &block_on(trainer.state()).unwrap() {
        let change: Vec<f64> = values.iter().zip(&start[state].data).map(|(&v, s)| f64::from(v) - s).collect();
        changed(failures, (config, state), &name, &change, golden.state[state]);
    }
    deviations
}

/// The change of a tensor over three steps, in length and along a fixed direction. A first RMSprop step has the size
/// 3.2 lr whatever the gradient's, so the few elements whose gradient is rounding noise go either way: a bound of a
/// hundredth allows one element in ten thousand to turn round.
fn changed(
    failures: &mut Failures,
    (config, tensor): (&Config, &str),
    what: &str,
    change: &[f64],
    expected: golden::Change,
) {
    if golden::vanishes(config, tensor) {
        return;
    }
    let norm = change.iter().map(|x| x * x).sum::<f64>().sqrt();
    let direction = golden::direction(tensor, change.len());
    let along: f64 = change.iter().zip(&direction).map(|(change, direction)| change * direction).sum();
    failures.relative(&format!("{what} {tensor}: change"), norm, expected.norm, 1e-2);
    let turned = (along - expected.along).abs() / direction.iter().map(|x| x * x).sum::<f64>().sqrt();
    failures.relative(&format!("{what} {tensor}: direction"), expected.norm + turned, expected.norm, 1e-2);
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn three_steps_of_every_kind_follow_pytorch() {
    let mut failures = Failures::default();
    let mut worst: std::collections::BTreeMap<String, [[f64; 2]; 3]> = Default::default();
    for case in golden::training_cases() {
        let found = follow(&mut failures, &case, gpu::suited());
        let float32 = &case.golden.float32;
        let of_file = worst.entry(case.name.split(' ').next().unwrap_or_default().into()).or_default();
        for (worst, pair) in
            of_file.iter_mut().zip(found.into_iter().zip([float32.before, float32.after, float32.gradients]))
        {
            *worst = [worst[0].max(pair.0), worst[1].max(pair.1)];
        }
    }
    println!("largest relative deviation from double precision, ours and PyTorch's own in single precision:");
    for (file, [before, after, gradients]) in worst {
        let both = |[ours, theirs]: [f64; 2]| format!("{ours:.1e} ({theirs:.1e})");
        let [before, after, gradients] = [before, after, gradients].map(both);
        println!("{file:<20} first losses {before}  later losses {after}  first gradients {gradients}");
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
    let others: Vec<_> = gpu::variants().into_iter().filter(|(variant, _)| *variant != suited).collect();
    for case in golden::training_cases() {
        if files.insert(case.name.split(' ').next().unwrap_or_default().to_string()) {
            for on in &others {
                first_step(&mut failures, &case, on.clone(), &mut [0.0; 3]);
            }
        }
    }
    failures.none();
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn reconstructions_follow_pytorch() {
    let mut failures = Failures::default();
    for Case { name, config, golden } in golden::reconstruction_cases() {
        let mut trainer = trainer_of(&Config { test_interval: 0, ..config.clone() }, gpu::suited());
        load(&mut trainer, &golden::parameters(&config, Start::AtKinks));
        let target = nhwc(&config, &golden::images(&config, "target"));
        let (curve, z) = block_on(trainer.replay_reconstruction(&target, config.test_steps, 10)).unwrap();
        assert_eq!(curve.len() + 1, golden.mse.len());
        for (i, (&found, &expected)) in curve.iter().zip(&golden.mse[1..]).enumerate() {
            failures.relative(&format!("{name}: mse after {} steps", 10 * (i + 1)), found, expected, RECONSTRUCTION);
        }
        let length = z.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        failures.relative(&format!("{name}: norm of z"), length, golden.z, RECONSTRUCTION);
    }
    failures.none();
}
