//! Every kind of network, norm, activation, loss, optimiser and image size on the GPU against the reference implementation: losses,
//! gradients and moved state of the first step, losses after updates.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "support/bounds.rs"]
mod bounds;
#[path = "support/golden.rs"]
mod golden;
#[path = "support/gpu.rs"]
mod gpu;
#[path = "support/training.rs"]
mod support;

use bounds::{AFTER_UPDATES, FORWARD, GRADIENTS};
use golden::Start;
use pollster::block_on;
use support::{Failures, load, losses, nhwc, norms, sensitivities, to_f32, trainer_of};
use wn_gan::config::{self, Activation, Config, Loss, Net, Norm, Order, Role};
use wn_gan::gan::architecture;
use wn_gan::reference::training::Training;

/// A network small enough for the reference's plain loops.
fn small(width: u32, height: u32) -> Config {
    Config { width, height, nfeature: 4, code_size: 6, batch_size: 6, test_interval: 0, warmup: 0, ..Config::default() }
}

/// Steps of `config` from formula-made parameters and inputs.
fn follow(failures: &mut Failures, config: &Config, steps: u32) {
    let what = |part: &str| {
        let Config { width, height, net, norm, activation, loss, order, optimiser, .. } = config;
        format!("{width}x{height} {net:?} {norm:?} {activation:?} {loss:?} {order:?} {optimiser:?}: {part}")
    };
    let start = golden::parameters(config, Start::Spread);
    let mut reference = Training::new(config, &start);
    let mut trainer = trainer_of(config, gpu::suited());
    load(&mut trainer, &start);
    for t in 0..steps {
        let real = golden::images(config, &format!("real.{t}"));
        let [z_d, z_g] = ["z_d", "z_g"].map(|name| golden::codes(config, &format!("{name}.{t}")));
        let lr = Role::BOTH.map(|role| f64::from(config.lr_at(role, t)));
        let expected = reference.step(std::slice::from_ref(&real), std::slice::from_ref(&z_d), &z_g, lr);
        let found = block_on(trainer.replay_step(&nhwc(config, &real), &to_f32(&z_d), &to_f32(&z_g))).unwrap();
        let alternating = config.order == Order::Alternating;
        let early = if t == 0 { FORWARD } else { AFTER_UPDATES };
        let bounds = [early, if alternating { AFTER_UPDATES } else { early }];
        failures.losses(&what(&format!("step {t}")), &found, losses(&expected), bounds, || {
            sensitivities(config.loss, &expected)
        });
        if t == 0 {
            let gradients = norms(&block_on(trainer.gradients()).unwrap());
            let expected = expected.grad_norms();
            assert!(gradients.keys().eq(expected.keys()), "both sides have the same parameters");
            let largest = expected.values().copied().fold(0.0, f64::max);
            for (name, &norm) in &expected {
                // Convolution biases before a batch norm have no gradient at all but rounding.
                if norm > 1e-9 * largest {
                    failures.relative(&what(&format!("gradient of {name}")), gradients[name], norm, GRADIENTS);
                } else {
                    assert!(gradients[name] < 1e-5 * largest, "{}", what(name));
                }
            }
        }
    }
    let state = reference.state();
    let found = block_on(trainer.state()).unwrap();
    assert_eq!(found.len(), state.len());
    for (name, _, values) in &found {
        let expected = &state[name];
        let length = expected.norm();
        let difference: f64 = values.iter().zip(&expected.data).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum();
        failures.relative(&what(&format!("state {name}")), length + difference.sqrt(), length, AFTER_UPDATES);
    }
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn every_norm_with_every_activation() {
    let mut failures = Failures::default();
    for norm in Norm::ALL {
        for activation in [Activation::Relu, Activation::Trelu, Activation::Prelu, Activation::Tprelu] {
            follow(&mut failures, &Config { norm, activation, ..small(12, 10) }, 2);
        }
    }
    failures.none();
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn every_norm_with_every_loss_order_and_optimiser() {
    let mut failures = Failures::default();
    for norm in Norm::ALL {
        for loss in Loss::ALL {
            for order in [Order::Alternating, Order::Simultaneous] {
                for optimiser in config::Optimiser::ALL {
                    follow(&mut failures, &Config { norm, loss, order, optimiser, ..small(8, 8) }, 3);
                }
            }
        }
    }
    failures.none();
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn even_sizes_that_are_no_powers_of_two() {
    let mut failures = Failures::default();
    for (width, height) in [(28, 28), (30, 36), (34, 34), (36, 36), (46, 28), (64, 64), (160, 160)] {
        for net in [Net::Dcgan, Net::Resnet] {
            let order = Order::Simultaneous;
            let (nfeature, batch_size) = if width > 64 { (2, 2) } else { (3, 3) };
            follow(&mut failures, &Config { net, order, nfeature, batch_size, ..small(width, height) }, 1);
        }
    }
    failures.none();
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn resnets_of_one_two_and_three_blocks_per_level() {
    let mut failures = Failures::default();
    for (nblock, order) in [(1, Order::Alternating), (2, Order::Simultaneous), (3, Order::Alternating)] {
        follow(&mut failures, &Config { net: Net::Resnet, nblock, order, ..small(20, 12) }, 3);
    }
    failures.none();
}

/// The 21-layer network of the paper's last version, at a size that a test can bear: five levels of two blocks.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn the_21_layer_resnet() {
    let mut failures = Failures::default();
    let config = Config { nfeature: 2, batch_size: 3, ..Config::preset("resnet21").unwrap() };
    let config = Config { width: 32, height: 32, nlayer: 5, warmup: 0, code_size: 5, test_interval: 0, ..config };
    let maps = architecture::layers(&config, Role::Generator).iter().filter(|spec| spec.linear_map().is_some()).count();
    assert!(maps >= 21, "{maps} linear maps, shortcuts among them");
    follow(&mut failures, &config, 3);
    failures.none();
}
