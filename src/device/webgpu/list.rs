//! A dispatch list for an adapter: pipelines and bind groups.

use super::memory::GpuMemory;
use super::pipeline::Pipeline;
use crate::device::backend::{BLOCK_BYTES, Compiled, Memory, Prepared};
use crate::kernels::{Binding, Step};
use std::any::Any;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// A compiled list.
#[derive(Debug)]
pub struct GpuList {
    dispatches: Vec<Bound>,
    /// What the bind groups name: a bind group alone would not keep it from being freed.
    _owned: (GpuMemory, Rc<dyn Memory>, Vec<Rc<dyn Memory>>),
}

/// A dispatch with all that it binds.
#[derive(Debug)]
struct Bound {
    pipeline: Arc<Pipeline>,
    bind_group: wgpu::BindGroup,
    uses_step: bool,
    grid: [u32; 3],
}

impl Compiled for GpuList {}

/// The parameter blocks of some dispatches, one every [`BLOCK_BYTES`], and at least one.
pub fn blocks(dispatches: &[Prepared]) -> Vec<u8> {
    let mut bytes = vec![0u8; BLOCK_BYTES as usize * dispatches.len().max(1)];
    for (block, dispatch) in bytes.chunks_exact_mut(BLOCK_BYTES as usize).zip(dispatches) {
        block[..dispatch.params.len()].copy_from_slice(&dispatch.params);
    }
    bytes
}

impl GpuList {
    /// Binds the dispatches' memory, their parameter block in `blocks`, and the step's blocks at a dynamic offset.
    pub fn new(
        device: &wgpu::Device,
        dispatches: Vec<Prepared>,
        pipelines: Vec<Arc<Pipeline>>,
        blocks: GpuMemory,
        step: &Rc<dyn Memory>,
    ) -> GpuList {
        let bound = |(index, (dispatch, pipeline)): (usize, (&Prepared, Arc<Pipeline>))| Bound {
            bind_group: bind(device, &pipeline, dispatch, (&blocks, BLOCK_BYTES * index as u64), GpuMemory::of(step)),
            uses_step: dispatch.kernel.bindings.contains(&Binding::Step),
            grid: dispatch.grid,
            pipeline,
        };
        let bound = dispatches.iter().zip(pipelines).enumerate().map(bound).collect();
        let storage = dispatches.into_iter().flat_map(|dispatch| dispatch.storage).collect();
        GpuList { dispatches: bound, _owned: (blocks, step.clone(), storage) }
    }

    /// A list of this back end as what it is.
    pub fn of(list: &dyn Compiled) -> &GpuList {
        let list: &dyn Any = list;
        list.downcast_ref().expect("a list is replayed by the device that compiled it")
    }

    /// Encodes some of it with block `block` of the step's.
    pub fn encode(&self, pass: &mut wgpu::ComputePass<'_>, dispatches: Range<usize>, block: u32) {
        let offset = [BLOCK_BYTES as u32 * block];
        for Bound { pipeline, bind_group, uses_step, grid: [x, y, z] } in &self.dispatches[dispatches] {
            pass.set_pipeline(&pipeline.raw);
            pass.set_bind_group(0, bind_group, if *uses_step { &offset } else { &[] });
            pass.dispatch_workgroups(*x, *y, *z);
        }
    }
}

fn bind(
    device: &wgpu::Device,
    pipeline: &Pipeline,
    dispatch: &Prepared,
    (blocks, offset): (&GpuMemory, u64),
    step: &GpuMemory,
) -> wgpu::BindGroup {
    let mut storage = dispatch.storage.iter().map(GpuMemory::of);
    let entries: Vec<_> = (dispatch.kernel.bindings.iter().enumerate())
        .map(|(index, binding)| wgpu::BindGroupEntry {
            binding: index as u32,
            resource: match binding {
                Binding::Params(size) => uniform(blocks, offset, *size as usize),
                Binding::Step => uniform(step, 0, size_of::<Step>()),
                Binding::Read | Binding::Write => {
                    let memory = storage.next().expect("a prepared dispatch has memory for every storage binding");
                    memory.raw().as_entire_binding()
                }
            },
        })
        .collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(&dispatch.label),
        layout: &pipeline.layout,
        entries: &entries,
    })
}

fn uniform(memory: &GpuMemory, offset: u64, size: usize) -> wgpu::BindingResource<'_> {
    let size = wgpu::BufferSize::new(size as u64);
    wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer: memory.raw(), offset, size })
}
