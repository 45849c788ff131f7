//! The table of all kernels: source, bindings and parameter block of each. The build script writes it (build/kernels.rs)
//! from what the shaders say: a kernel is one file in `shaders/`, `NAME.wgsl`, and has the static `NAME` here and, where it
//! binds a block of parameters, the struct `Name`.

use bytemuck::{Pod, Zeroable};

/// What a kernel binds at one slot of group 0, in the order of `@binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// The kernel's parameter block, written once when a dispatch list is compiled; its size in bytes.
    Params(u32),
    /// The [`Step`] block of the running step, bound by dynamic offset.
    Step,
    /// A storage buffer that is only read.
    Read,
    /// A storage buffer that is written.
    Write,
}

/// One WGSL file with one entry point `main`.
#[derive(Debug)]
pub struct Kernel {
    /// File stem below `shaders/`; of a kernel with variants `STEM/VARIANT`.
    pub name: &'static str,
    /// The kernel's own source, first, so that its line numbers hold, then the shared parts it is joined with.
    pub parts: &'static [&'static str],
    /// What it binds.
    pub bindings: &'static [Binding],
    /// Names of its `override` constants.
    pub overrides: &'static [&'static str],
    /// Whether the CPU can run it without a driver, one invocation after the other.
    pub runs_on_cpu: bool,
}

impl Kernel {
    /// The whole source text.
    pub fn source(&self) -> String {
        self.parts.concat()
    }

    /// Whether it has an `override` constant of this name.
    pub fn has_override(&self, name: &str) -> bool {
        self.overrides.contains(&name)
    }
}

/// Columns of a row of the metric block: step, d_loss_real, d_loss_fake, g_loss.
pub const METRIC_COLUMNS: usize = constants::METRIC_COLUMNS as usize;

/// Output channels per [`ChannelBlock`], and per workgroup of the column sums.
pub const CHANNELS_PER_BLOCK: u32 = 16;

include!(concat!(env!("OUT_DIR"), "/kernels.rs"));
