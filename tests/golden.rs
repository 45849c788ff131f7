//! The reference implementation against PyTorch in double precision: three training steps and a reconstruction of every
//! kind of network.

#[path = "support/elements.rs"]
mod elements;
#[path = "support/golden.rs"]
mod golden;
#[path = "support/parallel.rs"]
mod parallel;

use elements::Elements;
use golden::{Case, Change, Inputs, ReconstructionGolden, Start, TrainingGolden};
use wn_gan::config::{Config, Loss, Net, Norm, Optimiser, Order, Role};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::network::Network;
use wn_gan::reference::optimiser::decimal;
use wn_gan::reference::optimiser::rmsprop::Rmsprop;
use wn_gan::reference::reconstruction::{Reconstruction, reconstruct};
use wn_gan::reference::training::{StepReport, Training};

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

/// Step `t` of the goldens. `lr_factor` is 1 except where the test of this test wants another trajectory.
fn step(training: &mut Training, config: &Config, t: usize, lr_factor: f64) -> StepReport {
    let Inputs { real, z_d, z_g } = golden::inputs(config, t);
    let lr = Role::BOTH.map(|role| lr_factor * decimal(config.lr_at(role, t as u32)));
    training.step(&real, &z_d, &z_g, lr)
}

/// `lr_factor` as in [`step`].
fn training_differences(case: &Case<TrainingGolden>, lr_factor: f64) -> Differences {
    let Case { config, golden, .. } = case;
    let start = golden::parameters(config, Start::Spread);
    let mut training = Training::new(config, &start);
    let mut differences = Differences::default();
    for (t, (losses, total)) in golden.losses.iter().zip(&golden.total).enumerate() {
        let report = step(&mut training, config, t, lr_factor);
        let found = [report.d_loss_real, report.d_loss_fake, Some(report.d_loss), Some(report.g_loss)];
        assert_eq!(found.map(|loss| loss.is_some()), losses.map(|loss| loss.is_some()), "{}", case.name);
        for (i, (found, expected)) in found.into_iter().zip(*losses).enumerate() {
            if let Some((found, expected)) = found.zip(expected) {
                let what = ["D on real", "D on fake", "D", "G"][i];
                differences.compare(&format!("step {t}, loss of {what}"), found, expected, expected);
            }
        }
        let grad_norms = report.grad_norms();
        assert!(grad_norms.keys().eq(golden.parameters.keys()), "both sides must have the same parameters");
        for (name, expected) in &golden.parameters {
            let expected = expected.gradients[t];
            // A vanishing gradient is what rounding leaves of terms of the whole gradient's size.
            let size = if golden::vanishes(config, name) { total[0] * ROUNDING / RELATIVE } else { expected };
            differences.compare(&format!("step {t}, gradient of {name}"), grad_norms[name], expected, size);
        }
        for (prefix, &expected) in ["dis.", "gen."].iter().zip(total) {
            let own = grad_norms.iter().filter(|(name, _)| name.starts_with(prefix));
            let found = own.map(|(_, norm)| norm * norm).sum::<f64>().sqrt();
            differences.compare(&format!("step {t}, whole gradient of {prefix}"), found, expected, expected);
        }
    }
    let both = [&training.generator, &training.discriminator];
    let after: Parameters = both.into_iter().flat_map(|trainee| trainee.parameters.clone()).collect();
    for (name, expected) in &golden.parameters {
        let size = if golden::vanishes(config, name) { vanishing_update(config, golden) } else { expected.change.norm };
        differences.changed(name, [&start[name], &after[name]], expected.change, size);
    }
    let averages = config.ema > 0.0;
    assert!(!averages || training.average.keys().eq(golden.average.keys()), "both sides must average the same");
    for (name, &expected) in &golden.average {
        let size = if golden::vanishes(config, name) { vanishing_update(config, golden) } else { expected.norm };
        differences.changed(name, [&start[name], &training.average[name]], expected, size);
    }
    let state = training.state();
    assert!(state.keys().eq(golden.state.keys()), "both sides must have the same state");
    for (name, &expected) in &golden.state {
        differences.changed(name, [&start[name], &state[name]], expected, expected.norm);
    }
    differences
}

/// The size by which the change of a parameter is judged whose gradient vanishes: an update by a gradient g is at most
/// `lr g / eps`, which for what rounding leaves is next to nothing.
fn vanishing_update(config: &Config, golden: &TrainingGolden) -> f64 {
    let gradients: f64 = golden.total.iter().map(|total| total[0]).sum();
    decimal(config.lr.max(config.lr_d).max(config.lr_g)) * f64::from(config.n_dis) * gradients * ROUNDING
        / decimal(config.eps)
        / RELATIVE
}

