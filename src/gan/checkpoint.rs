//! Saving and loading as safetensors: parameters, running statistics and spectral norm's vectors under the authors'
//! names in PyTorch's layouts; beside them the optimiser's state under `opt.STATE.`, averaged parameters under `ema.`, and
//! in the header the settings, the numbers of steps and the version of this format. A file of parameters alone loads too.

use crate::config::{Config, Role};
use crate::error::{Error, Result, sentences};
use crate::gan::checksum;
use crate::gan::init;
use crate::gan::state_dict::Named;
use crate::gan::trainer::Trainer;
use crate::nn::parameters::{NamedTensor, learned_tensors, state_tensors};
use safetensors::tensor::{Dtype, SafeTensors};
use std::collections::HashMap;

/// Most steps that a run may have done: further on its counters would come to their end.
const MAX_STEP: u32 = 1 << 31;
/// The version that this program writes. Version 1 had no number, and kept mean squares under `opt.` alone.
const FORMAT: u32 = 2;
const OPTIMISER: &str = "opt.";
const AVERAGE: &str = "ema.";
/// What the page keeps of a run beside its networks: curves and the best ones.
const PAGE: &str = "page.";
/// What PyTorch's batch norm counts beside its statistics, as an integer; nothing here needs it.
const FOREIGN: &str = ".num_batches_tracked";

/// A checkpoint as read from a file: settings (if the file has them), step number, tensors by name in PyTorch's layouts.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// The settings of the run that wrote it.
    pub config: Option<Config>,
    /// Training steps done.
    pub step: u32,
    /// Steps since the optimiser's state was zero.
    pub updates: u32,
    /// Training step of the last finished reconstruction test.
    pub finished_test: Option<u32>,
    /// Name of the variant of the matrix products, on which the rounding depends.
    pub variant: Option<String>,
    format: u32,
    tensors: HashMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Checkpoint {
    /// Reads a safetensors file.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when it is no safetensors file, holds something else than f32 tensors, has a number in its
    /// header that is none, a checksum that is not its own, or a newer format version; [`Error::Config`] when the settings
    /// in its header are out of range or unknown.
    pub fn read(bytes: &[u8]) -> Result<Checkpoint> {
        let broken = |e: safetensors::SafeTensorError| Error::Checkpoint(sentences::checkpoint::broken(e));
        let (length, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        if metadata.get(checksum::KEY).is_some_and(|told| Some(told) != checksum::of_file(bytes, length).as_ref()) {
            return Err(Error::Checkpoint(sentences::checkpoint::damaged()));
        }
        let config = metadata.get("config").map(|text| Config::from_json(text)).transpose()?;
        let number = |key: &str| metadata.get(key).map(|text| count(key, text)).transpose();
        let step = number("step")?.unwrap_or(0);
        let updates = number("updates")?.unwrap_or(step);
        let finished_test = number("tested")?;
        let variant = metadata.get("variant").or_else(|| metadata.get("body")).cloned();
        let format = number("format_version")?.unwrap_or(1);
        if format > FORMAT {
            return Err(Error::Checkpoint(sentences::checkpoint::newer(format, FORMAT)));
        }
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let mut tensors = HashMap::new();
        let is_none_of_ours = |name: &str| name.ends_with(FOREIGN) || name.starts_with(PAGE);
        for (name, view) in file.iter().filter(|(name, _)| !is_none_of_ours(name)) {
            if view.dtype() != Dtype::F32 {
                let found = format_args!("{:?}", view.dtype());
                return Err(Error::Checkpoint(sentences::checkpoint::element_type(name, found)));
            }
            tensors.insert(name.to_string(), (view.shape().to_vec(), floats(view.data())));
        }
        Ok(Checkpoint { config, step, updates, finished_test, variant, format, tensors })
    }

    /// What a state tensor of the optimiser is called: `opt.mean_square.` and a parameter's name.
    fn optimiser_prefix(&self, state: &str) -> String {
        if self.format == 1 && state == "mean_square" { OPTIMISER.into() } else { format!("{OPTIMISER}{state}.") }
    }

    /// Whether the file has the optimiser's state tensors of these names and no others.
    fn has_state_of(&self, states: &[&str], parameter: &str) -> bool {
        let known: Vec<_> = states.iter().map(|state| self.optimiser_prefix(state) + parameter).collect();
        let of_parameter = |name: &&String| name.starts_with(OPTIMISER) && name.ends_with(parameter);
        self.tensors.keys().filter(of_parameter).count() == known.len()
            && known.iter().all(|name| self.tensors.contains_key(name))
    }

    /// A tensor's values, if the file has one of that name.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.tensors.get(name).map(|(_, values)| values.as_slice())
    }

    /// The values for `tensor`, or why they do not fit. The authors wrote gains and biases also as [1, C, 1, 1].
    fn fitting(&self, name: &str, tensor: &NamedTensor) -> Result<Vec<f32>> {
        let Some((shape, values)) = self.tensors.get(name) else {
            return Err(Error::Checkpoint(sentences::checkpoint::missing(name)));
        };
        let squeezed = |shape: &[usize]| shape.iter().copied().filter(|&n| n != 1).collect::<Vec<_>>();
        if values.len() != tensor.tensor.len() || squeezed(shape) != squeezed(&tensor.tensor.shape) {
            let needed = format_args!("{:?}", tensor.tensor.shape);
            return Err(Error::Checkpoint(sentences::checkpoint::shape(name, needed, format_args!("{shape:?}"))));
        }
        Ok(values.clone())
    }
}

