//! Whole networks of every norm, and residual ones.

use super::checks::{Checks, random};
use std::collections::BTreeSet;
use wn_gan::config::{Activation, Affine, Config, Loss, Net, Norm, Order, Role, Sharing, Statistics};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::loss;
use wn_gan::reference::mse::{mse, mse_gradient};
use wn_gan::reference::network::Network;
use wn_gan::reference::training::Training;

/// 12x10 pixels in two levels: 10 -> 6 with padding 2, 6 -> 3 on the last level with padding 1 although 6 % 4 = 2.
fn tiny(norm: Norm) -> Config {
    let small =
        Config { width: 12, height: 10, code_size: 5, nfeature: 3, nlayer: 2, batch_size: 3, ..Config::default() };
    Config { norm, order: Order::Alternating, ..small }
}

/// Every norm with its usual activation, the other activations, a loss of each kind, norms that differ between the networks, gains
/// and biases elsewhere than the norm has them, one slope and threshold per layer, and residual networks of two blocks a
/// level.
fn tiny_networks() -> Vec<Config> {
    let mut all: Vec<Config> = Norm::ALL.into_iter().map(tiny).collect();
    all.push(Config { activation: Activation::Relu, loss: Loss::Ls, ..tiny(Norm::Batch) });
    all.push(Config { activation: Activation::Trelu, loss: Loss::Hinge, ..tiny(Norm::Spectral) });
    all.extend([Norm::Weight, Norm::Batch].map(|norm| Config { loss: Loss::Rpgan, ..tiny(norm) }));
    for norm_d in [Norm::Weight, Norm::Spectral] {
        all.push(Config { norm_d: Some(norm_d), norm_g: Some(Norm::Batch), ..tiny(Norm::None) });
    }
    for (gain, bias) in [(Affine::All, Affine::None), (Affine::None, Affine::All), (Affine::Last, Affine::Last)] {
        all.push(Config { gain, bias, num_parameters: Sharing::Layer, ..tiny(Norm::WeightAffine) });
    }
    all.push(Config { gain: Affine::None, bias: Affine::None, num_parameters: Sharing::Layer, ..tiny(Norm::Weight) });
    let resnet = Config { net: Net::Resnet, nfeature: 2, nblock: 2, ..tiny(Norm::Weight) };
    all.push(resnet.clone());
    all.push(Config { gain: Affine::All, bias: Affine::All, num_parameters: Sharing::Layer, ..resnet.clone() });
    all.push(Config { gain: Affine::None, bias: Affine::None, ..resnet });
    for config in &all {
        assert_eq!(config.validate(), Ok(()));
    }
    all
}

