//! Saving and loading as safetensors: parameters under the authors' names in PyTorch's layouts, RMSprop's state
//! beside them under `opt.`, the settings and the step number in the header. A file of parameters alone loads too.

use crate::config::Config;
use crate::error::{Error, Result};
use crate::gan::border::{NamedTensor, tensors};
use crate::gan::trainer::Trainer;
use crate::nn::Network;
use safetensors::tensor::{Dtype, SafeTensors};
use std::collections::HashMap;

const OPTIMISER: &str = "opt.";

/// A named tensor in PyTorch's layout.
pub type Tensor = (String, Vec<usize>, Vec<f32>);

/// A checkpoint as read from a file: settings (if the file has them), step number, tensors by name.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// The settings of the run that wrote it.
    pub config: Option<Config>,
    /// Training steps done.
    pub step: u32,
    tensors: HashMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Checkpoint {
    /// Reads a safetensors file.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when it is no safetensors file, or holds something else than f32 tensors.
    pub fn read(bytes: &[u8]) -> Result<Checkpoint> {
        let broken = |e: safetensors::SafeTensorError| {
            Error::Checkpoint(format!(
                "This is not a safetensors file, or it is cut off ({e}). Choose a file saved by this program."
            ))
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let config = metadata.get("config").map(|text| Config::from_json(text)).transpose()?;
        let step = metadata.get("step").and_then(|text| text.parse().ok()).unwrap_or(0);
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let mut tensors = HashMap::new();
        for (name, view) in file.iter() {
            if view.dtype() != Dtype::F32 {
                let message = format!(
                    "Tensor {name} must be F32; it is {:?}. Save the parameters in single precision.",
                    view.dtype()
                );
                return Err(Error::Checkpoint(message));
            }
            tensors.insert(name.to_string(), (view.shape().to_vec(), floats(view.data())));
        }
        Ok(Checkpoint { config, step, tensors })
    }

    /// A tensor's values, if the file has one of that name.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.tensors.get(name).map(|(_, values)| values.as_slice())
    }

    /// The values for `tensor`, or why they do not fit. The authors wrote gains and biases also as [1, C, 1, 1].
    fn fitting(&self, name: &str, tensor: &NamedTensor) -> Result<Vec<f32>> {
        let Some((shape, values)) = self.tensors.get(name) else {
            return Err(Error::Checkpoint(format!(
                "The checkpoint has no tensor {name}, which this network needs. Choose the settings it was trained with."
            )));
        };
        let squeezed = |shape: &[usize]| shape.iter().copied().filter(|&n| n != 1).collect::<Vec<_>>();
        if values.len() != tensor.inside.len() || squeezed(shape) != squeezed(&tensor.shape) {
            return Err(Error::Checkpoint(format!(
                "Tensor {name} must have shape {:?} for these settings; the checkpoint's has {shape:?}.",
                tensor.shape
            )));
        }
        Ok(values.clone())
    }
}

/// Writes named tensors and string metadata as a safetensors file: the header's length as eight bytes, the header as
/// JSON padded to a multiple of eight, the data. Written here because the same run must give the same bytes, and the
/// safetensors crate keeps metadata in a map of random order.
pub fn write(tensors: &[Tensor], metadata: &[(&str, String)]) -> Vec<u8> {
    let text: serde_json::Map<_, _> =
        metadata.iter().map(|(key, value)| ((*key).into(), value.as_str().into())).collect();
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".into(), text.into());
    let mut end = 0;
    for (name, shape, values) in tensors {
        let start = end;
        end += 4 * values.len();
        let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, end]});
        header.insert(name.clone(), entry);
    }
    let mut header = serde_json::Value::from(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(tensors.iter().flat_map(|(_, _, values)| values.iter().flat_map(|value| value.to_le_bytes())));
    file
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

impl Trainer {
    fn networks(&self) -> [(&'static str, &Network); 2] {
        [("gen.", &self.gan().generator), ("dis.", &self.gan().discriminator)]
    }

    /// The learned parameters, named `gen.*` and `dis.*`.
    pub async fn parameters(&self) -> Result<Vec<Tensor>> {
        self.named("", |network| &network.parameters.values).await
    }

    /// The gradients of the last step, under the names of their parameters.
    pub async fn gradients(&self) -> Result<Vec<Tensor>> {
        self.named("", |network| &network.parameters.gradients).await
    }

    async fn named(&self, prefix: &str, buffer: impl Fn(&Network) -> &crate::gpu::Buffer) -> Result<Vec<Tensor>> {
        let mut all = Vec::new();
        for (network_prefix, network) in self.networks() {
            let flat: Vec<f32> = buffer(network).read(self.gpu()).await?;
            for (_, tensor) in tensors(&network.specs, &network.parameters.layout) {
                let values = tensor.extract(&flat);
                all.push((format!("{prefix}{network_prefix}{}", tensor.name), tensor.shape, values));
            }
        }
        Ok(all)
    }

    /// Everything a run needs to go on, as a safetensors file.
    pub async fn checkpoint(&self) -> Result<Vec<u8>> {
        let mut all = self.parameters().await?;
        all.extend(self.named(OPTIMISER, |network| &network.parameters.mean_squares).await?);
        let step = self.step().to_string();
        Ok(write(&all, &[("config", self.config().to_json()), ("format", "pt".into()), ("step", step)]))
    }

    /// Takes over the parameters, optimiser state and step number of a checkpoint. Everything is checked before
    /// anything is written, so a file that does not fit changes nothing.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when a tensor is missing or has another shape.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let has_state = checkpoint.tensors.keys().any(|name| name.starts_with(OPTIMISER));
        let mut states = Vec::new();
        for (prefix, network) in self.networks() {
            let layout = &network.parameters.layout;
            let mut values = vec![0.0; layout.count as usize];
            let mut mean_squares = values.clone();
            for (_, tensor) in tensors(&network.specs, layout) {
                let name = format!("{prefix}{}", tensor.name);
                tensor.insert(&checkpoint.fitting(&name, &tensor)?, &mut values);
                if has_state {
                    let state = checkpoint.fitting(&format!("{OPTIMISER}{name}"), &tensor)?;
                    tensor.insert(&state, &mut mean_squares);
                }
            }
            states.push((values, mean_squares));
        }
        for ((_, network), (values, mean_squares)) in self.networks().into_iter().zip(&states) {
            network.parameters.values.write(self.gpu(), values);
            network.parameters.mean_squares.write(self.gpu(), mean_squares);
        }
        self.renormalise();
        self.set_step(checkpoint.step);
        Ok(())
    }
}
