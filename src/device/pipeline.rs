//! An adapter's pipelines, and the bind groups that dispatches need.

use crate::device::buffer::Memory;
use crate::device::context::Adapter;
use crate::device::{Dispatch, Overrides};
use crate::error::{Error, Result};
use crate::kernels::{Binding, Kernel, Step};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// A kernel with values of its overrides, compiled.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) raw: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

type Built = HashMap<(&'static str, Overrides), Arc<Pipeline>>;

/// The device's pipelines, each built once.
#[derive(Debug, Default)]
pub(super) struct Pipelines {
    built: Mutex<Built>,
}

impl Pipelines {
    /// The pipeline of a kernel with values of its overrides, built if it was not yet.
    pub(super) async fn get(
        &self,
        adapter: &Adapter,
        kernel: &'static Kernel,
        overrides: Overrides,
    ) -> Result<Arc<Pipeline>> {
        let key = (kernel.name, overrides);
        let found = |built: &Built| built.get(&key).cloned();
        if let Some(pipeline) = self.built.lock().ok().as_deref().and_then(found) {
            return Ok(pipeline);
        }
        let pipeline = Arc::new(build(adapter, kernel, &key.1).await?);
        if let Ok(mut built) = self.built.lock() {
            built.insert(key, pipeline.clone());
        }
        Ok(pipeline)
    }
}

async fn build(adapter: &Adapter, kernel: &'static Kernel, overrides: &Overrides) -> Result<Pipeline> {
    let scope = adapter.device.push_error_scope(wgpu::ErrorFilter::Validation);
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
    let device = &adapter.device;
    let label = Some(kernel.name);
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries: &entries });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label,
        bind_group_layouts: &[Some(&layout)],
        immediate_size: 0,
    });
    let source = wgpu::ShaderSource::Wgsl(kernel.source().into());
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

/// The bind group of a dispatch: parameters at `offset` bytes of `params`, one of `slots` at a dynamic offset.
pub(super) fn bind(
    adapter: &Adapter,
    pipeline: &Pipeline,
    call: &Dispatch,
    params: &wgpu::Buffer,
    offset: u64,
    slots: &wgpu::Buffer,
) -> wgpu::BindGroup {
    let mut storage = call.buffers.iter().filter_map(|buffer| match &buffer.memory {
        Memory::Adapter(raw) => Some(raw),
        Memory::Cpu(_) => None,
    });
    let uniform = |buffer, offset, size: usize| {
        let size = wgpu::BufferSize::new(size as u64);
        wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset, size })
    };
    let entries: Vec<_> = (call.kernel.bindings.iter().enumerate())
        .map(|(index, binding)| wgpu::BindGroupEntry {
            binding: index as u32,
            resource: match binding {
                Binding::Params(size) => uniform(params, offset, *size as usize),
                Binding::Step => uniform(slots, 0, size_of::<Step>()),
                Binding::Read | Binding::Write => {
                    storage.next().expect("a call names one buffer per storage binding").as_entire_binding()
                }
            },
        })
        .collect();
    adapter.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(&call.label),
        layout: &pipeline.layout,
        entries: &entries,
    })
}