/// Parameters around their initial values, none of them on a kink, and state.
fn scattered(config: &Config) -> Parameters {
    let networks = Role::BOTH.map(|role| Network::of(config, role));
    let state = |network: &Network| network.state().into_iter().map(|state| (state.name, state.shape));
    let shapes = networks.iter().flat_map(|network| network.parameters().into_iter().chain(state(network)));
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

/// A parameter whose exact gradient is 0 shows only rounding on both sides: a channel's bias in front of batch norm, and
/// the bias of the logit where only differences between logits count.
fn vanishes(config: &Config, training: &Training, name: &str) -> bool {
    if training.generator_reads_real && name == "dis.final.conv.bias" {
        return true;
    }
    let bias =
        |role: Role| (config.norm_of(role) == Norm::Batch).then(|| format!("{}.level.1.conv.bias", role.prefix()));
    Role::BOTH.into_iter().filter_map(bias).any(|bias| bias == name)
}

/// The logits of `images` with the parameters `d`.
fn logits(training: &Training, d: &Parameters, images: &Tensor) -> Tensor {
    training.discriminator.network.forward(d, images).output().clone()
}

/// D's loss with the parameters `d`, from the real batch and fixed fakes.
fn discriminator_loss(training: &Training, d: &Parameters, real: &Tensor, fake: &Tensor) -> f64 {
    training.loss.discriminator(&logits(training, d, real), &logits(training, d, fake)).loss
}

/// G's loss with the parameters `g`.
fn loss_of_generator(training: &Training, g: &Parameters, real: &Tensor, z: &Tensor) -> f64 {
    let fake = training.generator.network.forward(g, z);
    let [real, fake] = [real, fake.output()].map(|images| logits(training, &training.discriminator.parameters, images));
    training.loss.generator(&real, &fake).0
}

/// Both networks' gradients of the loss in `training`.
fn check_losses(what: &str, training: &Training, (config, real, z): (&Config, &Tensor, &Tensor), checks: &Checks) {
    let (generator, discriminator) = (&training.generator, &training.discriminator);
    let resolvable = |network: &Network, gradients: Parameters| {
        let names: BTreeSet<_> = network.parameters().into_iter().map(|(name, _)| name).collect();
        assert!(gradients.keys().eq(&names), "{what}: every parameter needs a gradient");
        let (vanishing, others): (Parameters, Parameters) =
            gradients.into_iter().partition(|(name, _)| vanishes(config, training, name));
        assert!(vanishing.values().all(|gradient| gradient.norm() < 1e-13), "{what}: {vanishing:?}");
        others
    };

    let (_, gradients) = training.discriminator_gradients(real, z);
    let gradients = resolvable(&discriminator.network, gradients);
    let fake = generator.network.forward(&generator.parameters, z);
    checks.parameters(what, &discriminator.parameters, &gradients, |moved| {
        discriminator_loss(training, moved, real, fake.output())
    });
    let (_, gradients) = training.generator_gradients(real, z);
    let gradients = resolvable(&generator.network, gradients);
    checks.parameters(what, &generator.parameters, &gradients, |moved| loss_of_generator(training, moved, real, z));
}

/// One network pair: parameters, images and latent codes.
fn check(config: &Config, checks: &Checks) {
    let what = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        config.net,
        Role::BOTH.map(|role| config.norm_of(role)),
        config.activation,
        config.num_parameters,
        config.gain,
        config.bias,
        config.loss
    );
    let training = Training::new(config, &scattered(config));
    let (real, z) = (random(&[3, 3, 10, 12], 20).map(|u| 0.5 + 0.5 * u), random(&[3, 5], 21));
    check_losses(&what, &training, (config, &real, &z), checks);

    let (generator, discriminator) = (&training.generator, &training.discriminator);
    let pass = discriminator.network.forward(&discriminator.parameters, &real);
    let bce = |logits: &Tensor| loss::of(Loss::Bce).generator(logits, logits);
    let (_, dlogits) = bce(pass.output());
    let (_, dx) = discriminator.network.backward(&discriminator.parameters, &pass, &dlogits);
    checks.gradient(&format!("{what}, image"), &real, &dx, |x| bce(&logits(&training, &discriminator.parameters, x)).0);
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

fn with_paired_loss(order: Order) -> Training {
    let config = Config { loss: Loss::Rpgan, order, ..tiny(Norm::Weight) };
    Training::new(&config, &scattered(&config))
}

/// G's update of an alternating step reads what the updated D says of the last real batch; a simultaneous one reads what
/// the old D says. Losses that do not read it get D's own logits.
#[test]
fn which_logits_of_real_images_the_loss_of_the_generator_reads() {
    let real = [20, 22].map(|seed| random(&[3, 3, 10, 12], seed).map(|u| 0.5 + 0.5 * u));
    let z_d = [21, 23].map(|seed| random(&[3, 5], seed));
    let z_g = random(&[3, 5], 24);
    let lr = [1e-3, 2e-3];
    for reads in [true, false] {
        let mut training = with_paired_loss(Order::Alternating);
        training.generator_reads_real = reads;
        let report = training.step(&real, &z_d, &z_g, lr);
        let updated = logits(&training, &training.discriminator.parameters, &real[1]);
        assert_ne!(report.d_logits[0], updated);
        assert_eq!(report.g_logits[0] == updated, reads);
        assert_eq!(report.g_logits[0] == report.d_logits[0], !reads);
        assert_eq!((report.d_loss_real, report.d_loss_fake), (None, None));
        let [of_real, of_fake] = &report.g_logits;
        assert_eq!(report.g_loss, training.loss.generator(of_real, of_fake).0);
        assert_eq!((training.discriminator.updates, training.generator.updates), (2, 1));
    }
    let mut training = with_paired_loss(Order::Simultaneous);
    let old = logits(&training, &training.discriminator.parameters, &real[0]);
    let report = training.step(&real[..1], &[], &z_g, lr);
    assert_eq!(report.d_logits, report.g_logits);
    assert_eq!(report.g_logits[0], old);
}

/// An image's output moves with the others of its batch exactly where a layer says that it couples them.
#[test]
fn layers_say_whether_they_couple_the_images_of_a_batch() {
    for config in tiny_networks() {
        let training = Training::new(&config, &scattered(&config));
        let mut couples = false;
        for trainee in [&training.generator, &training.discriminator] {
            let shape: Vec<usize> = [3].into_iter().chain(trainee.network.input.clone()).collect();
            let x = random(&shape, 50);
            let mut moved = x.clone();
            moved.data[0] += 0.5;
            let [a, b] = [&x, &moved].map(|x| trainee.network.forward(&trainee.parameters, x).output().clone());
            let last = a.data.len() / 3 * 2;
            assert_ne!(a.data[..last / 2], b.data[..last / 2], "{config:?}");
            assert_eq!(a.data[last..] != b.data[last..], trainee.network.couples_images(), "{config:?}");
            couples |= trainee.network.couples_images();
        }
        assert_eq!(couples, config.couples_images(), "{config:?}");
    }
}
