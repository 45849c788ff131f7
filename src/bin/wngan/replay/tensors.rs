//! Named tensors of a safetensors file, whoever wrote it.

use crate::files::read;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wn_gan::error::plain;
use wn_gan::gan::checkpoint::{self, Checkpoint};
use wn_gan::gan::state_dict::Named;
use wn_gan::{Error, Result};

/// All floating-point tensors of a file, in single precision.
pub struct Tensors {
    path: PathBuf,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Tensors {
    /// Reads a file. Integers, such as PyTorch's counters of batches, are left out.
    ///
    /// # Errors
    /// When it is no safetensors file, or holds half-precision or infinite numbers.
    pub fn read(path: &Path) -> Result<Tensors> {
        Tensors::parse(&read(path)?, path)
    }

    /// The same from the bytes of the file at `path`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Tensors> {
        let file = SafeTensors::deserialize(bytes).map_err(|e| {
            Error::Checkpoint(plain(format!("{} is not a safetensors file, or it is cut off ({e}).", path.display())))
        })?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            let Some(values) = floats(&view) else { continue };
            let values = values.map_err(|what| {
                Error::Checkpoint(plain(format!(
                    "Tensor {name} of {} must hold finite numbers in single or double precision; it has {what}.",
                    path.display()
                )))
            })?;
            tensors.insert(name.to_string(), (view.shape().to_vec(), values));
        }
        Ok(Tensors { path: path.into(), tensors })
    }

    /// The values of tensor `name`, which must have this shape.
    ///
    /// # Errors
    /// When it is missing or has another shape.
    pub fn get(&self, name: &str, shape: &[u32]) -> Result<&[f32]> {
        let path = self.path.display();
        let (found, values) = self.tensors.get(name).ok_or_else(|| {
            Error::Data(plain(format!("{path} has no tensor {name}, which these settings need with shape {shape:?}.")))
        })?;
        if !found.iter().copied().eq(shape.iter().map(|&n| n as usize)) {
            return Err(Error::Data(plain(format!(
                "Tensor {name} of {path} must have shape {shape:?} for these settings; it has {found:?}. Choose another \
                 --workload, or give --batch_size, --image_size, --channels or --code_size."
            ))));
        }
        Ok(values)
    }

    /// How many of `{stem}.0`, `{stem}.1`, ... there are without a gap.
    pub fn count(&self, stem: &str) -> u32 {
        (0..).take_while(|t| self.tensors.contains_key(&format!("{stem}.{t}"))).count() as u32
    }

    /// The tensors' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Whether a name begins so.
    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.names().any(|name| name.starts_with(prefix))
    }

    /// Leaves out what begins so.
    pub fn remove_prefix(&mut self, prefix: &str) {
        self.tensors.retain(|name, _| !name.starts_with(prefix));
    }

    /// Adds tensors.
    pub fn extend(&mut self, tensors: impl Iterator<Item = Named>) {
        self.tensors.extend(tensors.map(|(name, shape, values)| (name, (shape, values))));
    }

    /// As a checkpoint of step 0.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub fn checkpoint(self) -> Result<Checkpoint> {
        let list: Vec<Named> = self.tensors.into_iter().map(|(name, (shape, values))| (name, shape, values)).collect();
        Checkpoint::read(&checkpoint::write(&list, &[]))
    }
}

/// The tensor's numbers; none if they are integers; what is wrong if single precision cannot hold them.
fn floats(view: &TensorView<'_>) -> Option<std::result::Result<Vec<f32>, String>> {
    let bytes = view.data();
    let values: Vec<f32> = match view.dtype() {
        Dtype::F32 => bytes.as_chunks().0.iter().map(|&word| f32::from_le_bytes(word)).collect(),
        Dtype::F64 => bytes.as_chunks().0.iter().map(|&word| f64::from_le_bytes(word) as f32).collect(),
        Dtype::BOOL | Dtype::U8 | Dtype::I8 | Dtype::U16 | Dtype::I16 => return None,
        Dtype::U32 | Dtype::I32 | Dtype::U64 | Dtype::I64 => return None,
        other => return Some(Err(format!("numbers of type {other:?}"))),
    };
    Some(match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(at) => Err(format!("{} at position {at}", values[at])),
    })
}
