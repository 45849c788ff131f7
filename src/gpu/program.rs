//! Programs: dispatch lists whose pipelines, parameter blocks and bind groups are built once and then replayed.

use crate::error::{Error, Result};
use crate::gpu::buffer::create;
use crate::gpu::{Buffer, Gpu};
use crate::kernels::{Binding, Kernel, Step, Workgroup};
use bytemuck::Pod;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// Uniform blocks start at multiples of this many bytes (WebGPU's default alignment).
const SLOT_BYTES: u64 = 256;
/// WebGPU's default limit of workgroups per dimension.
const MAX_GROUPS: u32 = 65_535;

/// Values of a kernel's `override` constants, by name.
pub type Overrides = Vec<(&'static str, u32)>;

/// One dispatch, described: kernel, parameters, buffers, grid.
#[derive(Debug, Clone)]
pub struct Call {
    kernel: &'static Kernel,
    label: String,
    overrides: Overrides,
    params: Vec<u8>,
    buffers: Vec<Buffer>,
    grid: [u32; 3],
    multiply_adds: u64,
}

impl Call {
    /// A dispatch of one workgroup of `kernel`.
    pub fn new(kernel: &'static Kernel, label: &str) -> Call {
        Call {
            kernel,
            label: label.into(),
            overrides: Vec::new(),
            params: Vec::new(),
            buffers: Vec::new(),
            grid: [1; 3],
            multiply_adds: 0,
        }
    }

    /// The kernel.
    pub fn kernel(&self) -> &'static Kernel {
        self.kernel
    }

    /// What the dispatch is for.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Multiply-adds of its matrix product, those beyond the edges of a matrix among them.
    pub fn work(&self) -> u64 {
        self.multiply_adds
    }

    /// The kernel's parameter block.
    pub fn params<T: Pod>(mut self, params: &T) -> Call {
        self.params = bytemuck::bytes_of(params).to_vec();
        self
    }

    /// The storage buffers, in binding order.
    pub fn buffers(mut self, buffers: &[&Buffer]) -> Call {
        self.buffers = buffers.iter().map(|&buffer| buffer.clone()).collect();
        self
    }

    /// Values of some of the kernel's `override` constants.
    pub fn overrides(mut self, overrides: &[(&'static str, u32)]) -> Call {
        self.overrides.extend_from_slice(overrides);
        self
    }

    /// The number of workgroups per dimension.
    pub fn grid(mut self, grid: [u32; 3]) -> Call {
        self.grid = grid;
        self
    }

    /// What a matrix product does in all.
    pub fn multiply_adds(mut self, count: u64) -> Call {
        self.multiply_adds = count;
        self
    }

    /// Enough workgroups of 256 for `count` elements.
    pub fn elements(self, count: usize) -> Call {
        self.groups((count as u32).div_ceil(256))
    }

    /// At least `groups` workgroups, folded into two dimensions where one is too short.
    pub fn groups(self, groups: u32) -> Call {
        let groups = groups.max(1);
        let rows = groups.div_ceil(MAX_GROUPS);
        self.grid([groups.div_ceil(rows), rows, 1])
    }
}

/// The per-step uniform blocks of one chunk.
#[derive(Debug)]
pub struct StepSlots {
    raw: wgpu::Buffer,
    capacity: u32,
}

impl StepSlots {
    /// Room for `capacity` steps.
    pub fn new(gpu: &Gpu, capacity: u32) -> Result<StepSlots> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let raw = create(gpu, "step slots", SLOT_BYTES * u64::from(capacity.max(1)), usage);
        Ok(StepSlots { raw, capacity: capacity.max(1) })
    }

    /// Number of steps that fit.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Writes all slots of a chunk in one go; every write lands before the whole next submit.
    pub fn write(&self, gpu: &Gpu, steps: &[Step]) {
        debug_assert!(steps.len() <= self.capacity as usize, "a chunk has at most `capacity` steps");
        let mut bytes = vec![0u8; steps.len() * SLOT_BYTES as usize];
        for (slot, step) in bytes.chunks_exact_mut(SLOT_BYTES as usize).zip(steps) {
            slot[..size_of::<Step>()].copy_from_slice(bytemuck::bytes_of(step));
        }
        gpu.queue.write_buffer(&self.raw, 0, &bytes);
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
struct Dispatch {
    pipeline: Arc<Pipeline>,
    bind_group: wgpu::BindGroup,
    uses_step: bool,
    grid: [u32; 3],
}

/// A compiled dispatch list.
#[derive(Debug)]
pub struct Program {
    dispatches: Vec<Dispatch>,
    multiply_adds: u64,
}

impl Program {
    /// Builds pipelines (shared with every other program of the device), parameter blocks and bind groups.
    ///
    /// # Errors
    /// [`Error::Shader`] when a pipeline is refused, [`Error::Limit`] when a grid is too large.
    pub async fn compile(
        gpu: &Gpu,
        slots: &StepSlots,
        calls: Vec<Call>,
        progress: &mut Progress<'_>,
    ) -> Result<Program> {
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let params = create(gpu, "parameter blocks", SLOT_BYTES * calls.len().max(1) as u64, usage);
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
            let pipeline = gpu.pipelines.get(gpu, call.kernel, &call.overrides).await?;
            let offset = SLOT_BYTES * index as u64;
            bytes[offset as usize..offset as usize + call.params.len()].copy_from_slice(&call.params);
            let bind_group = bind(gpu, &pipeline, &call, &params, offset, slots);
            let uses_step = call.kernel.bindings.contains(&Binding::Step);
            dispatches.push(Dispatch { pipeline, bind_group, uses_step, grid: call.grid });
        }
        gpu.queue.write_buffer(&params, 0, &bytes);
        progress.finished += 1;
        Ok(Program { dispatches, multiply_adds })
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
    pub fn record(&self, gpu: &Gpu, encoder: &mut wgpu::CommandEncoder, slot: u32) {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        self.replay(gpu, &mut pass, slot);
    }

    /// Replays the list into a running compute pass.
    pub fn replay(&self, gpu: &Gpu, pass: &mut wgpu::ComputePass<'_>, slot: u32) {
        let offset = [SLOT_BYTES as u32 * slot];
        for dispatch in &self.dispatches {
            pass.set_pipeline(&dispatch.pipeline.raw);
            pass.set_bind_group(0, &dispatch.bind_group, if dispatch.uses_step { &offset } else { &[] });
            pass.dispatch_workgroups(dispatch.grid[0], dispatch.grid[1], dispatch.grid[2]);
        }
        gpu.counters.dispatches.fetch_add(self.dispatches.len() as u64, Ordering::Relaxed);
        gpu.counters.multiply_adds.fetch_add(self.multiply_adds, Ordering::Relaxed);
    }
}

fn bind(
    gpu: &Gpu,
    pipeline: &Pipeline,
    call: &Call,
    params: &wgpu::Buffer,
    offset: u64,
    slots: &StepSlots,
) -> wgpu::BindGroup {
    let mut storage = call.buffers.iter();
    let uniform = |buffer, offset, size: usize| {
        let size = wgpu::BufferSize::new(size as u64);
        wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset, size })
    };
    let entries: Vec<_> = (call.kernel.bindings.iter().enumerate())
        .map(|(index, binding)| wgpu::BindGroupEntry {
            binding: index as u32,
            resource: match binding {
                Binding::Params(size) => uniform(params, offset, *size as usize),
                Binding::Step => uniform(&slots.raw, 0, size_of::<Step>()),
                Binding::Read | Binding::Write => {
                    storage.next().expect("a call names one buffer per storage binding").raw.as_entire_binding()
                }
            },
        })
        .collect();
    gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(&call.label),
        layout: &pipeline.layout,
        entries: &entries,
    })
}

