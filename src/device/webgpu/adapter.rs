//! The adapter: found, and opened with the limits and features that are wanted.

use crate::device::backend::Description;
use crate::device::details::Details;
#[cfg(not(target_arch = "wasm32"))]
use crate::device::webgpu::details::details;
use crate::error::{Error, Result};

/// Invocations that share the sums of one channel.
const LANES_PER_CHANNEL: u32 = 16;

/// Which limits a device is opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// WebGPU's defaults and nothing else, also on adapters that could do more: what every test runs under.
    Default,
    /// The defaults, with larger buffers and a clock, where the adapter has them.
    Adapter,
}

/// What opening an adapter gives.
#[derive(Debug)]
pub struct Adapter {
    /// What there is to know of it.
    pub description: Description,
    /// wgpu's device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
}

/// Finds an adapter, a fast one first, and opens it.
///
/// # Errors
/// [`Error::NoAdapter`] or [`Error::NoDevice`].
pub async fn open(limits: Limits) -> Result<Adapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    if limits == Limits::Default {
        descriptor.flags |= wgpu::InstanceFlags::STRICT_WEBGPU_COMPLIANCE;
    }
    let options =
        wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
    let adapter =
        wgpu::Instance::new(descriptor).request_adapter(&options).await.map_err(|e| Error::NoAdapter(e.to_string()))?;
    let (required_features, required_limits) = wanted(&adapter, limits);
    let info = adapter.get_info();
    let (device, queue) = adapter
        .request_device(&wgpu::DeviceDescriptor {
            label: Some("wn-gan"),
            required_features,
            required_limits,
            ..Default::default()
        })
        .await
        .map_err(|e| Error::NoDevice { adapter: info.name.clone(), message: e.to_string() })?;
    #[cfg(not(target_arch = "wasm32"))]
    let details = Some(details(&adapter, &device));
    #[cfg(target_arch = "wasm32")]
    let details = None;
    Ok(Adapter { description: description(&info, limits, details), device, queue })
}

/// What is asked for beyond WebGPU's defaults, as far as the adapter has it.
fn wanted(adapter: &wgpu::Adapter, limits: Limits) -> (wgpu::Features, wgpu::Limits) {
    let mut wanted = wgpu::Limits::default();
    if limits == Limits::Default {
        return (wgpu::Features::empty(), wanted);
    }
    let has = adapter.limits();
    wanted.max_buffer_size = has.max_buffer_size.max(wanted.max_buffer_size);
    wanted.max_storage_buffer_binding_size =
        has.max_storage_buffer_binding_size.max(wanted.max_storage_buffer_binding_size);
    (adapter.features() & wgpu::Features::TIMESTAMP_QUERY, wanted)
}

fn description(info: &wgpu::AdapterInfo, limits: Limits, details: Option<Details>) -> Description {
    // A browser may leave any of them empty.
    let names = [&info.name, &info.driver, &info.driver_info];
    let name = names.into_iter().find(|name| !name.is_empty()).map_or("unnamed GPU", String::as_str);
    let lower = name.to_lowercase();
    let imitates = ["swiftshader", "llvmpipe"].iter().any(|driver| lower.contains(driver));
    let is_software = info.device_type == wgpu::DeviceType::Cpu || imitates;
    // A barrier costs a CPU more than all that the others would help.
    let is_alone = is_software && limits == Limits::Adapter;
    Description {
        name: name.into(),
        interface: info.backend.to_str(),
        is_cpu: false,
        is_software,
        lanes_per_channel: if is_alone { 1 } else { LANES_PER_CHANNEL },
        details,
    }
}
