//! Pipelines: kernels with values of their overrides, each compiled once for a device.

use crate::device::backend::{Overrides, Prepared, Report};
use crate::error::{Error, Result, sentences};
use crate::kernels::{Binding, Kernel, Step};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A kernel with values of its overrides, compiled.
#[derive(Debug)]
pub struct Pipeline {
    /// wgpu's pipeline.
    pub raw: wgpu::ComputePipeline,
    /// The layout of its bind group.
    pub layout: wgpu::BindGroupLayout,
}

type Key = (&'static str, Overrides);
type Built = HashMap<Key, Arc<Pipeline>>;
/// What the driver thinks of a pipeline.
type Verdict = Pin<Box<dyn Future<Output = Option<wgpu::Error>>>>;

/// The device's pipelines.
#[derive(Debug, Default)]
pub struct Pipelines {
    built: Mutex<Built>,
}

impl Pipelines {
    /// The pipelines of some dispatches, in their order. Those that are new are begun together and then waited for, so
    /// that a browser, which answers later, compiles them one behind the other; `report` counts both.
    ///
    /// # Errors
    /// [`Error::Shader`] with the driver's message.
    pub async fn of_all(
        &self,
        device: &wgpu::Device,
        dispatches: &[Prepared],
        report: &mut Report<'_>,
    ) -> Result<Vec<Arc<Pipeline>>> {
        let count = dispatches.len();
        let mut begun = HashMap::new();
        for (index, dispatch) in dispatches.iter().enumerate() {
            let key = key(dispatch);
            if !begun.contains_key(&key) && !self.built().contains_key(&key) {
                report(index, 2 * count, dispatch.kernel.name);
                begun.insert(key, begin(device, dispatch.kernel, &dispatch.overrides));
            }
        }
        let mut pipelines = Vec::with_capacity(count);
        for (index, dispatch) in dispatches.iter().enumerate() {
            let key = key(dispatch);
            if let Some((pipeline, verdict)) = begun.remove(&key) {
                report(count + index, 2 * count, dispatch.kernel.name);
                if let Some(error) = verdict.await {
                    let shader = dispatch.kernel.name;
                    let problem = sentences::shader::rejected(shader, error);
                    return Err(Error::Shader { shader: shader.into(), problem });
                }
                self.built().insert(key.clone(), Arc::new(pipeline));
            }
            pipelines.push(self.built()[&key].clone());
        }
        Ok(pipelines)
    }

    fn built(&self) -> MutexGuard<'_, Built> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(dispatch: &Prepared) -> Key {
    (dispatch.kernel.name, dispatch.overrides.clone())
}

/// Begins a pipeline; whether it can be used is known later.
fn begin(device: &wgpu::Device, kernel: &'static Kernel, overrides: &Overrides) -> (Pipeline, Verdict) {
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let label = Some(kernel.name);
    let entries: Vec<_> = kernel.bindings.iter().enumerate().map(|(at, &binding)| layout_entry(at, binding)).collect();
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
    (Pipeline { raw, layout }, Box::pin(scope.pop()))
}

/// Uniform blocks have their size in the layout, so that it is checked once and not at every dispatch.
fn layout_entry(index: usize, binding: Binding) -> wgpu::BindGroupLayoutEntry {
    let (ty, size) = match binding {
        Binding::Params(size) => (wgpu::BufferBindingType::Uniform, u64::from(size)),
        Binding::Step => (wgpu::BufferBindingType::Uniform, size_of::<Step>() as u64),
        Binding::Read => (wgpu::BufferBindingType::Storage { read_only: true }, 0),
        Binding::Write => (wgpu::BufferBindingType::Storage { read_only: false }, 0),
    };
    wgpu::BindGroupLayoutEntry {
        binding: index as u32,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: binding == Binding::Step,
            min_binding_size: wgpu::BufferSize::new(size),
        },
        count: None,
    }
}
