//! The kernel variants of matrix products.

use super::GemmShape;
use super::workgroup::{self, Kernels, WorkgroupTile};
use crate::device::Device;

/// How matrix products are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// K-tiles through workgroup memory (shared/gemm_tile.wgsl and gemm_tile_wide.wgsl): for GPUs. The size is that of the
    /// tiles that large products take.
    Tile(TileSize),
    /// Operands straight from storage (shared/gemm_plain.wgsl): for software adapters.
    Plain,
    /// K-tiles in the cache and sums in the registers of one invocation (shared/gemm_panel.wgsl): for the CPU without a
    /// driver.
    Panel,
}

/// Registers and invocations of a large product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TileSize {
    /// 4x4 numbers to an invocation.
    Small,
    /// 8x8 numbers to an invocation, 64 invocations.
    Medium,
    /// 8x8 numbers to an invocation, 256 invocations.
    Large,
}

impl Variant {
    /// Every variant.
    pub const ALL: [Variant; 5] = [
        Variant::Tile(TileSize::Small),
        Variant::Tile(TileSize::Medium),
        Variant::Tile(TileSize::Large),
        Variant::Plain,
        Variant::Panel,
    ];

    /// The one that suits the device without measuring.
    pub fn for_device(device: &Device) -> Variant {
        match device.software() {
            _ if device.is_cpu() => Variant::Panel,
            true => Variant::Plain,
            false => Variant::Tile(TileSize::Medium),
        }
    }

    /// What it is called in flags, addresses and files: `small`, `medium`, `large` (tiles), `plain`, `panel`.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Tile(TileSize::Small) => "small",
            Variant::Tile(TileSize::Medium) => "medium",
            Variant::Tile(TileSize::Large) => "large",
            Variant::Plain => "plain",
            Variant::Panel => "panel",
        }
    }

    /// The variant of a name, if it is one that the device can run.
    pub fn named(name: &str, device: &Device) -> Option<Variant> {
        Variant::ALL.into_iter().find(|variant| variant.name() == name && variant.runs_on(device))
    }

    /// Whether the device can run it.
    pub fn runs_on(self, device: &Device) -> bool {
        device.is_cpu() == (self == Variant::Panel)
    }

    /// Workgroups that a long sum is split into at least, so that the whole device is busy with a small layer.
    pub fn min_workgroups(self) -> u32 {
        match self {
            Variant::Tile(_) => 128,
            Variant::Plain => 8,
            Variant::Panel => 1,
        }
    }

    /// What a workgroup computes of products of a shape.
    pub fn workgroup(self, kernels: &Kernels, shape: GemmShape) -> WorkgroupTile {
        match self {
            Variant::Tile(size) => workgroup::tiled(kernels, size, shape),
            Variant::Plain => workgroup::plain(kernels, shape.n),
            Variant::Panel => workgroup::panel(kernels, shape),
        }
    }
}
