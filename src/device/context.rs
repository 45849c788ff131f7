//! The device: found, opened and proved with one small kernel before anything is built on it.

use crate::clock::now;
use crate::device::pipeline::Pipelines;
use crate::device::{Buffer, Dispatch, DispatchList, Encoder, Progress, StepUniforms};
use crate::error::{Error, Result};
use crate::kernels::{self, Kernel, ReducePartials};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Which limits a device is opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// WebGPU's defaults and nothing else, also on adapters that could do more: what every test runs under.
    Default,
    /// The defaults, with larger buffers and a clock, where the adapter has them.
    Adapter,
}

/// What a person wants to compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The graphics adapter, or the CPU where there is none or only a driver that imitates one.
    Auto,
    /// An adapter, whatever it is.
    Device,
    /// The CPU, without a driver.
    Cpu,
}

impl Wish {
    /// What the variable `WNGAN_DEVICE` of the environment says: `auto` (as without it), `gpu` or `cpu`.
    ///
    /// # Errors
    /// [`Error::Config`] for anything else.
    pub fn from_environment() -> Result<Wish> {
        match std::env::var("WNGAN_DEVICE").as_deref() {
            Err(std::env::VarError::NotPresent) | Ok("" | "auto") => Ok(Wish::Auto),
            Ok("gpu") => Ok(Wish::Device),
            Ok("cpu" | "processor") => Ok(Wish::Cpu),
            other => Err(Error::Config(format!(
                "WNGAN_DEVICE must be auto, gpu or cpu; it is {}.",
                other.map_or_else(|e| e.to_string(), |value| format!("\"{value}\""))
            ))),
        }
    }
}

/// A piece of work that the device was given; a cpu has finished it already.
#[derive(Debug, Clone)]
pub struct Submission(
    #[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "nobody waits"))] Option<wgpu::SubmissionIndex>,
);

/// What a device has done since it was opened. All but the time spent recording is the same on every machine.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) submits: AtomicU64,
    pub(crate) dispatches: AtomicU64,
    pub(crate) multiply_adds: AtomicU64,
    pub(crate) buffers: AtomicU64,
    pub(crate) buffer_bytes: AtomicU64,
    pub(crate) readback_bytes: AtomicU64,
    pub(crate) record_micros: AtomicU64,
}

/// A moment's values of [`Counters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Command buffers submitted.
    pub submits: u64,
    /// Compute dispatches recorded.
    pub dispatches: u64,
    /// Multiply-adds that their matrix products do, those beyond the edges of a matrix among them.
    pub multiply_adds: u64,
    /// Buffers created.
    pub buffers: u64,
    /// Bytes of all buffers created.
    pub buffer_bytes: u64,
    /// Bytes copied back to the CPU.
    pub readback_bytes: u64,
    /// Microseconds spent recording commands: the only count that depends on the machine.
    pub record_micros: u64,
}

/// An open GPU device, or the cpu in its place.
#[derive(Debug)]
pub struct Device {
    pub(super) backend: Backend,
    pub(super) counters: Counters,
    /// Invocations that share the sums of one channel.
    pub(super) lanes_per_channel: u32,
}

/// Who computes.
#[derive(Debug)]
pub(super) enum Backend {
    /// A graphics adapter, or a driver that imitates one.
    Adapter(Box<Adapter>),
    /// The kernels of src/cpu.
    Cpu,
}

/// An open adapter.
#[derive(Debug)]
pub(super) struct Adapter {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) pipelines: Pipelines,
    #[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "the command line alone describes an adapter"))]
    pub(super) handle: wgpu::Adapter,
    info: wgpu::AdapterInfo,
    failure: Arc<Mutex<Option<String>>>,
}

impl Device {
    /// What a person wished for; by itself a graphics adapter, and the CPU where there is none or only a driver that
    /// imitates one, because that driver is slower than the kernels compiled for the CPU.
    ///
    /// # Errors
    /// As [`Self::open`], where an adapter was wished for.
    pub async fn wished(wish: Wish) -> Result<Device> {
        match wish {
            Wish::Cpu => Ok(Device::cpu()),
            Wish::Device => Device::open(Limits::Adapter).await,
            Wish::Auto => match Device::open(Limits::Adapter).await {
                Ok(gpu) if gpu.software() => Ok(Device::cpu()),
                Err(Error::NoAdapter(_)) => Ok(Device::cpu()),
                opened => opened,
            },
        }
    }

