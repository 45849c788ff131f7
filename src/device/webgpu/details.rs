//! What an adapter's driver tells of it. Only the command line asks.

use crate::device::details::Details;
use std::collections::BTreeMap;

/// What `adapter` is and offers, and what `device` was opened with.
pub fn details(adapter: &wgpu::Adapter, device: &wgpu::Device) -> Details {
    let info = adapter.get_info();
    Details {
        driver: info.driver,
        driver_info: info.driver_info,
        device_type: format!("{:?}", info.device_type),
        pci: [info.vendor, info.device],
        subgroup_sizes: [info.subgroup_min_size, info.subgroup_max_size],
        features: names(adapter.features()),
        features_used: names(device.features()),
        limits: of_compute(&adapter.limits()),
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
