//! Training steps of the GAN in both update orders.

use super::Tensor;
use super::gan_loss::{fake_loss, generator_loss, real_loss};
use super::layer::{Parameters, Scaling};
use super::network::{Network, Pass};
use super::optimiser::Optimiser;
use super::rmsprop::project_slopes;
use super::spectral_norm::{estimate, next_direction};
use crate::config::{Config, Loss, Order};
use std::collections::BTreeMap;

/// A network with its parameters and the optimiser's means.
#[derive(Debug, Clone)]
pub struct Trainee {
    /// The operations.
    pub network: Network,
    /// Learned parameters and the network's state by name.
    pub parameters: Parameters,
    /// Mean gradients by the names of the learned parameters; zeros at the start, and for ever with RMSprop.
    pub means: Parameters,
    /// Mean squared gradients by the same names; zeros at the start.
    pub mean_squares: Parameters,
    /// Updates done.
    pub updates: u32,
}

/// Generator and discriminator in training.
#[derive(Debug, Clone)]
pub struct Training {
    /// G.
    pub generator: Trainee,
    /// D.
    pub discriminator: Trainee,
    /// When the networks are updated.
    pub order: Order,
    /// What they minimise.
    pub loss: Loss,
    /// The optimiser of both networks.
    pub optimiser: Optimiser,
}

/// What one step reports.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// D's loss on the real batch, mean over the batch.
    pub d_loss_real: f64,
    /// D's loss on the fake batch.
    pub d_loss_fake: f64,
    /// G's loss.
    pub g_loss: f64,
    /// Euclidean norms of the gradients that the optimiser consumed, with respect to the raw parameters.
    pub grad_norms: BTreeMap<String, f64>,
}

impl Trainee {
    /// A network at the start of its training, with its own part of `parameters` (which may hold more).
    ///
    /// Every learned parameter must be there, and the directions of spectral normalisation. Running statistics that are
    /// missing start at mean 0 and variance 1.
    pub fn new(network: Network, parameters: &Parameters) -> Trainee {
        let (learned, state) = (network.parameters(), network.state());
        let take = |(name, shape): &(String, Vec<usize>)| {
            let found = match parameters.get(name) {
                Some(tensor) => tensor.clone(),
                None if name.ends_with(".running_mean") => Tensor::zeros(shape),
                None if name.ends_with(".running_var") => Tensor::zeros(shape).map(|_| 1.0),
                None => panic!("{name} is missing"),
            };
            assert_eq!(&found.shape, shape, "the shape of {name}");
            (name.clone(), found)
        };
        let zeros: Parameters = learned.iter().map(|(name, shape)| (name.clone(), Tensor::zeros(shape))).collect();
        let parameters = learned.iter().chain(&state).map(take).collect();
        Trainee { network, parameters, means: zeros.clone(), mean_squares: zeros, updates: 0 }
    }

    /// Running statistics and the directions of spectral normalisation, by name.
    pub fn state(&self) -> Parameters {
        let names = self.network.state().into_iter().map(|(name, _)| name);
        names.map(|name| (name.clone(), self.parameters[&name].clone())).collect()
    }

    /// A forward pass of training, by which the running statistics move.
    fn forward(&mut self, x: &Tensor) -> Pass {
        let pass = self.network.forward(&self.parameters, x);
        self.network.observe(&mut self.parameters, &pass);
        pass
    }

    /// One update of every learned parameter; then slopes (the weights of PReLU and TPReLU) are projected to `[0, 1]`, and
    /// spectral normalisation does one power iteration from the old weight's `s` with the new weight.
    fn update(&mut self, gradients: &Parameters, optimiser: Optimiser, lr: f64) {
        let spectral: Vec<_> = self.network.layers().filter(|layer| layer.scaling == Scaling::Spectral).collect();
        let tensor = |parameters: &Parameters, name: String| parameters[&name].clone();
        let before = spectral.iter().map(|layer| {
            let [weight, t] = ["weight", "weight_v"].map(|name| tensor(&self.parameters, layer.key(name)));
            estimate(&weight, &t).s
        });
        let before: Vec<_> = before.collect();

        self.updates += 1;
        let means = self.means.values_mut().zip(self.mean_squares.iter_mut());
        for (mean, (name, mean_square)) in means {
            let parameter = self.parameters.get_mut(name).expect("the means have the parameters' names");
            optimiser.update(parameter, &gradients[name], [mean, mean_square], self.updates, lr);
            if name.ends_with("prelu.weight") {
                project_slopes(parameter);
            }
        }
        for (layer, s) in spectral.into_iter().zip(before) {
            let t = next_direction(&self.parameters[&layer.key("weight")], &s);
            self.parameters.insert(layer.key("weight_v"), t);
        }
    }
}

