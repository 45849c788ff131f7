//! Training steps of the GAN in both update orders.

use super::Tensor;
use super::gan_loss::{fake_loss, real_loss};
use super::layer::Parameters;
use super::network::Network;
use super::rmsprop::{Rmsprop, project_slopes};
use crate::config::{Config, Order};
use std::collections::BTreeMap;

/// A network with its parameters and RMSprop's mean squares.
#[derive(Debug, Clone)]
pub struct Trainee {
    /// The layers.
    pub network: Network,
    /// Parameters by name.
    pub parameters: Parameters,
    /// Mean squared gradients by the same names; zeros at the start.
    pub mean_squares: Parameters,
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
    /// The optimiser of both networks.
    pub optimiser: Rmsprop,
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
    /// A network at the start of its training; `parameters` has one tensor for each of its names.
    pub fn new(network: Network, parameters: Parameters) -> Trainee {
        for (name, shape) in network.parameters() {
            let found = parameters.get(&name).map(|tensor| &tensor.shape);
            assert_eq!(found, Some(&shape), "the shape of {name}");
        }
        let mean_squares = parameters.iter().map(|(name, p)| (name.clone(), Tensor::zeros(&p.shape))).collect();
        Trainee { network, parameters, mean_squares }
    }

    /// One RMSprop update of every parameter; then slopes (the weights of PReLU and TPReLU) are projected to `[0, 1]`.
    fn update(&mut self, gradients: &Parameters, optimiser: Rmsprop, lr: f64) {
        for ((name, parameter), mean_square) in self.parameters.iter_mut().zip(self.mean_squares.values_mut()) {
            optimiser.update(parameter, &gradients[name], mean_square, lr);
            if name.ends_with("prelu.weight") {
                project_slopes(parameter);
            }
        }
    }
}

impl Training {
    /// Both networks of `config` with the given parameters (which may share one map) and fresh optimiser state.
    pub fn new(config: &Config, parameters: &Parameters, optimiser: Rmsprop) -> Training {
        let trainee = |network: Network| {
            let take = |(name, _): (String, _)| parameters.get(&name).map(|tensor| (name, tensor.clone()));
            let own = network.parameters().into_iter().filter_map(take).collect();
            Trainee::new(network, own)
        };
        Training {
            generator: trainee(Network::generator(config)),
            discriminator: trainee(Network::discriminator(config)),
            order: config.order,
            optimiser,
        }
    }

    /// One training step on `real` `[B, C, H, W]` with the latent codes `z_d` and `z_g` `[B, code]`.
    ///
    /// Alternating: D learns from `real` and G's fakes of `z_d`; then G learns from the updated D with `z_g`.
    /// Simultaneous: the fakes of `z_g` serve both gradients, both of the old networks; then both are updated.
    pub fn step(&mut self, real: &Tensor, z_d: &Tensor, z_g: &Tensor, lr: f64) -> StepReport {
        let z_fake = match self.order {
            Order::Alternating => z_d,
            Order::Simultaneous => z_g,
        };
        let (d_loss_real, d_loss_fake, d_gradients) = self.discriminator_gradients(real, z_fake);
        if self.order == Order::Alternating {
            self.discriminator.update(&d_gradients, self.optimiser, lr);
        }
        let (g_loss, g_gradients) = self.generator_gradients(z_g);
        if self.order == Order::Simultaneous {
            self.discriminator.update(&d_gradients, self.optimiser, lr);
        }
        self.generator.update(&g_gradients, self.optimiser, lr);
        let gradients = d_gradients.iter().chain(&g_gradients);
        let grad_norms = gradients.map(|(name, gradient)| (name.clone(), gradient.norm())).collect();
        StepReport { d_loss_real, d_loss_fake, g_loss, grad_norms }
    }

    /// D's two losses and the gradients of their sum with respect to D's parameters.
    pub fn discriminator_gradients(&self, real: &Tensor, z: &Tensor) -> (f64, f64, Parameters) {
        let (g, d) = (&self.generator, &self.discriminator);
        let fake = g.network.forward(&g.parameters, z);
        let of_real = d.network.forward(&d.parameters, real);
        let of_fake = d.network.forward(&d.parameters, fake.output());
        let (loss_real, d_real) = real_loss(of_real.output());
        let (loss_fake, d_fake) = fake_loss(of_fake.output());
        let (mut gradients, _) = d.network.backward(&d.parameters, &of_real, &d_real);
        let (from_fake, _) = d.network.backward(&d.parameters, &of_fake, &d_fake);
        for (sum, gradient) in gradients.values_mut().zip(from_fake.values()) {
            *sum = sum.zip_map(gradient, |a, b| a + b);
        }
        (loss_real, loss_fake, gradients)
    }

    /// G's loss through the present D, and its gradients with respect to G's parameters.
    pub fn generator_gradients(&self, z: &Tensor) -> (f64, Parameters) {
        let (g, d) = (&self.generator, &self.discriminator);
        let fake = g.network.forward(&g.parameters, z);
        let of_fake = d.network.forward(&d.parameters, fake.output());
        let (loss, d_logits) = real_loss(of_fake.output());
        let (_, d_image) = d.network.backward(&d.parameters, &of_fake, &d_logits);
        let (gradients, _) = g.network.backward(&g.parameters, &fake, &d_image);
        (loss, gradients)
    }
}