fn check_training(cases: Vec<Case<TrainingGolden>>) -> usize {
    let mut all = Differences::default();
    let found = parallel::each(&cases, |case| training_differences(case, 1.0).0);
    for (case, found) in cases.iter().zip(found) {
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
    assert_eq!(check_training(golden::training_cases().filter(|case| !is_large(case)).collect()), 120 + 4 + 2);
}

#[test]
fn three_training_steps_of_the_large_network() {
    assert_eq!(check_training(golden::training_cases().filter(is_large).collect()), 2);
}

/// Norms, learning rates and numbers of updates of their own for each network, averaged weights, one slope and threshold
/// per layer, gains and biases in other layers than the norm has them.
#[test]
fn three_training_steps_with_every_other_setting() {
    let cases: Vec<_> = golden::option_cases().collect();
    let count = |has: &dyn Fn(&Config) -> bool| cases.iter().filter(|case| has(&case.config)).count();
    let defaults = Config::default();
    assert_eq!(count(&|config| config.norm_of(Role::Generator) != config.norm_of(Role::Discriminator)), 9);
    assert_eq!(count(&|config| config.lr_at(Role::Generator, 0) != config.lr_at(Role::Discriminator, 0)), 8);
    assert_eq!([2, 3].map(|n_dis| count(&|config| config.n_dis == n_dis)), [6, 3]);
    assert_eq!(count(&|config| config.ema > 0.0), 8);
    assert_eq!(count(&|config| config.num_parameters != defaults.num_parameters), 8);
    assert_eq!(count(&|config| [config.gain, config.bias] != [defaults.gain, defaults.bias]), 22);
    assert!(check_training(cases) >= 73, "there were so many cases");
}

#[test]
fn every_loss_optimiser_and_norm_has_a_golden() {
    let configs: Vec<Config> = golden::training_cases().chain(golden::option_cases()).map(|case| case.config).collect();
    let has = |uses: &dyn Fn(&Config) -> bool| configs.iter().any(uses);
    let write = "is in no golden: add it to scripts/golden.py";
    for loss in Loss::ALL {
        assert!(has(&|config| config.loss == loss), "the loss {} {write}", loss.name());
    }
    for optimiser in Optimiser::ALL {
        assert!(has(&|config| config.optimiser == optimiser), "the optimiser {} {write}", optimiser.name());
    }
    for norm in Norm::ALL {
        assert!(has(&|config| config.norm == norm), "the norm {} {write}", norm.name());
    }
}

#[test]
fn a_slightly_wrong_learning_rate_is_seen() {
    for norm in Norm::ALL {
        let plain = |case: &Case<TrainingGolden>| {
            case.config.norm == norm && case.config.order == Order::Alternating && case.config.loss == Loss::Bce
        };
        let case =
            golden::training_cases().chain(golden::option_cases()).find(plain).expect("there is one for every norm");
        let differences = training_differences(&case, 1.0 + 1e-6).0;
        assert!(
            differences.iter().any(|text| text.starts_with("change of gen.level.0.conv.weight")),
            "{differences:?}"
        );
        assert!(!differences.iter().any(|text| text.contains("step 0, loss of D")), "{differences:?}");
    }
}

/// The reconstruction of the goldens by the generator with these parameters.
fn reconstruction(config: &Config, parameters: &Parameters) -> Reconstruction {
    let (generator, target) = (Network::generator(config), golden::images(config, "target"));
    let (steps, lr) = (config.test_steps as usize, decimal(config.test_lr));
    reconstruct(&generator, parameters, config.statistics, &target, steps, lr, Rmsprop::PAPER)
}

fn reconstruction_differences(case: &Case<ReconstructionGolden>, found: &Reconstruction) -> Differences {
    let Case { name, config: _, golden } = case;
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
    let cases: Vec<_> = golden::reconstruction_cases().collect();
    let found = parallel::each(&cases, |case| {
        let found = reconstruction(&case.config, &golden::parameters(&case.config, Start::AtKinks));
        reconstruction_differences(case, &found).0
    });
    Differences(found.concat()).none();
    let seen: Vec<Config> = cases.into_iter().map(|case| case.config).collect();
    let of = |norm: Norm| seen.iter().filter(|config| config.norm == norm && config.width == 16).count();
    let normalised = [Norm::Weight, Norm::None, Norm::Batch, Norm::WeightAffine, Norm::Spectral];
    assert_eq!(normalised.map(of), [1, 1, 2, 1, 1], "both statistics of batch normalisation");
    assert!(seen.iter().any(|config| config.net == Net::Resnet) && seen.iter().any(|config| config.width == 32));
}

/// Samples and tests use the averaged weights, and running statistics as they are.
#[test]
fn reconstructions_with_averaged_weights_after_three_steps() {
    let mut all = Differences::default();
    let mut seen = 0;
    for case in golden::averaged_reconstruction_cases() {
        let config = &case.config;
        let mut training = Training::new(config, &golden::parameters(config, Start::Spread));
        for t in 0..3 {
            step(&mut training, config, t, 1.0);
        }
        all.0.extend(reconstruction_differences(&case, &reconstruction(config, &training.averaged())).0);
        let present = reconstruction(config, &training.generator.parameters);
        assert!(!reconstruction_differences(&case, &present).0.is_empty(), "{}: the average is seen", case.name);
        seen += 1;
    }
    all.none();
    assert_eq!(seen, 4, "weight and batch normalisation in both orders");
}

impl Differences {
    /// Compares every element with an error bound relative to `size`, the root mean square of a tensor's elements: each is
    /// a sum of terms of that size.
    fn elements(&mut self, what: &str, found: &[f64], expected: &[f64], size: f64) {
        assert_eq!(found.len(), expected.len(), "{what}");
        for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
            self.compare(&format!("{what}, element {i}"), found, expected, size);
        }
    }
}

