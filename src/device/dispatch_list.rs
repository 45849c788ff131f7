//! Dispatch lists, whose pipelines, parameter blocks and bind groups are built once and which are then replayed.

use crate::device::backend::Prepared;
use crate::device::context::Device;
use crate::device::dispatch::{Dispatch, MAX_GROUPS, storage_buffers};
use crate::device::encoder::Encoder;
use crate::device::progress::Progress;
use crate::device::step_uniforms::StepUniforms;
use crate::device::work::{Command, Counted, Listed};
use crate::error::{Error, Result, sentences};
use std::ops::Range;
use std::rc::Rc;

/// A compiled list of dispatches. It owns the memory that it binds.
#[derive(Debug)]
pub struct DispatchList {
    listed: Rc<Listed>,
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
        let counted = |dispatch: &Dispatch| Counted { multiply_adds: dispatch.work(), cost: dispatch.cost() };
        let counted: Vec<Counted> = dispatches.iter().map(counted).collect();
        let prepared = dispatches.into_iter().map(|dispatch| prepare(device, dispatch)).collect::<Result<_>>()?;
        let mut report = |done: usize, of: usize, kernel: &str| progress.part(done, of, kernel);
        let compiled = device.backend.compile(prepared, &steps.memory, &mut report).await?;
        progress.list();
        Ok(DispatchList { listed: Rc::new(Listed::new(compiled, &counted)) })
    }

    /// Number of dispatches.
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its estimated work ([`Dispatch::cost`]).
    pub fn cost(&self) -> u64 {
        self.cost_of(0..self.len())
    }

    /// That of some of its dispatches.
    pub(super) fn cost_of(&self, dispatches: Range<usize>) -> u64 {
        self.listed.counted(dispatches).cost
    }

    /// That of the dispatch that has most.
    pub fn largest_cost(&self) -> u64 {
        self.listed.largest()
    }

    /// Records the whole list; block `block` of the step uniforms is what the kernels see as the step. Lists that are
    /// recorded one after the other share a compute pass.
    pub fn record(&self, encoder: &mut Encoder, block: u32) {
        self.record_range(encoder, block, 0..self.len());
    }

    /// Records some dispatches of the list.
    pub(super) fn record_range(&self, encoder: &mut Encoder, block: u32, dispatches: Range<usize>) {
        encoder.commands.push(Command::Replay { list: self.listed.clone(), dispatches, block });
    }

    /// The dispatches from `first` on that have at most `cost` work, and at least one; `first` is one of the list.
    pub(super) fn portion(&self, first: usize, cost: f64) -> Range<usize> {
        let fits = |end: &usize| self.listed.counted(first..*end).cost as f64 <= cost;
        first..(first + 2..=self.len()).take_while(fits).last().unwrap_or(first + 1)
    }
}

/// A dispatch as a back end compiles it, if it can be one.
fn prepare(device: &Device, dispatch: Dispatch) -> Result<Prepared> {
    let cost = dispatch.cost();
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
    Ok(Prepared { kernel, label, overrides, params, storage, grid, cost })
}
