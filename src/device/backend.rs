//! The seam: what a back end does for a device. `webgpu` and `cpu` are the two there are.
//!
//! Memory and compiled lists are trait objects that only the back end which made them can use. Each back end has one
//! function for either, `of`, that takes it as its own type. A list is compiled and a buffer read only after
//! `Device::check_owner` has found that the memory is the device's; that writes, copies and replays stay with one device
//! is an invariant of the code that records them.

use crate::clock;
use crate::device::counters::Allocation;
use crate::device::details::Details;
use crate::error::Result;
use crate::kernels::Kernel;
use std::any::Any;
use std::fmt::{Debug, Formatter, Result as Formatted};
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;

/// Uniform blocks start at multiples of this many bytes (WebGPU's default `minUniformBufferOffsetAlignment`).
pub const BLOCK_BYTES: u64 = 256;

/// Values of a kernel's `override` constants, by name.
pub type Overrides = Vec<(&'static str, u32)>;

/// An answer that has to be waited for.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// Tells how far a build is: parts done, parts in all, and the kernel that is next.
pub type Report<'a> = dyn FnMut(usize, usize, &str) + 'a;

/// Records commands, once.
pub type Record<'a> = dyn FnMut(&mut dyn Commands) + 'a;

/// What may be done with a piece of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Kernels read and write it, copies come from it and go to it, and it can be written from outside.
    Storage,
    /// Kernels read blocks of it, and it can be written from outside.
    Uniform,
    /// Copies go to it, and it can be read from outside.
    Staging,
}

/// What there is to know of an open device.
#[derive(Debug)]
pub struct Description {
    /// Name of the adapter as the driver gives it.
    pub name: String,
    /// The interface behind it: `vulkan`, `metal`, `dx12`, `webgpu`; of the CPU `wasm` or `native`.
    pub interface: &'static str,
    /// Whether kernels run on the CPU without a driver, one invocation after the other.
    pub is_cpu: bool,
    /// Whether kernels run on the CPU, with a driver or without.
    pub is_software: bool,
    /// Invocations that share the sums of one channel: the override `LANES` of the kernels.
    pub lanes_per_channel: u32,
    /// What a native adapter says of itself.
    pub details: Option<Details>,
}

/// Memory of a back end. It is freed when its last owner is dropped; a compiled list owns what it binds.
pub trait Memory: Any {
    /// Its name and size.
    fn allocation(&self) -> &Allocation;
}

/// A dispatch with all of its overrides and the memory that it binds, as a back end compiles it.
#[derive(Debug)]
pub struct Prepared {
    /// The kernel.
    pub kernel: &'static Kernel,
    /// What it is for.
    pub label: String,
    /// Values of the kernel's overrides.
    pub overrides: Overrides,
    /// The kernel's parameter block: at most [`BLOCK_BYTES`].
    pub params: Vec<u8>,
    /// One for each of the kernel's storage bindings, in their order.
    pub storage: Vec<Rc<dyn Memory>>,
    /// Workgroups per dimension.
    pub grid: [u32; 3],
    /// Its estimated work, which a back end that computes need not know.
    pub cost: u64,
}

/// A list of dispatches, compiled: what [`Commands::replay`] takes.
pub trait Compiled: Any {}

/// Commands of one submit. Each sees what those before it wrote. Nothing is allocated for a command.
pub trait Commands {
    /// Some dispatches of a list; block `block` of the step's uniform blocks is the one that they see.
    fn replay(&mut self, list: &dyn Compiled, dispatches: Range<usize>, block: u32);
    /// Copies `count` elements of `source` from element `from` on to `target` from element `to` on.
    fn copy(&mut self, source: &Rc<dyn Memory>, from: u32, target: &Rc<dyn Memory>, to: u32, count: u32);
    /// Fills memory with zeros.
    fn clear(&mut self, memory: &Rc<dyn Memory>);
}

/// A clock of the device's own.
pub trait Clock {
    /// Submits what `record` records and gives the milliseconds that its dispatches took.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the reading cannot be read back.
    fn millis<'a>(&'a self, record: &mut Record<'_>) -> Pending<'a, f64>;
}

/// Work that was submitted.
pub trait Submitted {
    /// Waits until it has been done; in a browser, which drives the queue itself, not at all.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device was lost.
    fn wait(&self) -> Result<()>;
}

