//! What a run holds on the device, by the authors' names in PyTorch's layouts.

use crate::config::Role;
use crate::device::Buffer;
use crate::error::Result;
use crate::gan::trainer::Trainer;
use crate::nn::Network;
use crate::nn::parameters::{NamedTensor, learned_tensors, state_tensors};

/// Name, PyTorch's shape, and values in PyTorch's order.
pub type Named = (String, Vec<usize>, Vec<f32>);

impl Trainer {
    /// The learned parameters, named `gen.*` and `dis.*`.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed.
    pub async fn parameters(&self) -> Result<Vec<Named>> {
        self.learned(|network| &network.parameters.values).await
    }

    /// The gradients of the last step, under the names of their parameters.
    ///
    /// # Errors
    /// As [`Self::parameters`].
    pub async fn gradients(&self) -> Result<Vec<Named>> {
        self.learned(|network| &network.parameters.gradients).await
    }

    /// The optimiser's state tensors by their names, each under the names of the parameters.
    ///
    /// # Errors
    /// As [`Self::parameters`].
    pub async fn optimiser_state(&self) -> Result<Vec<(&'static str, Vec<Named>)>> {
        let mut all = Vec::new();
        for (number, &(name, _)) in self.gan().generator.parameters.optimiser_state.iter().enumerate() {
            all.push((name, self.learned(|network| &network.parameters.optimiser_state[number].1).await?));
        }
        Ok(all)
    }

    /// Averaged parameters of G, if the settings ask for them.
    ///
    /// # Errors
    /// As [`Self::parameters`].
    pub async fn average(&self) -> Result<Vec<Named>> {
        let Some(average) = &self.gan().average else { return Ok(Vec::new()) };
        let network = &self.gan().generator;
        let tensors = learned_tensors(Role::Generator, &network.specs, &network.parameters.layout);
        self.read(&average.params, tensors).await
    }

    /// Running statistics, and what reparameterisations keep.
    ///
    /// # Errors
    /// As [`Self::parameters`].
    pub async fn state(&self) -> Result<Vec<Named>> {
        let mut all = Vec::new();
        for role in Role::BOTH {
            let network = self.gan().network(role);
            let tensors = state_tensors(role, &network.specs, &network.parameters.layout);
            if !tensors.is_empty() {
                all.extend(self.read(&network.parameters.state, tensors).await?);
            }
        }
        Ok(all)
    }

    /// Logits of the last step's real images, and of its last fakes.
    ///
    /// # Errors
    /// As [`Self::parameters`].
    pub async fn logits(&self) -> Result<(Vec<f32>, Vec<f32>)> {
        let all: Vec<f32> = self.gan().logits.read(self.device()).await?;
        let (real, fake) = all.split_at(all.len() / 2);
        Ok((real.to_vec(), fake.to_vec()))
    }

    /// A buffer of both networks that is laid out as the parameters.
    async fn learned(&self, buffer: impl Fn(&Network) -> &Buffer) -> Result<Vec<Named>> {
        let mut all = Vec::new();
        for role in Role::BOTH {
            let network = self.gan().network(role);
            all.extend(
                self.read(buffer(network), learned_tensors(role, &network.specs, &network.parameters.layout)).await?,
            );
        }
        Ok(all)
    }

    async fn read(&self, buffer: &Buffer, tensors: Vec<NamedTensor>) -> Result<Vec<Named>> {
        let flat: Vec<f32> = buffer.read(self.device()).await?;
        Ok(tensors
            .into_iter()
            .map(|tensor| (tensor.name.clone(), tensor.tensor.shape.clone(), tensor.extract(&flat)))
            .collect())
    }
}