impl Training {
    /// Both networks of `config` with the given parameters and state (which may share one map) and fresh optimiser state;
    /// see [`Trainee::new`].
    pub fn new(config: &Config, parameters: &Parameters, optimiser: impl Into<Optimiser>) -> Training {
        Training {
            generator: Trainee::new(Network::generator(config), parameters),
            discriminator: Trainee::new(Network::discriminator(config), parameters),
            order: config.order,
            loss: config.loss,
            optimiser: optimiser.into(),
        }
    }

    /// The state of both networks by name.
    pub fn state(&self) -> Parameters {
        self.generator.state().into_iter().chain(self.discriminator.state()).collect()
    }

    /// One training step on `real` `[B, C, H, W]` with the latent codes `z_d` and `z_g` `[B, code]`.
    ///
    /// Alternating: D learns from `real` and G's fakes of `z_d`; then G learns from the updated D with `z_g`.
    /// Simultaneous: the fakes of `z_g` serve both gradients, both of the old networks; then both are updated.
    pub fn step(&mut self, real: &Tensor, z_d: &Tensor, z_g: &Tensor, lr: f64) -> StepReport {
        let mut fake = self.generator.forward(if self.order == Order::Alternating { z_d } else { z_g });
        let of_real = self.discriminator.forward(real);
        let mut of_fake = self.discriminator.forward(fake.output());
        let (d_loss_real, d_loss_fake, d_gradients) = self.backward_of_discriminator(&of_real, &of_fake);
        if self.order == Order::Alternating {
            self.discriminator.update(&d_gradients, self.optimiser, lr);
            fake = self.generator.forward(z_g);
            of_fake = self.discriminator.forward(fake.output());
        }
        let (g_loss, g_gradients) = self.backward_of_generator(&fake, &of_fake);
        if self.order == Order::Simultaneous {
            self.discriminator.update(&d_gradients, self.optimiser, lr);
        }
        self.generator.update(&g_gradients, self.optimiser, lr);
        let gradients = d_gradients.iter().chain(&g_gradients);
        let grad_norms = gradients.map(|(name, gradient)| (name.clone(), gradient.norm())).collect();
        StepReport { d_loss_real, d_loss_fake, g_loss, grad_norms }
    }

    /// D's two losses and the gradients of their sum with respect to D's parameters; nothing is updated.
    pub fn discriminator_gradients(&self, real: &Tensor, z: &Tensor) -> (f64, f64, Parameters) {
        let (g, d) = (&self.generator, &self.discriminator);
        let fake = g.network.forward(&g.parameters, z);
        let of_real = d.network.forward(&d.parameters, real);
        self.backward_of_discriminator(&of_real, &d.network.forward(&d.parameters, fake.output()))
    }

    /// G's loss through the present D, and its gradients with respect to G's parameters; nothing is updated.
    pub fn generator_gradients(&self, z: &Tensor) -> (f64, Parameters) {
        let (g, d) = (&self.generator, &self.discriminator);
        let fake = g.network.forward(&g.parameters, z);
        self.backward_of_generator(&fake, &d.network.forward(&d.parameters, fake.output()))
    }

    fn backward_of_discriminator(&self, of_real: &Pass, of_fake: &Pass) -> (f64, f64, Parameters) {
        let d = &self.discriminator;
        let (loss_real, d_real) = real_loss(self.loss, of_real.output());
        let (loss_fake, d_fake) = fake_loss(self.loss, of_fake.output());
        let (mut gradients, _) = d.network.backward(&d.parameters, of_real, &d_real);
        let (from_fake, _) = d.network.backward(&d.parameters, of_fake, &d_fake);
        for (sum, gradient) in gradients.values_mut().zip(from_fake.values()) {
            *sum = sum.zip_map(gradient, |a, b| a + b);
        }
        (loss_real, loss_fake, gradients)
    }

    fn backward_of_generator(&self, fake: &Pass, of_fake: &Pass) -> (f64, Parameters) {
        let (g, d) = (&self.generator, &self.discriminator);
        let (loss, d_logits) = generator_loss(self.loss, of_fake.output());
        let (_, d_image) = d.network.backward(&d.parameters, of_fake, &d_logits);
        let (gradients, _) = g.network.backward(&g.parameters, fake, &d_image);
        (loss, gradients)
    }
}
