//! What an adapter says of itself beyond what is used of it.

use serde::Serialize;
use std::collections::BTreeMap;

/// An adapter's own words for itself, and all that could be asked of it.
#[derive(Debug, Clone, Serialize)]
pub struct Details {
    /// Name of the driver.
    pub driver: String,
    /// Its version.
    pub driver_info: String,
    /// `DiscreteGpu`, `IntegratedGpu`, `VirtualGpu`, `Cpu` or `Other`.
    pub device_type: String,
    /// PCI numbers of vendor and device; 0 where the driver gives none.
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
