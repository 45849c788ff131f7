//! What is no number stays none: a run that diverged must be seen in its losses, and cannot hide behind a kink or a bound.

use super::checks::device::{dispatch, filled, poisoned};
use super::checks::gpu::on_cpu;
use wn_gan::config::Loss;
use wn_gan::device::Dispatch;
use wn_gan::kernels::{self, LossParams, METRIC_COLUMNS, Sgd, Step};
use wn_gan::reference::{Tensor, loss};

/// The metrics of a batch of pairs, a network at a time: D's loss on real images, on fakes, in all; G's.
fn metrics(kernel: &'static kernels::Kernel, logits: [[f64; 2]; 2], generator: u32) -> Vec<f32> {
    let params = LossParams { batch: 2, generator, output: 0 };
    let contents = [filled(0, &logits.concat()), poisoned(0, 4), filled(0, &[0.0; METRIC_COLUMNS])];
    let after = dispatch(Dispatch::new(kernel, "test").params(&params), &Step::default(), &contents);
    after[2][..METRIC_COLUMNS].iter().map(|&bits| f32::from_bits(bits)).collect()
}

fn losses_tell() {
    for loss in Loss::ALL {
        let kernel = loss_kernel(loss);
        for [real, fake] in [[f64::NAN, 0.5], [0.5, f64::NAN]] {
            let logits = [[0.25, real], [-0.25, fake]];
            let of = metrics(kernel, logits, 0);
            assert!(of[2].is_nan(), "{loss:?} of D, pair ({real}, {fake}): {of:?}");
            if loss.has_real_and_fake() {
                assert_eq!([of[0].is_nan(), of[1].is_nan()], [real.is_nan(), fake.is_nan()], "{loss:?}: {of:?}");
            }
            let [real, fake] = logits.map(|logits| Tensor::vector(logits.to_vec()));
            assert!(loss::of(loss).discriminator(&real, &fake).loss.is_nan(), "{loss:?}, reference");
        }
        let of = metrics(kernel, [[0.25, 0.5], [-0.25, f64::NAN]], 1);
        assert!(of[3].is_nan(), "{loss:?} of G: {of:?}");
    }
}

/// The kernel `loss_NAME`.
fn loss_kernel(loss: Loss) -> &'static kernels::Kernel {
    let name = serde_json::to_value(loss).expect("a loss is a word");
    let name = format!("loss_{}", name.as_str().expect("a loss is a word"));
    kernels::ALL.iter().find(|kernel| kernel.name == name).unwrap_or_else(|| panic!("no kernel {name}"))
}

/// A threshold and a slope, both with a gradient that is none.
fn updates_tell() {
    let params = Sgd { count: 2, pair_begin: 0, momentum: 0.0 };
    let contents = [filled(0, &[f64::NAN; 2]), filled(0, &[0.0; 2]), filled(0, &[0.5; 2])];
    let call = Dispatch::new(&kernels::SGD, "test").params(&params).elements(2);
    let after = dispatch(call, &Step { lr: 0.1, ..Step::default() }, &contents);
    let values = [0, 1].map(|i| f32::from_bits(after[2][i]));
    assert!(values.iter().all(|value| value.is_nan()), "threshold and slope are {values:?}");
}

#[test]
fn on_the_cpu() {
    on_cpu(|| {
        losses_tell();
        updates_tell();
    });
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn on_an_adapter() {
    losses_tell();
    updates_tell();
}
