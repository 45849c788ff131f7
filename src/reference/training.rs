//! Training steps of the GAN in both update orders.

use super::Tensor;
use super::layer::Parameters;
use super::loss::{self, DiscriminatorLoss, Loss};
use super::network::{Network, Pass};
use super::optimiser::{self, Optimiser, decimal};
use crate::config::{Config, Order, Role};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A network with its tensors and those of the optimiser.
#[derive(Debug, Clone)]
pub struct Trainee {
    /// The layers.
    pub network: Network,
    /// Learned parameters and the network's state by name.
    pub parameters: Parameters,
    /// What the optimiser keeps: the name of its tensor (`mean_square`), and one for every learned parameter by its name.
    pub optimiser_state: Vec<(&'static str, Parameters)>,
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
    /// The average of G's learned parameters over its updates, by name.
    pub average: Parameters,
    /// The share of the old average in a new one; with 0 the average is the parameters themselves.
    pub ema: f64,
    /// When the networks are updated.
    pub order: Order,
    /// What they minimise.
    pub loss: &'static dyn Loss,
    /// Whether G's loss reads the logits of real images.
    pub generator_reads_real: bool,
    /// The optimiser of both networks.
    pub optimiser: Arc<dyn Optimiser>,
}

/// What one step reports. Where D is updated more than once, its numbers are those of its last update.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// D's loss.
    pub d_loss: f64,
    /// Its part on the real batch, where the loss is a sum of two.
    pub d_loss_real: Option<f64>,
    /// Its part on the fake batch.
    pub d_loss_fake: Option<f64>,
    /// G's loss.
    pub g_loss: f64,
    /// The logits of the real and of the fake batch that D's loss was computed from.
    pub d_logits: [Tensor; 2],
    /// The same of G's loss. Those of real images are D's own again where G's loss does not read them.
    pub g_logits: [Tensor; 2],
    /// The gradients that the optimiser consumed, with respect to the raw parameters.
    pub gradients: Parameters,
}

impl StepReport {
    /// From the passes through D that D's loss and G's were computed from, real batch first, and both networks' gradients.
    fn new(
        passes: [[Pass; 2]; 2],
        DiscriminatorLoss { loss: d_loss, parts, .. }: DiscriminatorLoss,
        g_loss: f64,
        gradients: [Parameters; 2],
    ) -> StepReport {
        let [d_logits, g_logits] = passes.map(|passes| passes.map(|pass| pass.output().clone()));
        let [d_loss_real, d_loss_fake] = [0, 1].map(|i| parts.map(|parts| parts[i]));
        let gradients = gradients.into_iter().flatten().collect();
        StepReport { d_loss, d_loss_real, d_loss_fake, g_loss, d_logits, g_logits, gradients }
    }

    /// Euclidean norms of the gradients.
    pub fn grad_norms(&self) -> BTreeMap<String, f64> {
        self.gradients.iter().map(|(name, gradient)| (name.clone(), gradient.norm())).collect()
    }
}

impl Trainee {
    /// A network at the start of its training, with its own part of `parameters` (which may hold more).
    ///
    /// State that is missing starts as [`State::start`](super::layer::State::start) says.
    ///
    /// # Panics
    /// If a learned parameter is missing, or state that is drawn at random, or one of them has another shape.
    pub fn new(network: Network, parameters: &Parameters, optimiser: &dyn Optimiser) -> Trainee {
        let learned = network.parameters();
        let zeros: Parameters = learned.iter().map(|(name, shape)| (name.clone(), Tensor::zeros(shape))).collect();
        let of_learned = learned.into_iter().map(|(name, shape)| (name, shape, None));
        let of_state = network.state().into_iter().map(|state| (state.name, state.shape, state.start));
        let take = |(name, shape, start): (String, Vec<usize>, Option<f64>)| {
            let found = match (parameters.get(&name), start) {
                (Some(tensor), _) => tensor.clone(),
                (None, Some(start)) => Tensor::zeros(&shape).map(|_| start),
                (None, None) => panic!("{name} is missing"),
            };
            assert_eq!(found.shape, shape, "the shape of {name}");
            (name, found)
        };
        Trainee {
            parameters: of_learned.chain(of_state).map(take).collect(),
            optimiser_state: optimiser.state().iter().map(|&name| (name, zeros.clone())).collect(),
            network,
            updates: 0,
        }
    }