    /// Finds an adapter (a fast one first), opens a device, and runs one kernel whose answer is known.
    ///
    /// # Errors
    /// [`Error::NoAdapter`], [`Error::NoDevice`], or [`Error::Device`] if the first kernel answers wrongly.
    pub async fn open(limits: Limits) -> Result<Device> {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
        if limits == Limits::Default {
            descriptor.flags |= wgpu::InstanceFlags::STRICT_WEBGPU_COMPLIANCE;
        }
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = wgpu::Instance::new(descriptor)
            .request_adapter(&options)
            .await
            .map_err(|e| Error::NoAdapter(e.to_string()))?;
        let info = adapter.get_info();
        let all = limits != Limits::Default;
        let wanted = wgpu::Features::TIMESTAMP_QUERY;
        let required_features = if all { adapter.features() & wanted } else { wgpu::Features::empty() };
        let mut required_limits = wgpu::Limits::default();
        if all {
            let has = adapter.limits();
            required_limits.max_buffer_size = has.max_buffer_size.max(required_limits.max_buffer_size);
            required_limits.max_storage_buffer_binding_size =
                has.max_storage_buffer_binding_size.max(required_limits.max_storage_buffer_binding_size);
        }
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("wn-gan"),
                required_features,
                required_limits,
                ..Default::default()
            })
            .await
            .map_err(|e| Error::NoDevice { adapter: info.name.clone(), message: e.to_string() })?;

        let failure = Arc::new(Mutex::new(None));
        let lost = failure.clone();
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                remember(&lost, format!("the device was lost ({message})"));
            }
        });
        let uncaptured = failure.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| remember(&uncaptured, error.to_string())));

        let pipelines = Pipelines::default();
        let adapter = Adapter { device, queue, pipelines, handle: adapter, info, failure };
        let backend = Backend::Adapter(Box::new(adapter));
        let mut gpu = Device { backend, counters: Counters::default(), lanes_per_channel: 16 };
        if all && gpu.software() {
            gpu.lanes_per_channel = 1; // A barrier costs a cpu more than all that the others would help.
        }
        gpu.first_kernel().await?;
        Ok(gpu)
    }

    /// The cpu as a device: nothing to find and nothing to wait for.
    pub fn cpu() -> Device {
        Device { backend: Backend::Cpu, counters: Counters::default(), lanes_per_channel: 1 }
    }

    /// Whether the kernels run on the cpu without a driver.
    pub fn is_cpu(&self) -> bool {
        matches!(self.backend, Backend::Cpu)
    }

    /// Values of the overrides that follow from the device: how many invocations share a sum.
    pub(super) fn overrides(&self, kernel: &Kernel) -> Option<(&'static str, u32)> {
        if kernel.has_override("LANES") {
            return Some(("LANES", self.lanes_per_channel));
        }
        (self.is_cpu() && kernel.has_override("WIDTH")).then_some(("WIDTH", 1))
    }

    /// Adds 1 + 2 and 3 + 4 on the device: a driver that builds pipelines but computes nothing is found here.
    async fn first_kernel(&self) -> Result<()> {
        let partial = Buffer::new(self, "first kernel input", 4)?;
        partial.write(self, &[1.0f32, 3.0, 2.0, 4.0]);
        let total = Buffer::new(self, "first kernel output", 2)?;
        let call = Dispatch::new(&kernels::REDUCE_PARTIALS, "first kernel")
            .params(&ReducePartials { parts: 2, count: 2, total_offset: 0 })
            .buffers(&[&partial, &total])
            .elements(2);
        let slots = StepUniforms::new(self, 1)?;
        let program = DispatchList::compile(self, &slots, vec![call], &mut Progress::new(1, &mut |_, _, _| {})).await?;
        self.submit("first kernel", |encoder| program.record(self, encoder, 0));
        let answer: Vec<f32> = total.read(self).await?;
        if answer != [3.0, 7.0] {
            return Err(Error::Device(format!("a first kernel should have answered [3, 7] and answered {answer:?}")));
        }
        Ok(())
    }

    /// Name of the adapter as the driver gives it; browsers may leave it empty.
    pub fn name(&self) -> String {
        let Backend::Adapter(adapter) = &self.backend else { return "CPU".into() };
        let info = &adapter.info;
        let parts = [info.name.as_str(), info.driver.as_str(), info.driver_info.as_str()];
        parts.into_iter().find(|part| !part.is_empty()).unwrap_or("unnamed GPU").to_string()
    }

    /// The interface behind it: `vulkan`, `metal`, `dx12`, `webgpu`; for the cpu `wasm` or `native`.
    pub fn backend(&self) -> &'static str {
        match &self.backend {
            Backend::Adapter(adapter) => adapter.info.backend.to_str(),
            Backend::Cpu if cfg!(target_arch = "wasm32") => "wasm",
            Backend::Cpu => "native",
        }
    }

    /// Whether it runs on the CPU.
    pub fn software(&self) -> bool {
        let name = self.name().to_lowercase();
        match &self.backend {
            Backend::Adapter(adapter) if adapter.info.device_type == wgpu::DeviceType::Cpu => true,
            Backend::Adapter(_) => name.contains("swiftshader") || name.contains("llvmpipe"),
            Backend::Cpu => true,
        }
    }

    /// The present counts.
    pub fn counts(&self) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            submits: get(&self.counters.submits),
            dispatches: get(&self.counters.dispatches),
            multiply_adds: get(&self.counters.multiply_adds),
            buffers: get(&self.counters.buffers),
            buffer_bytes: get(&self.counters.buffer_bytes),
            readback_bytes: get(&self.counters.readback_bytes),
            record_micros: get(&self.counters.record_micros),
        }
    }

    /// Records commands into one encoder and submits it.
    pub fn submit(&self, label: &str, record: impl FnOnce(&mut Encoder)) -> Submission {
        self.counters.submits.fetch_add(1, Ordering::Relaxed);
        let Backend::Adapter(adapter) = &self.backend else {
            record(&mut Encoder(None));
            return Submission(None);
        };
        let started = now();
        let descriptor = wgpu::CommandEncoderDescriptor { label: Some(label) };
        let mut encoder = Encoder(Some(adapter.device.create_command_encoder(&descriptor)));
        record(&mut encoder);
        let commands = encoder.0.map(wgpu::CommandEncoder::finish);
        self.counters.record_micros.fetch_add((1000.0 * (now() - started)) as u64, Ordering::Relaxed);
        // Not counted: llvmpipe's driver waits here for the submission before.
        Submission(Some(adapter.queue.submit(commands)))
    }

    /// Waits until the device has finished `submission` and everything before; a browser drives the queue itself.
    #[cfg_attr(target_arch = "wasm32", allow(clippy::unnecessary_wraps, unused_variables, reason = "see above"))]
    pub(crate) fn wait_for(&self, submission: &Submission) -> Result<()> {
        #[cfg(not(target_arch = "wasm32"))]
        if let (Backend::Adapter(adapter), Submission(Some(index))) = (&self.backend, submission) {
            adapter
                .device
                .poll(wgpu::PollType::Wait { submission_index: Some(index.clone()), timeout: None })
                .map_err(|e| Error::Device(e.to_string()))?;
        }
        Ok(())
    }

    /// The first failure that reached the device outside an error scope, if any.
    ///
    /// # Errors
    /// [`Error::Device`] with the driver's message.
    pub fn check(&self) -> Result<()> {
        let Backend::Adapter(adapter) = &self.backend else { return Ok(()) };
        match adapter.failure.lock() {
            Ok(failure) => failure.as_ref().map_or(Ok(()), |message| Err(Error::Device(message.clone()))),
            Err(_) => Err(Error::Device("its error handler failed".into())),
        }
    }
}

fn remember(slot: &Mutex<Option<String>>, message: String) {
    if let Ok(mut slot) = slot.lock() {
        slot.get_or_insert(message);
    }
}