fn root_mean_square(values: &[f64]) -> f64 {
    (square(values) / values.len() as f64).sqrt()
}

/// The sum of squares.
fn square(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum()
}

/// All elements of the gradients of the first step, and of what three steps change.
fn element_differences(case: &Elements) -> Differences {
    let Elements { name, config, gradient, after } = case;
    let start = golden::parameters(config, Start::Spread);
    let mut training = Training::new(config, &start);
    let mut differences = Differences::default();
    let first = step(&mut training, config, 0, 1.0);
    assert!(first.gradients.keys().eq(gradient.keys()), "{name}: both sides must have the same parameters");
    let of_d = gradient.iter().filter(|(tensor, _)| tensor.starts_with("dis."));
    let total = of_d.map(|(_, column)| square(&column.double)).sum::<f64>().sqrt();
    for (tensor, column) in gradient {
        let found = &first.gradients[tensor];
        assert_eq!(found.shape, column.shape, "{name}, {tensor}");
        // A vanishing gradient is what rounding leaves of terms of the whole gradient's size.
        let size = if golden::vanishes(config, tensor) {
            total * ROUNDING / RELATIVE
        } else {
            root_mean_square(&column.double)
        };
        differences.elements(&format!("{name}, gradient of {tensor}"), &found.data, &column.double, size);
    }
    for t in 1..3 {
        step(&mut training, config, t, 1.0);
    }
    let both = [&training.generator, &training.discriminator];
    let found: Parameters = both.into_iter().flat_map(|trainee| trainee.parameters.clone()).collect();
    assert!(found.keys().eq(after.keys()), "{name}: both sides must have the same tensors");
    for (tensor, column) in after {
        let change = |after: &[f64]| -> Vec<f64> {
            after.iter().zip(&start[tensor].data).map(|(after, before)| after - before).collect()
        };
        let expected = change(&column.double);
        let size = if golden::vanishes(config, tensor) {
            3.0 * decimal(config.lr) * total * ROUNDING / decimal(config.eps) / RELATIVE
        } else {
            root_mean_square(&expected)
        };
        differences.elements(&format!("{name}, change of {tensor}"), &change(&found[tensor].data), &expected, size);
    }
    differences
}

#[test]
fn every_element_of_gradients_and_changes_of_every_norm() {
    let mut all = Differences::default();
    let cases = elements::cases();
    for case in &cases {
        all.0.extend(element_differences(case).0);
    }
    all.none();
    assert_eq!(cases.len(), 5 * 2, "every norm in both orders");
}

/// What norms and projections may overlook.
#[test]
fn two_elements_in_each_others_place_are_seen() {
    let mut case = elements::cases().swap_remove(0);
    let column = case.gradient.get_mut("gen.level.1.conv.weight").expect("the transposed convolution in the middle");
    column.double.swap(10, 11);
    let differences = element_differences(&case).0;
    assert_eq!(differences.len(), 2, "{differences:?}");
    assert!(differences.iter().all(|text| text.contains("gradient of gen.level.1.conv.weight")), "{differences:?}");
}