    /// Running statistics and the directions of spectral normalisation, by name.
    pub fn state(&self) -> Parameters {
        self.part(self.network.state().into_iter().map(|state| state.name))
    }

    /// The learned parameters by name.
    fn learned(&self) -> Parameters {
        self.part(self.network.parameters().into_iter().map(|(name, _)| name))
    }

    fn part(&self, names: impl Iterator<Item = String>) -> Parameters {
        names.map(|name| (name.clone(), self.parameters[&name].clone())).collect()
    }

    /// A forward pass of training, by which the running statistics move.
    fn forward(&mut self, x: &Tensor) -> Pass {
        let pass = self.network.forward(&self.parameters, x);
        self.network.observe(&mut self.parameters, &pass);
        pass
    }

    /// One update of every learned parameter, and what the layers do after it.
    fn update(&mut self, gradients: &Parameters, optimiser: &dyn Optimiser, lr: f64) {
        let before = self.parameters.clone();
        self.updates += 1;
        for (name, _) in self.network.parameters() {
            let parameter = self.parameters.get_mut(&name).expect("every learned parameter is there");
            let kept = self.optimiser_state.iter_mut();
            let kept = kept.map(|(_, tensors)| tensors.get_mut(&name).expect("every parameter has one of each"));
            optimiser.apply(parameter, &gradients[&name], &mut kept.collect::<Vec<_>>(), self.updates, lr);
        }
        self.network.updated(&before, &mut self.parameters);
    }
}

impl Training {
    /// Both networks of `config` with the given parameters and state (which may share one map) and fresh optimiser state;
    /// see [`Trainee::new`].
    pub fn new(config: &Config, parameters: &Parameters) -> Training {
        let optimiser = optimiser::of(config);
        let trainee = |role| Trainee::new(Network::of(config, role), parameters, optimiser.as_ref());
        let generator = trainee(Role::Generator);
        Training {
            average: generator.learned(),
            generator,
            discriminator: trainee(Role::Discriminator),
            ema: decimal(config.ema),
            order: config.order,
            loss: loss::of(config.loss),
            generator_reads_real: config.loss.generator_reads_real(),
            optimiser,
        }
    }

    /// The state of both networks by name.
    pub fn state(&self) -> Parameters {
        self.generator.state().into_iter().chain(self.discriminator.state()).collect()
    }

    /// What samples and reconstructions use of G: the average of its parameters with its present state.
    pub fn averaged(&self) -> Parameters {
        self.average.clone().into_iter().chain(self.generator.state()).collect()
    }

    /// One training step with latent codes `z_d` and `z_g` `[B, code]`, and the learning rates of G and of D.
    ///
    /// Alternating: for every batch of `real` `[B, C, H, W]`, D learns from it and from G's fakes of the codes of `z_d` in
    /// the same place; then G learns from the updated D with `z_g`. A loss of G that reads the logits of real images gets
    /// those of the last batch, through the updated D.
    ///
    /// Simultaneous: `real` is one batch; the fakes of `z_g` serve both gradients, both of the old networks; then both are
    /// updated. `z_d` is not read.
    ///
    /// # Panics
    /// If a simultaneous step is given another number of real batches than one, or an alternating step none, or not as
    /// many batches of codes.
    pub fn step(&mut self, real: &[Tensor], z_d: &[Tensor], z_g: &Tensor, lr: [f64; 2]) -> StepReport {
        match self.order {
            Order::Alternating => self.alternating(real, z_d, z_g, lr),
            Order::Simultaneous => {
                let [real] = real else { panic!("a simultaneous step has one real batch, not {}", real.len()) };
                self.simultaneous(real, z_g, lr)
            }
        }
    }

