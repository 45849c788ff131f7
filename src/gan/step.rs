//! One training step as lists of dispatches, for both update orders: that of the authors' first code (alternating) and
//! that of their second (simultaneous).

use crate::config::{Loss, Order};
use crate::device::{Dispatch, View};
use crate::gan::networks::Gan;
use crate::kernels::{Kernel, LossParams};
use crate::nn::layer::ImageFactors;
use crate::nn::network::one_pass_serves_every_loss;
use crate::nn::{BackwardPass, Pass};

/// The dispatches of a step, in two lists because the networks may have different learning rates: each list sees the
/// uniforms of the network that it updates.
#[derive(Debug)]
pub struct StepDispatches {
    /// Up to and with D's update: `n_dis` times a step, each time on new inputs.
    pub discriminator: Vec<Dispatch>,
    /// What is left: G's update.
    pub generator: Vec<Dispatch>,
}

impl StepDispatches {
    /// Those of a step with one update of D, in order.
    pub fn all(self) -> impl Iterator<Item = Dispatch> {
        self.discriminator.into_iter().chain(self.generator)
    }
}

impl Gan {
    /// Both updates, in the order that the settings ask for; [`Gan::inputs`] come before the first list.
    pub fn step(&self) -> StepDispatches {
        match self.config.order {
            Order::Alternating => self.alternating(),
            Order::Simultaneous if self.one_pass_serves_both() => self.simultaneous_in_one_pass(),
            Order::Simultaneous => self.simultaneous(),
        }
    }

    /// Whether one backward pass through D serves both losses in a simultaneous update.
    pub fn one_pass_serves_both(&self) -> bool {
        one_pass_serves_every_loss(&self.discriminator.specs)
    }

    /// D on real and fresh fakes; then G, with new latent codes, through the updated D.
    fn alternating(&self) -> StepDispatches {
        let fakes = Pass { activations: &self.fakes_activations, ..self.discriminator_pass(1, 1) };
        let generator = self.generator_pass(&self.z_g);
        let mut first = self.generator_pass(&self.z_d).forward();
        first.extend(self.discriminator_gradients());
        first.extend(self.discriminator_update.clone());
        let mut second = Vec::new();
        if self.config.loss.generator_reads_real() {
            // Before G's pass, whose values lie where D's of the real images do.
            second.extend(self.discriminator_pass(0, 1).forward());
        }
        second.extend(generator.forward());
        second.extend(fakes.forward());
        second.extend(self.generator_gradients(&fakes, &generator));
        second.extend(self.generator_update.clone());
        StepDispatches { discriminator: first, generator: second }
    }

    /// One fake batch, of `z_g`, through one pair of networks; both gradients, then both updates.
    fn simultaneous(&self) -> StepDispatches {
        let generator = self.generator_pass(&self.z_g);
        let mut first = generator.forward();
        first.extend(self.discriminator_gradients());
        first.extend(self.generator_gradients(&self.discriminator_pass(1, 1), &generator));
        self.with_updates(first)
    }

    /// The same with one backward pass through D: it carries u = dl/d(.) of every image's logit l, is multiplied by
    /// dL_D/dl where the gradients of D's parameters are summed, and by dL_G/dl at the fakes.
    fn simultaneous_in_one_pass(&self) -> StepDispatches {
        let generator = self.generator_pass(&self.z_g);
        let both = self.discriminator_pass(0, 2);
        let (logits, fakes) = (self.ones.at(0), self.fakes(&self.dimages));
        let mut first = generator.forward();
        first.extend(both.forward());
        first.extend([self.discriminator_loss(), self.generator_loss(&self.generator_dlogits.at(0))]);
        first.extend(both.backward(&BackwardPass {
            first_input_group: 1,
            image_factors: Some(ImageFactors { of_image: &self.dlogits }),
            ..BackwardPass::new(&logits, true, Some(&fakes))
        }));
        first.extend(generator.backward(&BackwardPass {
            output_factors: Some(ImageFactors { of_image: &self.generator_dlogits }),
            ..BackwardPass::new(&fakes, true, None)
        }));
        self.with_updates(first)
    }

    /// Both updates behind both gradients.
    fn with_updates(&self, mut gradients: Vec<Dispatch>) -> StepDispatches {
        gradients.extend(self.discriminator_update.clone());
        StepDispatches { discriminator: gradients, generator: self.generator_update.clone() }
    }

    /// D forward on real and fake images, its loss, and back to its parameters.
    fn discriminator_gradients(&self) -> Vec<Dispatch> {
        let both = self.discriminator_pass(0, 2);
        let mut dispatches = both.forward();
        dispatches.push(self.discriminator_loss());
        dispatches.extend(both.backward(&BackwardPass::new(&self.dlogits.at(0), true, None)));
        dispatches
    }

    /// G's loss, and back through D to G's parameters.
    fn generator_gradients(&self, fakes: &Pass<'_>, generator: &Pass<'_>) -> Vec<Dispatch> {
        let (dlogits, dimages) = (self.dlogits.at(self.config.batch_size), self.fakes(&self.dimages));
        let mut dispatches = vec![self.generator_loss(&dlogits)];
        dispatches.extend(fakes.backward(&BackwardPass::new(&dlogits, false, Some(&dimages))));
        dispatches.extend(generator.backward(&BackwardPass::new(&dimages, true, None)));
        dispatches
    }

    fn discriminator_loss(&self) -> Dispatch {
        self.loss("discriminator loss", 0, &self.dlogits.at(0))
    }

    fn generator_loss(&self, dlogits: &View) -> Dispatch {
        self.loss("generator loss", 1, dlogits)
    }

    fn loss(&self, label: &str, generator: u32, dlogits: &View) -> Dispatch {
        Dispatch::new(kernel_of(self.config.loss), label)
            .params(&LossParams { batch: self.config.batch_size, generator, output: dlogits.offset })
            .buffers(&[&self.logits, &dlogits.buffer, &self.metrics])
    }
}

/// The kernel of a loss: `shaders/loss_NAME.wgsl`.
#[expect(clippy::missing_panics_doc, reason = "losses and kernels are both fixed when the crate is compiled")]
pub fn kernel_of(loss: Loss) -> &'static Kernel {
    Kernel::named(&format!("loss_{}", loss.name())).expect("every loss has a kernel of its name")
}