/// Writes named tensors and string metadata as a safetensors file: the header's length as eight bytes, the header as
/// JSON padded to a multiple of eight, the data; among the metadata a checksum of all else. Written here because the same run must give the same bytes, and the
/// safetensors crate keeps metadata in a map of random order.
pub fn write(tensors: &[Named], metadata: &[(&str, String)]) -> Vec<u8> {
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
    let stored = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    // In pieces: the whole would be as large as the networks.
    let pieces = tensors.iter().flat_map(|(_, _, values)| values.chunks(1 << 14)).map(stored);
    let sum = checksum::of(&header, pieces);
    checksum::insert(&mut header, sum);
    let mut header = serde_json::Value::from(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    tensors.iter().for_each(|(_, _, values)| file.extend(values.iter().flat_map(|value| value.to_le_bytes())));
    file
}

/// A number of the header.
fn count(key: &str, text: &str) -> Result<u32> {
    let refused = || Error::Checkpoint(sentences::checkpoint::header(key, MAX_STEP, format_args!("{text:?}")));
    text.parse().ok().filter(|&number| number <= MAX_STEP).ok_or_else(refused)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

impl Trainer {
    /// Everything a run needs to go on, as a safetensors file.
    ///
    /// # Errors
    /// [`Error::Device`] when the device failed, [`Error::NonFinite`] with the first tensor that holds NaN or an infinity:
    /// no run can go on from there.
    pub async fn checkpoint(&self) -> Result<Vec<u8>> {
        let mut all = self.parameters().await?;
        all.extend(self.state().await?);
        let renamed = |prefix: &str, tensors: Vec<Named>| {
            let prefix = prefix.to_owned();
            tensors.into_iter().map(move |(name, shape, values)| (format!("{prefix}{name}"), shape, values))
        };
        for (state, tensors) in self.optimiser_state().await? {
            all.extend(renamed(&format!("{OPTIMISER}{state}."), tensors));
        }
        all.extend(renamed(AVERAGE, self.average().await?));
        for (name, _, values) in &all {
            if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
                return Err(Error::non_finite(self.step(), name, value));
            }
        }
        let mut metadata = vec![
            ("config", self.config().to_json()),
            ("format", "pt".into()),
            ("format_version", FORMAT.to_string()),
            ("step", self.step().to_string()),
            ("updates", self.update_count().to_string()),
            ("variant", self.gan().generator.variant.name().into()),
        ];
        metadata.extend(self.finished_test().map(|step| ("tested", step.to_string())));
        Ok(write(&all, &metadata))
    }

    /// Takes over the parameters, statistics, optimiser state, averages and step number of a checkpoint. Everything is
    /// checked before anything is written, so a file that does not fit changes nothing. Statistics, optimiser state and
    /// averages that the file lacks altogether start anew.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when a tensor is missing or has another shape.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let loaded = Role::BOTH.map(|role| self.loaded(role, checkpoint));
        let [generator, discriminator] = loaded;
        let loaded = [generator?, discriminator?];
        let has_optimiser = loaded.iter().all(|network| network.has_optimiser);
        let has_state = loaded.iter().all(|network| network.has_state);
        let device = self.device();
        for (role, network) in Role::BOTH.into_iter().zip(&loaded) {
            let parameters = &self.gan().network(role).parameters;
            parameters.values.write(device, &network.values);
            parameters.state.write(device, &network.state);
            for ((_, buffer), values) in parameters.optimiser_state.iter().zip(&network.optimiser) {
                buffer.write(device, if has_optimiser { values } else { &network.zeros });
            }
            if let (Role::Generator, Some(average)) = (role, &self.gan().average) {
                average.params.write(device, &network.average);
            }
        }
        self.normalise();
        if !has_state {
            self.find_state();
        }
        self.set_step(checkpoint.step, if has_optimiser { checkpoint.updates } else { 0 }, checkpoint.finished_test);
        Ok(())
    }

    /// One network's share of a checkpoint, checked and in flat buffers.
    fn loaded(&self, role: Role, checkpoint: &Checkpoint) -> Result<Loaded> {
        let network = self.gan().network(role);
        let layout = &network.parameters.layout;
        let learned = learned_tensors(role, &network.specs, layout);
        let zeros = vec![0.0; layout.count as usize];
        let filled = |prefix: &str| {
            let mut flat = zeros.clone();
            for tensor in &learned {
                tensor.insert(&checkpoint.fitting(&format!("{prefix}{}", tensor.name), tensor)?, &mut flat);
            }
            Ok::<_, Error>(flat)
        };
        let values = filled("")?;
        let states: Vec<&str> = network.parameters.optimiser_state.iter().map(|(name, _)| *name).collect();
        let has_optimiser = learned.first().is_some_and(|tensor| checkpoint.has_state_of(&states, &tensor.name));
        let of_optimiser = states.iter().map(|state| filled(&checkpoint.optimiser_prefix(state)));
        let optimiser =
            if has_optimiser { of_optimiser.collect::<Result<_>>()? } else { vec![zeros.clone(); states.len()] };
        let has_average =
            learned.first().is_some_and(|tensor| checkpoint.get(&format!("{AVERAGE}{}", tensor.name)).is_some());
        let average = if has_average { filled(AVERAGE)? } else { values.clone() };
        let (_, mut state) = init::network(role, &network.specs, layout, self.config().seed);
        let mut has_state = true;
        for tensor in state_tensors(role, &network.specs, layout) {
            let found = checkpoint.get(&tensor.name).is_some();
            has_state &= found;
            if found {
                tensor.insert(&checkpoint.fitting(&tensor.name, &tensor)?, &mut state);
            }
        }
        Ok(Loaded { values, state, has_state, optimiser, has_optimiser, average, zeros })
    }
}

/// A network's share of a checkpoint.
struct Loaded {
    values: Vec<f32>,
    state: Vec<f32>,
    has_state: bool,
    /// One for every state tensor of the optimiser.
    optimiser: Vec<Vec<f32>>,
    has_optimiser: bool,
    average: Vec<f32>,
    zeros: Vec<f32>,
}
