//! The f64 twins against PyTorch in double precision: three training steps and a reconstruction of every kind of network.

#[path = "support/golden.rs"]
mod golden;

use golden::{Case, Change, ReconstructionGolden, Start, TrainingGolden};
use wn_gan::config::{Config, Loss, Net, Norm, Order};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::network::Network;
use wn_gan::reference::optimiser::{Optimiser, decimal};
use wn_gan::reference::reconstruction::reconstruct;
use wn_gan::reference::rmsprop::Rmsprop;
use wn_gan::reference::training::Training;

/// Both sides round at 2^-53 = 1.1e-16 but add in other orders. The longest sums (weight gradients over 32 images of 256
/// pixels, dot products of 4096 terms) then differ by some 1e-14 of the terms' size.
const ROUNDING: f64 = 1e-14;

/// The division by small root mean squares and three (or fifty) updates leave room for a factor of 1e5. The goldens'
/// twelve digits are off by 5e-12 at most. A wrong formula is off by far more.
const RELATIVE: f64 = 1e5 * ROUNDING;

/// Collects every deviation, so that one run shows them all.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    /// Compares with an error bound relative to `size`, the size of the quantity that `found` is a part of.
    fn compare(&mut self, what: &str, found: f64, expected: f64, size: f64) {
        let close = (found - expected).abs() <= RELATIVE * size.abs();
        if !close {
            self.0.push(format!("{what}: {found:e} instead of {expected:e}"));
        }
    }

    /// Compares a tensor's change; `size` is that of the change.
    fn changed(&mut self, name: &str, [before, after]: [&Tensor; 2], expected: Change, size: f64) {
        let change = after.zip_map(before, |after, before| after - before);
        let direction = golden::direction(name, change.data.len());
        let along: f64 = change.data.iter().zip(direction).map(|(change, direction)| change * direction).sum();
        self.compare(&format!("change of {name}"), change.norm(), expected.norm, size);
        self.compare(&format!("change of {name} along its direction"), along, expected.along, size);
    }

    fn none(self) {
        assert!(self.0.is_empty(), "{} differences:\n{}", self.0.len(), self.0.join("\n"));
    }
}

/// `lr_factor` is 1 except where the test of this test wants another trajectory.
fn training_differences(case: &Case<TrainingGolden>, lr_factor: f64) -> Differences {
    let Case { config, golden, .. } = case;
    let start = golden::parameters(config, Start::Spread);
    let mut training = Training::new(config, &start, Optimiser::of(config));
    let lr = decimal(config.lr);
    let mut differences = Differences::default();
    for (t, (losses, total)) in golden.losses.iter().zip(&golden.total).enumerate() {
        let [z_d, z_g] = ["z_d", "z_g"].map(|name| golden::codes(config, &format!("{name}.{t}")));
        let report = training.step(&golden::images(config, &format!("real.{t}")), &z_d, &z_g, lr * lr_factor);
        let found = [report.d_loss_real, report.d_loss_fake, report.g_loss];
        for (what, (found, &expected)) in ["D on real", "D on fake", "G"].iter().zip(found.into_iter().zip(losses)) {
            differences.compare(&format!("step {t}, loss of {what}"), found, expected, expected);
        }
        assert!(report.grad_norms.keys().eq(golden.parameters.keys()), "both sides must have the same parameters");
        for (name, expected) in &golden.parameters {
            let expected = expected.gradients[t];
            // A vanishing gradient is what rounding leaves of terms of the whole gradient's size.
            let size = if golden::vanishes(config, name) { total[0] * ROUNDING / RELATIVE } else { expected };
            differences.compare(&format!("step {t}, gradient of {name}"), report.grad_norms[name], expected, size);
        }
        for (prefix, &expected) in ["dis.", "gen."].iter().zip(total) {
            let own = report.grad_norms.iter().filter(|(name, _)| name.starts_with(prefix));
            let found = own.map(|(_, norm)| norm * norm).sum::<f64>().sqrt();
            differences.compare(&format!("step {t}, whole gradient of {prefix}"), found, expected, expected);
        }
    }
    let both = [&training.generator, &training.discriminator];
    let after: Parameters = both.into_iter().flat_map(|trainee| trainee.parameters.clone()).collect();
    for (name, expected) in &golden.parameters {
        // An update by a gradient g is at most lr g / eps, which for vanishing ones is next to nothing.
        let size = if golden::vanishes(config, name) {
            let gradients: f64 = golden.total.iter().map(|total| total[0]).sum();
            lr * gradients * ROUNDING / decimal(config.eps) / RELATIVE
        } else {
            expected.change.norm
        };
        differences.changed(name, [&start[name], &after[name]], expected.change, size);
    }
    let state = training.state();
    assert!(state.keys().eq(golden.state.keys()), "both sides must have the same state");
    for (name, &expected) in &golden.state {
        differences.changed(name, [&start[name], &state[name]], expected, expected.norm);
    }
    differences
}

