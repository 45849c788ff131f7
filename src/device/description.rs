//! What a device is, as its driver describes it.

use crate::device::Device;
use crate::device::context::Backend;
use serde::Serialize;
use std::collections::BTreeMap;

/// A device and what it offers beyond what is used of it.
#[derive(Debug, Clone, Serialize)]
pub struct Description {
    /// As in every measurement.
    pub adapter: String,
    /// The interface behind it.
    pub backend: &'static str,
    /// Whether it runs on the CPU.
    pub software: bool,
    /// What only an adapter has.
    #[serde(flatten)]
    pub of_adapter: Option<OfAdapter>,
}

/// An adapter's own words for itself, and all that could be asked of it.
#[derive(Debug, Clone, Serialize)]
pub struct OfAdapter {
    /// Name of the driver.
    pub driver: String,
    /// Its version.
    pub driver_info: String,
    /// `DiscreteGpu`, `IntegratedGpu`, `VirtualGpu`, `Cpu` or `Other`.
    pub device_type: String,
    /// PCI numbers of vendor and device.
    pub pci: [u32; 2],
    /// Least and greatest number of lanes in a subgroup.
    pub subgroup_sizes: [u32; 2],
    /// Names of the features that it has, as wgpu spells them.
    pub features: Vec<&'static str>,
    /// Names of those that the device was opened with.
    pub features_used: Vec<&'static str>,
    /// The most that a device could be opened with, of what compute shaders can meet.
    pub limits: BTreeMap<&'static str, u64>,
}

impl Device {
    /// What the device is; of the CPU, only that.
    pub fn describe(&self) -> Description {
        let of_adapter = match &self.backend {
            Backend::Cpu => None,
            Backend::Adapter(adapter) => {
                let info = adapter.handle.get_info();
                Some(OfAdapter {
                    driver: info.driver,
                    driver_info: info.driver_info,
                    device_type: format!("{:?}", info.device_type),
                    pci: [info.vendor, info.device],
                    subgroup_sizes: [info.subgroup_min_size, info.subgroup_max_size],
                    features: names(adapter.handle.features()),
                    features_used: names(adapter.device.features()),
                    limits: of_compute(&adapter.handle.limits()),
                })
            }
        };
        Description { adapter: self.name(), backend: self.backend(), software: self.software(), of_adapter }
    }
}

fn names(features: wgpu::Features) -> Vec<&'static str> {
    features.iter_names().map(|(name, _)| name).collect()
}

/// Limits under WebGPU's names; sizes in bytes.
fn of_compute(limits: &wgpu::Limits) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([
        ("maxBindGroups", limits.max_bind_groups.into()),
        ("maxBufferSize", limits.max_buffer_size),
        ("maxComputeInvocationsPerWorkgroup", limits.max_compute_invocations_per_workgroup.into()),
        ("maxComputeWorkgroupSizeX", limits.max_compute_workgroup_size_x.into()),
        ("maxComputeWorkgroupSizeY", limits.max_compute_workgroup_size_y.into()),
        ("maxComputeWorkgroupSizeZ", limits.max_compute_workgroup_size_z.into()),
        ("maxComputeWorkgroupStorageSize", limits.max_compute_workgroup_storage_size.into()),
        ("maxComputeWorkgroupsPerDimension", limits.max_compute_workgroups_per_dimension.into()),
        ("maxStorageBufferBindingSize", limits.max_storage_buffer_binding_size),
        ("maxStorageBuffersPerShaderStage", limits.max_storage_buffers_per_shader_stage.into()),
        ("maxUniformBufferBindingSize", limits.max_uniform_buffer_binding_size),
        ("minStorageBufferOffsetAlignment", limits.min_storage_buffer_offset_alignment.into()),
        ("minUniformBufferOffsetAlignment", limits.min_uniform_buffer_offset_alignment.into()),
    ])
}
