//! Saving and loading as safetensors: parameters, running statistics and spectral norm's vectors under the authors'
//! names in PyTorch's layouts, the optimiser's mean squares beside them under `opt.` and Adam's means under `opt.mean.`,
//! the settings and the numbers of steps in the header. A file of parameters alone loads too.

use crate::config::{Config, Optimiser};
use crate::device::Buffer;
use crate::error::{Error, Result};
use crate::gan::border::{NamedTensor, state_tensors, tensors};
use crate::gan::init;
use crate::gan::trainer::Trainer;
use crate::nn::{Network, Parameters};
use safetensors::tensor::{Dtype, SafeTensors};
use std::collections::HashMap;

const OPTIMISER: &str = "opt.";
const MEANS: &str = "opt.mean.";
/// What PyTorch's batch norm counts beside its statistics, as an integer; nothing here needs it.
const FOREIGN: &str = ".num_batches_tracked";

/// A named tensor in PyTorch's layout.
pub type Tensor = (String, Vec<usize>, Vec<f32>);

/// A checkpoint as read from a file: settings (if the file has them), step number, tensors by name.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// The settings of the run that wrote it.
    pub config: Option<Config>,
    /// Training steps done.
    pub step: u32,
    /// Updates since the optimiser's state was zero.
    pub updates: u32,
    /// Training step of the last finished reconstruction test.
    pub finished_test: Option<u32>,
    /// Name of the variant of the matrix products, on which the rounding depends.
    pub variant: Option<String>,
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
        let number = |key: &str| metadata.get(key).and_then(|text| text.parse().ok());
        let step = number("step").unwrap_or(0);
        let updates = number("updates").unwrap_or(step);
        let finished_test = number("tested");
        let variant = metadata.get("variant").cloned();
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let mut tensors = HashMap::new();
        for (name, view) in file.iter().filter(|(name, _)| !name.ends_with(FOREIGN)) {
            if view.dtype() != Dtype::F32 {
                let message = format!(
                    "Tensor {name} must be F32; it is {:?}. Save the parameters in single precision.",
                    view.dtype()
                );
                return Err(Error::Checkpoint(message));
            }
            tensors.insert(name.to_string(), (view.shape().to_vec(), floats(view.data())));
        }
        Ok(Checkpoint { config, step, updates, finished_test, variant, tensors })
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
        self.named("", |parameters| Some(&parameters.values)).await
    }

    /// The gradients of the last step, under the names of their parameters.
    pub async fn gradients(&self) -> Result<Vec<Tensor>> {
        self.named("", |parameters| Some(&parameters.gradients)).await
    }

    /// Logits of the last step's real images, and of its last fakes.
    pub async fn logits(&self) -> Result<(Vec<f32>, Vec<f32>)> {
        let all: Vec<f32> = self.gan().logits.read(self.device()).await?;
        let (real, fake) = all.split_at(all.len() / 2);
        Ok((real.to_vec(), fake.to_vec()))
    }

    /// Running statistics and spectral norm's vectors.
    pub async fn state(&self) -> Result<Vec<Tensor>> {
        let mut all = Vec::new();
        for (prefix, network) in self.networks() {
            let tensors = state_tensors(&network.specs, &network.parameters.layout);
            if tensors.is_empty() {
                continue;
            }
            let flat: Vec<f32> = network.parameters.state.read(self.device()).await?;
            all.extend(tensors.into_iter().map(|tensor| {
                let values = tensor.extract(&flat);
                (format!("{prefix}{}", tensor.name), tensor.shape, values)
            }));
        }
        Ok(all)
    }

    /// A buffer of both networks by the names of their parameters behind `prefix`; networks without it have none.
    pub(super) async fn named(
        &self,
        prefix: &str,
        buffer: impl Fn(&Parameters) -> Option<&Buffer>,
    ) -> Result<Vec<Tensor>> {
        let mut all = Vec::new();
        for (network_prefix, network) in self.networks() {
            let Some(buffer) = buffer(&network.parameters) else { continue };
            let flat: Vec<f32> = buffer.read(self.device()).await?;
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
        all.extend(self.state().await?);
        all.extend(self.named(OPTIMISER, |parameters| Some(&parameters.mean_squares)).await?);
        all.extend(self.named(MEANS, |parameters| parameters.means.as_ref()).await?);
        let mut metadata = vec![
            ("variant", self.gan().generator.variant.name().into()),
            ("config", self.config().to_json()),
            ("format", "pt".into()),
            ("step", self.step().to_string()),
            ("updates", self.update_count().to_string()),
        ];
        metadata.extend(self.finished_test().map(|step| ("tested", step.to_string())));
        Ok(write(&all, &metadata))
    }

    /// Takes over the parameters, statistics, optimiser state and step number of a checkpoint. Everything is checked
    /// before anything is written, so a file that does not fit changes nothing. Statistics and optimiser state that the
    /// file lacks altogether start anew.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when a tensor is missing or has another shape.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let has = |prefix: &str| checkpoint.tensors.keys().any(|name| name.starts_with(prefix));
        let (has_squares, has_means) = (has(OPTIMISER), has(MEANS));
        let adam = self.config().optimiser == Optimiser::Adam;
        let has_optimiser = has_squares && has_means == adam;
        let mut has_state = true;
        let mut loaded = Vec::new();
        for (number, (prefix, network)) in self.networks().into_iter().enumerate() {
            let layout = &network.parameters.layout;
            let mut values = vec![0.0; layout.count as usize];
            let (mut squares, mut means) = (values.clone(), values.clone());
            let (_, mut state) = init::network(&network.specs, layout, self.config(), number as u32);
            for (_, tensor) in tensors(&network.specs, layout) {
                let name = format!("{prefix}{}", tensor.name);
                tensor.insert(&checkpoint.fitting(&name, &tensor)?, &mut values);
                if has_optimiser {
                    tensor.insert(&checkpoint.fitting(&format!("{OPTIMISER}{name}"), &tensor)?, &mut squares);
                }
                if has_optimiser && adam {
                    tensor.insert(&checkpoint.fitting(&format!("{MEANS}{name}"), &tensor)?, &mut means);
                }
            }
            for tensor in state_tensors(&network.specs, layout) {
                let name = format!("{prefix}{}", tensor.name);
                let found = checkpoint.get(&name).is_some();
                has_state &= found;
                if found {
                    tensor.insert(&checkpoint.fitting(&name, &tensor)?, &mut state);
                }
            }
            loaded.push((values, squares, means, state));
        }
        for ((_, network), (values, squares, means, state)) in self.networks().into_iter().zip(&loaded) {
            let parameters = &network.parameters;
            parameters.values.write(self.device(), values);
            parameters.mean_squares.write(self.device(), squares);
            parameters.state.write(self.device(), state);
            if let Some(buffer) = &parameters.means {
                buffer.write(self.device(), means);
            }
        }
        self.normalise_loaded();
        if !has_state {
            self.find_singular_vectors();
        }
        self.set_step(checkpoint.step, if has_optimiser { checkpoint.updates } else { 0 }, checkpoint.finished_test);
        Ok(())
    }
}
