//! Whole networks of every norm, and residual ones.

use super::checks::{Checks, random};
use std::collections::BTreeSet;
use wn_gan::config::{Activation, Config, Loss, Net, Norm, Order, Statistics};
use wn_gan::reference::Tensor;
use wn_gan::reference::gan_loss::{fake_loss, generator_loss, real_loss};
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::mse::{mse, mse_gradient};
use wn_gan::reference::network::Network;
use wn_gan::reference::optimiser::Optimiser;
use wn_gan::reference::training::Training;

/// 12x10 pixels in two levels: 10 -> 6 with padding 2, 6 -> 3 on the last level with padding 1 although 6 % 4 = 2.
fn tiny(norm: Norm) -> Config {
    let small =
        Config { width: 12, height: 10, code_size: 5, nfeature: 3, nlayer: 2, batch_size: 3, ..Config::default() };
    Config { norm, order: Order::Alternating, ..small }
}

/// Every norm with its usual activation, the other activations and losses, and a residual network of two blocks a level.
fn tiny_networks() -> Vec<Config> {
    let mut all: Vec<Config> = Norm::ALL.into_iter().map(tiny).collect();
    all.push(Config { activation: Activation::Relu, loss: Loss::Ls, ..tiny(Norm::Batch) });
    all.push(Config { activation: Activation::Trelu, loss: Loss::Hinge, ..tiny(Norm::Spectral) });
    all.push(Config { net: Net::Resnet, nfeature: 2, nblock: 2, ..tiny(Norm::Weight) });
    for config in &all {
        assert_eq!(config.validate(), Ok(()));
    }
    all
}

/// Parameters around their initial values, none of them on a kink, and state.
fn scattered(config: &Config) -> Parameters {
    let networks = [Network::generator(config), Network::discriminator(config)];
    let shapes = networks.iter().flat_map(|network| network.parameters().into_iter().chain(network.state()));
    let parameter = |(seed, (name, shape)): (usize, (String, Vec<usize>))| {
        let u = random(&shape, 100 + seed as u32);
        let (centre, spread) = if name.ends_with("prelu.weight") {
            (0.25, 0.2)
        } else if name.ends_with(".scale") || name.ends_with("batchnorm.weight") || name.ends_with("running_var") {
            (1.0, 0.4)
        } else if name.ends_with("addition.weight") {
            (0.6, 0.3)
        } else {
            (0.0, 0.3)
        };
        let tensor = u.map(|u| centre + spread * u);
        (name, tensor)
    };
    shapes.enumerate().map(parameter).collect()
}

/// A parameter whose exact gradient is 0 shows only rounding on both sides: a channel's bias in front of batch norm.
fn vanishes(config: &Config, name: &str) -> bool {
    config.norm == Norm::Batch && ["gen.level.1.conv.bias", "dis.level.1.conv.bias"].contains(&name)
}

/// D's loss with the parameters `d`, from the real batch and fixed fakes.
fn discriminator_loss(training: &Training, d: &Parameters, real: &Tensor, fake: &Tensor) -> f64 {
    let logits = |images: &Tensor| training.discriminator.network.forward(d, images).output().clone();
    real_loss(training.loss, &logits(real)).0 + fake_loss(training.loss, &logits(fake)).0
}

/// G's loss with the parameters `g`.
fn loss_of_generator(training: &Training, g: &Parameters, z: &Tensor) -> f64 {
    let fake = training.generator.network.forward(g, z);
    let discriminator = &training.discriminator;
    generator_loss(training.loss, discriminator.network.forward(&discriminator.parameters, fake.output()).output()).0
}

/// One network pair: parameters, images and latent codes.
fn check(config: &Config, checks: &Checks) {
    let what = format!("{:?} {:?} {:?} {:?}", config.net, config.norm, config.activation, config.loss);
    let training = Training::new(config, &scattered(config), Optimiser::of(config));
    let (real, z) = (random(&[3, 3, 10, 12], 20).map(|u| 0.5 + 0.5 * u), random(&[3, 5], 21));
    let (generator, discriminator) = (&training.generator, &training.discriminator);
    let resolvable = |network: &Network, gradients: Parameters| {
        let names: BTreeSet<_> = network.parameters().into_iter().map(|(name, _)| name).collect();
        assert!(gradients.keys().eq(&names), "{what}: every parameter needs a gradient");
        let (vanishing, others): (Parameters, Parameters) =
            gradients.into_iter().partition(|(name, _)| vanishes(config, name));
        assert!(vanishing.values().all(|gradient| gradient.norm() < 1e-13), "{what}: {vanishing:?}");
        others
    };

    let (_, _, gradients) = training.discriminator_gradients(&real, &z);
    let gradients = resolvable(&discriminator.network, gradients);
    let fake = generator.network.forward(&generator.parameters, &z);
    checks.parameters(&what, &discriminator.parameters, &gradients, |moved| {
        discriminator_loss(&training, moved, &real, fake.output())
    });
    let (_, gradients) = training.generator_gradients(&z);
    let gradients = resolvable(&generator.network, gradients);
    checks.parameters(&what, &generator.parameters, &gradients, |moved| loss_of_generator(&training, moved, &z));

    let pass = discriminator.network.forward(&discriminator.parameters, &real);
    let (_, dlogits) = fake_loss(Loss::Bce, pass.output());
    let (_, dx) = discriminator.network.backward(&discriminator.parameters, &pass, &dlogits);
    checks.gradient(&format!("{what}, image"), &real, &dx, |x| {
        fake_loss(Loss::Bce, discriminator.network.forward(&discriminator.parameters, x).output()).0
    });
    for statistics in [Statistics::Batch, Statistics::Running] {
        let pass = generator.network.evaluate(&generator.parameters, &z, statistics);
        let dy = mse_gradient(pass.output(), &real, 3);
        let (_, dz) = generator.network.backward(&generator.parameters, &pass, &dy);
        checks.gradient(&format!("{what}, latent code, {statistics:?}"), &z, &dz, |z| {
            let pass = generator.network.evaluate(&generator.parameters, z, statistics);
            mse(pass.output(), &real).iter().sum::<f64>() / 3.0
        });
    }
}

#[test]
fn whole_networks() {
    let checks = Checks::of_elements(3);
    for config in tiny_networks() {
        check(&config, &checks);
    }
    checks.none_failed();
}
