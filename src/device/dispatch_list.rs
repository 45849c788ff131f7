//! Dispatch lists, whose pipelines, parameter blocks and bind groups are built once and which are then replayed.

use crate::device::backend::{Compiled, Prepared};
use crate::device::context::Device;
use crate::device::dispatch::{Dispatch, MAX_GROUPS, storage_buffers};
use crate::device::encoder::Encoder;
use crate::device::progress::Progress;
use crate::device::step_uniforms::StepUniforms;
use crate::error::{Error, Result, sentences};

/// A compiled list of dispatches. It owns the memory that it binds.
#[derive(Debug)]
pub struct DispatchList {
    compiled: Box<dyn Compiled>,
    len: usize,
    multiply_adds: u64,
}

impl DispatchList {
    /// Builds pipelines (shared with every other list of the device), parameter blocks and bind groups.
    ///
    /// # Errors
    /// [`Error::Shader`] when a kernel is refused or has not as many storage buffers as it binds, [`Error::Limit`] when
    /// a grid is too large or memory for the parameter blocks is lacking, [`Error::Foreign`] for a buffer of another device.
    pub async fn compile(
        device: &Device,
        steps: &StepUniforms,
        dispatches: Vec<Dispatch>,
        progress: &mut Progress<'_>,
    ) -> Result<DispatchList> {
        device.check_owner(&steps.memory)?;
        let len = dispatches.len();
        let multiply_adds = dispatches.iter().map(Dispatch::work).sum();
        let prepared = dispatches.into_iter().map(|dispatch| prepare(device, dispatch)).collect::<Result<_>>()?;
        let mut report = |done: usize, of: usize, kernel: &str| progress.part(done, of, kernel);
        let compiled = device.backend.compile(prepared, &steps.memory, &mut report).await?;
        progress.list();
        Ok(DispatchList { compiled, len, multiply_adds })
    }

    /// Number of dispatches.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Records the whole list; block `block` of the step uniforms is what the kernels see as the step. Lists that are
    /// recorded one after the other share a compute pass. The list must outlive the submit.
    pub fn record(&self, device: &Device, encoder: &mut Encoder<'_>, block: u32) {
        encoder.commands.replay(&*self.compiled, block);
        device.counters.dispatched(self.len as u64, self.multiply_adds);
    }
}

/// A dispatch as a back end compiles it, if it can be one.
fn prepare(device: &Device, dispatch: Dispatch) -> Result<Prepared> {
    let Dispatch { kernel, label, mut overrides, params, buffers, grid, .. } = dispatch;
    if let Some(&groups) = grid.iter().find(|&&groups| groups > MAX_GROUPS) {
        return Err(Error::Limit(sentences::limit::dispatch(label, groups, MAX_GROUPS)));
    }
    let storage = storage_buffers(kernel);
    if buffers.len() != storage {
        let problem = sentences::shader::buffers(kernel.name, label, buffers.len(), storage);
        return Err(Error::Shader { shader: kernel.name.into(), problem });
    }
    buffers.iter().try_for_each(|buffer| device.check_owner(&buffer.memory))?;
    overrides.extend(device.overrides(kernel));
    let storage = buffers.into_iter().map(|buffer| buffer.memory).collect();
    Ok(Prepared { kernel, label, overrides, params, storage, grid })
}