    fn alternating(&mut self, real: &[Tensor], z_d: &[Tensor], z_g: &Tensor, [lr_g, lr_d]: [f64; 2]) -> StepReport {
        assert_eq!(real.len(), z_d.len(), "every real batch needs codes for as many fakes");
        let mut found = None;
        for (real, z) in real.iter().zip(z_d) {
            let fake = self.generator.forward(z);
            let logits = [real, fake.output()].map(|images| self.discriminator.forward(images));
            let (loss, gradients) = self.backward_of_discriminator(&logits);
            self.discriminator.update(&gradients, self.optimiser.as_ref(), lr_d);
            found = Some((real, logits, loss, gradients));
        }
        let (real, d_logits, d_loss, d_gradients) = found.expect("a step has at least one real batch");
        let of_real = if self.generator_reads_real { self.discriminator.forward(real) } else { d_logits[0].clone() };
        let fake = self.generator.forward(z_g);
        let g_logits = [of_real, self.discriminator.forward(fake.output())];
        let (g_loss, g_gradients) = self.backward_of_generator(&fake, &g_logits);
        self.update_generator(&g_gradients, lr_g);
        StepReport::new([d_logits, g_logits], d_loss, g_loss, [d_gradients, g_gradients])
    }

    fn simultaneous(&mut self, real: &Tensor, z: &Tensor, [lr_g, lr_d]: [f64; 2]) -> StepReport {
        let fake = self.generator.forward(z);
        let logits = [real, fake.output()].map(|images| self.discriminator.forward(images));
        let (d_loss, d_gradients) = self.backward_of_discriminator(&logits);
        let (g_loss, g_gradients) = self.backward_of_generator(&fake, &logits);
        self.discriminator.update(&d_gradients, self.optimiser.as_ref(), lr_d);
        self.update_generator(&g_gradients, lr_g);
        StepReport::new([logits.clone(), logits], d_loss, g_loss, [d_gradients, g_gradients])
    }

    /// One update of G and of the average: `average = ema average + (1 - ema) parameter`.
    fn update_generator(&mut self, gradients: &Parameters, lr: f64) {
        self.generator.update(gradients, self.optimiser.as_ref(), lr);
        for (name, average) in &mut self.average {
            let mixed = |old, new| self.ema * old + (1.0 - self.ema) * new;
            *average = average.zip_map(&self.generator.parameters[name], mixed);
        }
    }

    /// D's loss on `real` and on G's fakes of `z`, and its gradients by D's parameters; nothing is updated.
    pub fn discriminator_gradients(&self, real: &Tensor, z: &Tensor) -> (DiscriminatorLoss, Parameters) {
        let fake = self.generator.network.forward(&self.generator.parameters, z);
        self.backward_of_discriminator(&[real, fake.output()].map(|images| self.judge(images)))
    }

    /// G's loss through the present D, and its gradients with respect to G's parameters; nothing is updated.
    pub fn generator_gradients(&self, real: &Tensor, z: &Tensor) -> (f64, Parameters) {
        let fake = self.generator.network.forward(&self.generator.parameters, z);
        self.backward_of_generator(&fake, &[real, fake.output()].map(|images| self.judge(images)))
    }

    /// A forward pass of the present D.
    fn judge(&self, images: &Tensor) -> Pass {
        self.discriminator.network.forward(&self.discriminator.parameters, images)
    }

    fn backward_of_discriminator(&self, [of_real, of_fake]: &[Pass; 2]) -> (DiscriminatorLoss, Parameters) {
        let d = &self.discriminator;
        let loss = self.loss.discriminator(of_real.output(), of_fake.output());
        let (mut gradients, _) = d.network.backward(&d.parameters, of_real, &loss.by_real);
        let (from_fake, _) = d.network.backward(&d.parameters, of_fake, &loss.by_fake);
        for (sum, gradient) in gradients.values_mut().zip(from_fake.values()) {
            *sum = sum.zip_map(gradient, |a, b| a + b);
        }
        (loss, gradients)
    }

    fn backward_of_generator(&self, fake: &Pass, [of_real, of_fake]: &[Pass; 2]) -> (f64, Parameters) {
        let (g, d) = (&self.generator, &self.discriminator);
        let (loss, d_logits) = self.loss.generator(of_real.output(), of_fake.output());
        let (_, d_image) = d.network.backward(&d.parameters, of_fake, &d_logits);
        let (gradients, _) = g.network.backward(&g.parameters, fake, &d_image);
        (loss, gradients)
    }
}