#[derive(Debug)]
struct Pipeline {
    raw: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

type Built = HashMap<(&'static str, Overrides), Arc<Pipeline>>;

/// The device's pipelines, each built once.
#[derive(Debug, Default)]
pub(crate) struct Pipelines {
    built: Mutex<Built>,
}

impl Pipelines {
    async fn get(&self, gpu: &Gpu, kernel: &'static Kernel, overrides: &Overrides) -> Result<Arc<Pipeline>> {
        let mut overrides = overrides.clone();
        if kernel.workgroup == Workgroup::Channels {
            overrides.push(("LANES", gpu.lanes_per_channel));
        }
        let key = (kernel.name, overrides);
        let found = |built: &Built| built.get(&key).cloned();
        if let Some(pipeline) = self.built.lock().ok().as_deref().and_then(found) {
            return Ok(pipeline);
        }
        let pipeline = Arc::new(build(gpu, kernel, &key.1).await?);
        if let Ok(mut built) = self.built.lock() {
            built.insert(key, pipeline.clone());
        }
        Ok(pipeline)
    }
}

async fn build(gpu: &Gpu, kernel: &'static Kernel, overrides: &Overrides) -> Result<Pipeline> {
    let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let entries: Vec<_> = (kernel.bindings.iter().enumerate())
        .map(|(index, binding)| wgpu::BindGroupLayoutEntry {
            binding: index as u32,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: match binding {
                    Binding::Params(_) | Binding::Step => wgpu::BufferBindingType::Uniform,
                    Binding::Read => wgpu::BufferBindingType::Storage { read_only: true },
                    Binding::Write => wgpu::BufferBindingType::Storage { read_only: false },
                },
                has_dynamic_offset: *binding == Binding::Step,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    let device = &gpu.device;
    let label = Some(kernel.name);
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries: &entries });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label,
        bind_group_layouts: &[Some(&layout)],
        immediate_size: 0,
    });
    // A browser wants the directive, naga 30 does not know it; on the first line it moves no line number.
    let directive = if kernel.needs_subgroups() && cfg!(target_arch = "wasm32") { "enable subgroups; " } else { "" };
    let source = wgpu::ShaderSource::Wgsl(format!("{directive}{}", kernel.source()).into());
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
    let constants: Vec<_> = overrides.iter().map(|&(name, value)| (name, f64::from(value))).collect();
    let raw = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label,
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions {
            constants: &constants,
            // Every kernel writes what it later reads from workgroup memory.
            zero_initialize_workgroup_memory: false,
        },
        cache: None,
    });
    match scope.pop().await {
        None => Ok(Pipeline { raw, layout }),
        Some(error) => Err(Error::Shader { shader: kernel.name.into(), message: error.to_string() }),
    }
}
