//! Programs: dispatch lists whose pipelines, parameter blocks and bind groups are built once and then replayed.

use crate::device::buffer::Memory;
use crate::device::context::Backend;
use crate::device::dispatch::MAX_GROUPS;
use crate::device::encoder::{ComputePass, Encoder};
use crate::device::pipeline::{Pipeline, bind};
use crate::device::task::Task;
use crate::device::{Device, Dispatch};
use crate::error::{Error, Result};
use crate::kernels::{Binding, Step};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Uniform blocks start at multiples of this many bytes (WebGPU's default alignment).
const SLOT_BYTES: u64 = 256;

/// The per-step uniform blocks of one chunk.
#[derive(Debug)]
pub struct StepUniforms {
    memory: Memory,
    capacity: u32,
}

impl StepUniforms {
    /// Room for `capacity` steps.
    pub fn new(gpu: &Device, capacity: u32) -> Result<StepUniforms> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let memory = Memory::new(gpu, "step slots", SLOT_BYTES * u64::from(capacity.max(1)), usage)?;
        Ok(StepUniforms { memory, capacity: capacity.max(1) })
    }

    /// Number of steps that fit.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Writes all slots of a chunk in one go; every write lands before the whole next submit.
    pub fn write(&self, gpu: &Device, steps: &[Step]) {
        debug_assert!(steps.len() <= self.capacity as usize, "a chunk has at most `capacity` steps");
        let mut bytes = vec![0u8; steps.len() * SLOT_BYTES as usize];
        for (slot, step) in bytes.chunks_exact_mut(SLOT_BYTES as usize).zip(steps) {
            slot[..size_of::<Step>()].copy_from_slice(bytemuck::bytes_of(step));
        }
        self.memory.write(gpu, 0, &bytes);
    }
}

/// Tells somebody how far a build of several programs is.
pub struct Progress<'a> {
    report: &'a mut dyn FnMut(usize, usize, &str),
    programs: usize,
    finished: usize,
}

impl<'a> Progress<'a> {
    /// For `programs` programs; `report(done, total, kernel)` is called before each dispatch is built, which takes up
    /// to seconds on a software adapter when it needs a new pipeline.
    pub fn new(programs: usize, report: &'a mut dyn FnMut(usize, usize, &str)) -> Progress<'a> {
        Progress { report, programs, finished: 0 }
    }

    /// A hundred parts to a program.
    fn dispatch(&mut self, index: usize, of: usize, kernel: &str) {
        (self.report)(100 * self.finished + 100 * index / of, 100 * self.programs, kernel);
    }
}

#[derive(Debug)]
struct Compiled {
    work: Work,
    uses_step: bool,
    grid: [u32; 3],
}

#[derive(Debug)]
enum Work {
    Adapter { pipeline: Arc<Pipeline>, bind_group: wgpu::BindGroup },
    Cpu(Task),
}

/// A compiled dispatch list.
#[derive(Debug)]
pub struct DispatchList {
    dispatches: Vec<Compiled>,
    multiply_adds: u64,
    /// The step's blocks, for a cpu.
    slots: Memory,
}

impl DispatchList {
    /// Builds pipelines (shared with every other program of the device), parameter blocks and bind groups.
    ///
    /// # Errors
    /// [`Error::Shader`] when a pipeline is refused, [`Error::Limit`] when a grid is too large.
    pub async fn compile(
        gpu: &Device,
        slots: &StepUniforms,
        calls: Vec<Dispatch>,
        progress: &mut Progress<'_>,
    ) -> Result<DispatchList> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let params = Memory::new(gpu, "parameter blocks", SLOT_BYTES * calls.len().max(1) as u64, usage)?;
        let mut bytes = vec![0u8; SLOT_BYTES as usize * calls.len()];
        let mut dispatches = Vec::with_capacity(calls.len());
        let total = calls.len();
        let multiply_adds = calls.iter().map(|call| call.multiply_adds).sum();
        for (index, call) in calls.into_iter().enumerate() {
            if let Some(&groups) = call.grid.iter().find(|&&groups| groups > MAX_GROUPS) {
                return Err(Error::Limit {
                    what: format!("The dispatch \"{}\"", call.label),
                    need: format!("{groups} workgroups in one dimension"),
                    have: format!("{MAX_GROUPS}"),
                });
            }
            progress.dispatch(index, total, call.kernel.name);
            let offset = SLOT_BYTES * index as u64;
            bytes[offset as usize..offset as usize + call.params.len()].copy_from_slice(&call.params);
            let (uses_step, grid) = (call.kernel.bindings.contains(&Binding::Step), call.grid);
            let mut overrides = call.overrides.clone();
            overrides.extend(gpu.overrides(call.kernel));
            let work = match (&gpu.backend, &params, &slots.memory) {
                (Backend::Adapter(adapter), Memory::Adapter(params), Memory::Adapter(slots)) => {
                    let pipeline = adapter.pipelines.get(adapter, call.kernel, overrides).await?;
                    let bind_group = bind(adapter, &pipeline, &call, params, offset, slots);
                    Work::Adapter { pipeline, bind_group }
                }
                _ => Work::Cpu(Task::new(call, overrides)?),
            };
            dispatches.push(Compiled { work, uses_step, grid });
        }
        params.write(gpu, 0, &bytes);
        progress.finished += 1;
        Ok(DispatchList { dispatches, multiply_adds, slots: slots.memory.clone() })
    }

    /// Number of dispatches.
    pub fn len(&self) -> usize {
        self.dispatches.len()
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.dispatches.is_empty()
    }

    /// Records the whole list in a compute pass of its own; slot `slot` is what the kernels see as the step.
    pub fn record(&self, gpu: &Device, encoder: &mut Encoder, slot: u32) {
        self.replay(gpu, &mut encoder.pass(), slot);
    }

    /// Replays the list into a running compute pass.
    pub fn replay(&self, gpu: &Device, pass: &mut ComputePass<'_>, slot: u32) {
        let offset = [SLOT_BYTES as u32 * slot];
        for Compiled { work, uses_step, grid } in &self.dispatches {
            match (work, &mut pass.0, &self.slots) {
                (Work::Adapter { pipeline, bind_group }, Some(pass), _) => {
                    pass.set_pipeline(&pipeline.raw);
                    pass.set_bind_group(0, bind_group, if *uses_step { &offset } else { &[] });
                    pass.dispatch_workgroups(grid[0], grid[1], grid[2]);
                }
                (Work::Cpu(task), _, Memory::Cpu(slots)) => task.run(&slots[offset[0] as usize / 4..], *grid),
                _ => unreachable!("a program runs on the device it was compiled for"),
            }
        }
        gpu.counters.dispatches.fetch_add(self.dispatches.len() as u64, Ordering::Relaxed);
        gpu.counters.multiply_adds.fetch_add(self.multiply_adds, Ordering::Relaxed);
    }
}
