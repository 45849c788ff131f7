//! Compiled dispatches, and commands that are carried out as they come.

use super::kernels::{self, Job};
use super::memory::CpuMemory;
use crate::device::backend::{BLOCK_BYTES, Commands, Compiled, Memory, Overrides, Prepared};
use crate::error::{Error, Result, sentences};
use std::any::Any;
use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

/// A compiled list.
#[derive(Debug)]
pub struct CpuList {
    tasks: Vec<Task>,
    step: Rc<CpuMemory>,
}

/// A kernel with what it binds.
#[derive(Debug)]
struct Task {
    kernel: fn(&Job<'_>),
    overrides: Overrides,
    params: Vec<Cell<u32>>,
    buffers: Vec<Rc<CpuMemory>>,
    grid: [u32; 3],
}

impl Compiled for CpuList {}

impl CpuList {
    /// Nothing is left to compile but to find the kernels.
    ///
    /// # Errors
    /// [`Error::Shader`] for a kernel that was not written out (build/module.rs).
    pub fn new(dispatches: Vec<Prepared>, step: &Rc<dyn Memory>) -> Result<CpuList> {
        let tasks = dispatches.into_iter().map(Task::new).collect::<Result<_>>()?;
        Ok(CpuList { tasks, step: CpuMemory::of(step) })
    }

    /// A list of this back end as what it is.
    fn of(list: &dyn Compiled) -> &CpuList {
        let list: &dyn Any = list;
        list.downcast_ref().expect("a list is replayed by the device that compiled it")
    }
}

impl Task {
    fn new(dispatch: Prepared) -> Result<Task> {
        let kernel = kernels::kernel(dispatch.kernel.name).ok_or_else(|| Error::Shader {
            shader: dispatch.kernel.name.into(),
            problem: sentences::shader::not_on_cpu(dispatch.kernel.name),
        })?;
        let params = dispatch.params.as_chunks().0.iter();
        Ok(Task {
            kernel,
            overrides: dispatch.overrides,
            params: params.map(|&bytes| Cell::new(u32::from_ne_bytes(bytes))).collect(),
            buffers: dispatch.storage.iter().map(CpuMemory::of).collect(),
            grid: dispatch.grid,
        })
    }
}

/// Carries out every command at once.
#[derive(Debug)]
pub struct Immediate;

impl Commands for Immediate {
    fn replay(&mut self, list: &dyn Compiled, dispatches: Range<usize>, block: u32) {
        let list = CpuList::of(list);
        let step = &list.step.words()[block as usize * BLOCK_BYTES as usize / 4..];
        for Task { kernel, overrides, params, buffers, grid } in &list.tasks[dispatches] {
            kernel(&Job { params, step, buffers, overrides, grid: *grid });
        }
    }

    fn copy(&mut self, source: &Rc<dyn Memory>, from: u32, target: &Rc<dyn Memory>, to: u32, count: u32) {
        let (source, target) = (CpuMemory::of(source), CpuMemory::of(target));
        let range = |first: u32| first as usize..(first + count) as usize;
        for (target, source) in target.words()[range(to)].iter().zip(&source.words()[range(from)]) {
            target.set(source.get());
        }
    }

    fn clear(&mut self, memory: &Rc<dyn Memory>) {
        CpuMemory::of(memory).words().iter().for_each(|word| word.set(0));
    }
}