fn check_training(wanted: impl Fn(&Case<TrainingGolden>) -> bool) -> usize {
    let mut all = Differences::default();
    let cases: Vec<_> = golden::training_cases().filter(wanted).collect();
    for case in &cases {
        let found = training_differences(case, 1.0).0;
        all.0.extend(found.into_iter().map(|difference| format!("{}: {difference}", case.name)));
    }
    all.none();
    cases.len()
}

fn is_large(case: &Case<TrainingGolden>) -> bool {
    case.config.width == 32
}

#[test]
fn three_training_steps_of_every_small_network() {
    // 5 norms x 3 losses x 2 orders x 4 activations; Adam with 2 norms, the ResNet once, each in both orders.
    assert_eq!(check_training(|case| !is_large(case)), 120 + 4 + 2);
}

#[test]
fn three_training_steps_of_the_large_network() {
    assert_eq!(check_training(is_large), 2);
}

#[test]
fn a_slightly_wrong_learning_rate_is_seen() {
    for norm in Norm::ALL {
        let plain = |case: &Case<TrainingGolden>| {
            case.config.norm == norm && case.config.order == Order::Alternating && case.config.loss == Loss::Bce
        };
        let case = golden::training_cases().find(plain).expect("there is one for every norm");
        let differences = training_differences(&case, 1.0 + 1e-6).0;
        assert!(
            differences.iter().any(|text| text.starts_with("change of gen.level.0.conv.weight")),
            "{differences:?}"
        );
        assert!(!differences.iter().any(|text| text.contains("step 0, loss of D")), "{differences:?}");
    }
}

fn reconstruction_differences(case: &Case<ReconstructionGolden>) -> Differences {
    let Case { name, config, golden } = case;
    let (parameters, target) = (golden::parameters(config, Start::AtKinks), golden::images(config, "target"));
    let (generator, lr) = (Network::generator(config), decimal(config.test_lr));
    let steps = config.test_steps as usize;
    let found = reconstruct(&generator, &parameters, config.statistics, &target, steps, lr, Rmsprop::PAPER);
    let mut differences = Differences::default();
    let every_tenth: Vec<f64> = found.curve.iter().step_by(10).copied().collect();
    assert_eq!(every_tenth.len(), golden.mse.len());
    for (i, (&found, &expected)) in every_tenth.iter().zip(&golden.mse).enumerate() {
        differences.compare(&format!("{name}, error after {} steps", 10 * i), found, expected, expected);
    }
    let mean = found.per_image.iter().sum::<f64>() / found.per_image.len() as f64;
    differences.compare(&format!("{name}, mean of the images' errors"), mean, golden.mse[5], mean);
    differences.compare(&format!("{name}, norm of z"), found.z.norm(), golden.z, golden.z);
    for (i, (found, &expected)) in golden::some(&found.z).into_iter().zip(&golden.some_z).enumerate() {
        differences.compare(&format!("{name}, value {i} of z"), found, expected, golden.z);
    }
    differences
}

#[test]
fn reconstructions_from_zeros_where_every_activation_starts_at_its_kink() {
    let mut all = Differences::default();
    let mut seen: Vec<Config> = Vec::new();
    for case in golden::reconstruction_cases() {
        all.0.extend(reconstruction_differences(&case).0);
        seen.push(case.config);
    }
    all.none();
    let of = |norm: Norm| seen.iter().filter(|config| config.norm == norm && config.width == 16).count();
    assert_eq!(Norm::ALL.map(of), [1, 1, 2, 1, 1], "both statistics of batch normalisation");
    assert!(seen.iter().any(|config| config.net == Net::Resnet) && seen.iter().any(|config| config.width == 32));
}
