//! The f64 twins against PyTorch in double precision: three training steps and a reconstruction of gan16.

#[path = "support/golden.rs"]
mod golden;

use golden::Start;
use wn_gan::config::{Norm, Order};
use wn_gan::reference::reconstruction::reconstruct;
use wn_gan::reference::rmsprop::Rmsprop;
use wn_gan::reference::training::Training;

/// Both sides round at 2^-53 = 1.1e-16 but add in other orders. The longest sums (weight gradients over 16 images of 64
/// pixels, dot products of 512 terms) then differ by some 1e-14 relative; the division by small root mean squares and
/// three (or fifty) updates leave room for a factor of 1e5. A wrong formula is off by far more than 1e-9.
const RELATIVE: f64 = 1e-9;

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

    fn none(self) {
        assert!(self.0.is_empty(), "{} differences:\n{}", self.0.len(), self.0.join("\n"));
    }
}

/// `lr_factor` is 1 except where the test of this test wants another trajectory.
fn training_differences(norm: Norm, order: Order, lr_factor: f64) -> Differences {
    let (golden, config) = (golden::training(norm, order), golden::config(norm, order));
    let start = golden::parameters(&config, Start::Spread);
    let mut training = Training::new(&config, &start, Rmsprop::PAPER);
    let mut differences = Differences::default();
    for (t, expected) in golden.steps.iter().enumerate() {
        let [z_d, z_g] = ["z_d", "z_g"].map(|name| golden::codes(&config, &format!("{name}.{t}")));
        let report = training.step(&golden::images(&config, &format!("real.{t}")), &z_d, &z_g, golden.lr * lr_factor);
        for (what, found, expected) in [
            ("loss of D on real", report.d_loss_real, expected.d_loss_real),
            ("loss of D on fake", report.d_loss_fake, expected.d_loss_fake),
            ("loss of G", report.g_loss, expected.g_loss),
        ] {
            differences.compare(&format!("step {t}, {what}"), found, expected, expected);
        }
        assert!(report.grad_norms.keys().eq(expected.grad_norms.keys()), "both sides must have the same parameters");
        for (name, &norm) in &expected.grad_norms {
            differences.compare(&format!("step {t}, gradient of {name}"), report.grad_norms[name], norm, norm);
        }
    }
    for (name, expected) in &golden.parameters {
        let trainee = if name.starts_with("gen.") { &training.generator } else { &training.discriminator };
        let (found, start) = (&trainee.parameters[name], &start[name]);
        let change = found.zip_map(start, |after, before| after - before);
        let direction = golden::direction(name, change.data.len());
        let along: f64 = change.data.iter().zip(direction).map(|(change, direction)| change * direction).sum();
        differences.compare(&format!("change of {name}"), change.norm(), expected.change, expected.change);
        differences.compare(&format!("change of {name} along its direction"), along, expected.along, expected.change);
        for (i, (found, &expected)) in golden::some(found).into_iter().zip(&expected.some).enumerate() {
            differences.compare(&format!("value {i} of {name}"), found, expected, expected);
        }
    }
    differences
}

#[test]
fn three_training_steps_of_both_norms_in_both_orders() {
    for norm in Norm::ALL {
        for order in [Order::Alternating, Order::Simultaneous] {
            println!("{norm:?}, {order:?}");
            training_differences(norm, order, 1.0).none();
        }
    }
}

#[test]
fn a_slightly_wrong_learning_rate_is_seen() {
    let differences = training_differences(Norm::Weight, Order::Alternating, 1.0 + 1e-6).0;
    assert!(differences.iter().any(|text| text.starts_with("change of gen.level.0.conv.weight")), "{differences:?}");
    assert!(!differences.iter().any(|text| text.contains("step 0, loss of D")), "{differences:?}");
}

#[test]
fn a_reconstruction_from_zeros_where_every_activation_starts_at_its_kink() {
    for norm in Norm::ALL {
        let (golden, config) = (golden::reconstruction(norm), golden::config(norm, Order::Alternating));
        let parameters = golden::parameters(&config, Start::AtKinks);
        let training = Training::new(&config, &parameters, Rmsprop::PAPER);
        let (generator, target) = (&training.generator, golden::images(&config, "target"));
        let found =
            reconstruct(&generator.network, &generator.parameters, &target, golden.steps, golden.lr, Rmsprop::PAPER);
        let mut differences = Differences::default();
        let every_tenth: Vec<f64> = found.curve.iter().step_by(10).copied().collect();
        assert_eq!(every_tenth.len(), golden.mse.len());
        for (i, (&found, &expected)) in every_tenth.iter().zip(&golden.mse).enumerate() {
            differences.compare(&format!("{norm:?}, error after {} steps", 10 * i), found, expected, expected);
        }
        let mean = found.per_image.iter().sum::<f64>() / found.per_image.len() as f64;
        differences.compare(&format!("{norm:?}, mean of the images' errors"), mean, golden.mse[5], mean);
        differences.compare(&format!("{norm:?}, norm of z"), found.z.norm(), golden.z, golden.z);
        for (i, (found, &expected)) in golden::some(&found.z).into_iter().zip(&golden.some_z).enumerate() {
            differences.compare(&format!("{norm:?}, value {i} of z"), found, expected, golden.z);
        }
        differences.none();
    }
}