/// A piece of work that the device was given; the CPU has finished it already.
#[derive(Debug)]
pub struct Submission(pub(super) Box<dyn Submitted>);

/// Catches the errors of a device from its beginning on, which then reach nobody else. Scopes end in the reverse order of
/// their beginnings.
pub trait ErrorScope {
    /// # Errors
    /// [`crate::Error::Memory`] or [`crate::Error::Build`] with the first that was caught.
    fn end(self: Box<Self>) -> Pending<'static, ()>;
}

/// What computes. Elements are of four bytes.
pub trait Backend: Shareable {
    /// What there is to know of it.
    fn description(&self) -> &Description;

    /// Milliseconds on the clock that its work is timed by.
    fn now(&self) -> f64 {
        clock::now()
    }

    /// The loss of the device, or else the first error that reached it outside of a call and of a scope. An error is told
    /// once: what it belongs to is then over, and the device goes on.
    ///
    /// # Errors
    /// [`crate::Error::Lost`] or [`crate::Error::Device`] with the driver's message.
    fn check(&self) -> Result<()>;

    /// Whether it is lost. What never fails never is.
    fn is_lost(&self) -> bool {
        false
    }

    /// Gives it up, with all that is on it.
    fn destroy(&self) {}

    /// Catches errors from now on.
    fn error_scope(&self) -> Box<dyn ErrorScope>;

    /// Zeroed memory.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] where there is less room.
    fn allocate(&self, usage: Usage, allocation: Allocation) -> Result<Rc<dyn Memory>>;

    /// Writes whole elements from element `first` on; takes effect before the next submit.
    fn write(&self, memory: &Rc<dyn Memory>, first: u32, bytes: &[u8]);

    /// Builds what `dispatches` need, in their order; `step` holds the step's uniform blocks.
    ///
    /// # Errors
    /// [`crate::Error::Shader`] where a kernel is refused, [`crate::Error::Limit`] without memory.
    fn compile<'a>(
        &'a self,
        dispatches: Vec<Prepared>,
        step: &'a Rc<dyn Memory>,
        report: &'a mut Report<'a>,
    ) -> Pending<'a, Box<dyn Compiled>>;

    /// Submits what `record` records.
    fn submit(&self, label: &str, record: &mut Record<'_>) -> Submission;

    /// The first `bytes` bytes of staging memory, once `submission`, which copied them there, is done. Reading begins with
    /// the call and not with the first poll, so that several are under way at a time; where the answer is dropped, it ends.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device was lost.
    fn read(&self, staging: &Rc<dyn Memory>, bytes: u64, submission: Submission) -> Pending<'static, Vec<u8>>;

    /// Fills `into` from the front of storage memory, in a submit of its own.
    ///
    /// # Errors
    /// As [`Self::read`]; [`crate::Error::Limit`] without memory to copy through.
    fn download<'a>(&'a self, source: &'a Rc<dyn Memory>, into: &'a mut [u8]) -> Pending<'a, ()>;

    /// Its own clock, if it has one.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] without memory for the readings.
    fn clock(&self) -> Result<Option<Box<dyn Clock>>>;
}

/// What a back end is to threads: natively one device may be used from several; a browser's objects stay in theirs.
#[cfg(not(target_arch = "wasm32"))]
pub trait Shareable: Send + Sync {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + Sync> Shareable for T {}

/// What a back end is to threads: natively one device may be used from several; a browser's objects stay in theirs.
#[cfg(target_arch = "wasm32")]
pub trait Shareable {}
#[cfg(target_arch = "wasm32")]
impl<T> Shareable for T {}

// What a trait object is shown as. Were `Debug` a part of the traits, all of wgpu's would be a part of the page's program.
macro_rules! shown_as {
    ($($object:ident: $show:expr;)*) => {$(
        impl Debug for dyn $object + '_ {
            fn fmt(&self, f: &mut Formatter<'_>) -> Formatted {
                let show: fn(&Self) -> &str = $show;
                f.write_str(show(self))
            }
        }
    )*};
}
shown_as! {
    Backend: |backend| &backend.description().name;
    Memory: |memory| memory.allocation().name();
    Compiled: |_| "compiled list";
    Commands: |_| "commands";
    Clock: |_| "clock";
    Submitted: |_| "submitted";
}
