//! An open device: a back end, and what is counted of it.

use crate::device::backend::{Backend, Memory, Usage};
use crate::device::counters::{Allocation, Counters, Counts};
use crate::device::details::Details;
use crate::device::pace::{Mark, Pace};
use crate::error::{Error, Result};
use crate::kernels::Kernel;
use bytemuck::Pod;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

/// A GPU, or the CPU in its place. Opened by [`Device::open`], [`Device::cpu`] or [`Device::choose`].
#[derive(Debug)]
pub struct Device {
    pub(super) backend: Box<dyn Backend>,
    pub(super) counters: Arc<Counters>,
    pace: Mutex<Pace>,
    memory_limit: Option<u64>,
}

/// A page's memory has 32-bit addresses; the rest of them is for what is not counted.
const PAGE_BYTES: u64 = 3 << 30;

impl Device {
    /// What a back end makes whose memory is counted by `counters`.
    pub(super) fn new(backend: Box<dyn Backend>, counters: Arc<Counters>) -> Device {
        let memory_limit = (cfg!(target_arch = "wasm32") && backend.description().is_cpu).then_some(PAGE_BYTES);
        Device { backend, counters, pace: Mutex::default(), memory_limit }
    }

    /// The same device, whose buffers may have so many bytes in all; without a limit where it is not known how much there is:
    /// adapters do not say. A page that computes on the CPU has 3 GiB by itself.
    pub fn with_memory_limit(self, bytes: Option<u64>) -> Device {
        Device { memory_limit: bytes, ..self }
    }

    /// Bytes that new buffers may have; `None` where that is not known.
    pub fn free_memory(&self) -> Option<u64> {
        self.memory_limit.map(|limit| limit.saturating_sub(self.counts().buffer_bytes))
    }

    /// Name of the adapter as the driver gives it; browsers may leave it empty.
    pub fn name(&self) -> String {
        self.backend.description().name.clone()
    }

    /// The interface behind it: `vulkan`, `metal`, `dx12`, `webgpu`; of the CPU `wasm` or `native`.
    pub fn backend(&self) -> &'static str {
        self.backend.description().interface
    }

    /// Whether kernels run on the CPU without a driver.
    pub fn is_cpu(&self) -> bool {
        self.backend.description().is_cpu
    }

    /// Whether kernels run on the CPU, with a driver or without.
    pub fn software(&self) -> bool {
        self.backend.description().is_software
    }

    /// Invocations that share the sums of one channel: the override `LANES` of the kernels.
    pub fn lanes_per_channel(&self) -> u32 {
        self.backend.description().lanes_per_channel
    }

    /// What a native adapter says of itself; of the CPU, and in a browser, nothing.
    pub fn details(&self) -> Option<&Details> {
        self.backend.description().details.as_ref()
    }

    /// The present counts.
    pub fn counts(&self) -> Counts {
        self.counters.counts()
    }

    /// Builds something whose failures are its own: where the device refuses a part of it, all of it is freed, and what else
    /// is on the device goes on.
    ///
    /// # Errors
    /// [`Error::Lost`] where the device is, else what `build` meets, otherwise [`Error::Memory`] or [`Error::Build`].
    pub async fn guarded<T>(&self, build: impl Future<Output = Result<T>>) -> Result<T> {
        let scope = self.backend.error_scope();
        let built = build.await;
        let ended = scope.end().await;
        if self.is_lost() {
            // Whatever else it met follows from that.
            self.check()?;
        }
        // A refusal of our own says more than what the device made of it.
        let built = built?;
        ended.map(|()| built)
    }

    /// The loss of the device, or else the first error that reached it outside of a call. An error is told once; the device
    /// goes on after it.
    ///
    /// # Errors
    /// [`Error::Lost`] or [`Error::Device`] with the driver's message.
    pub fn check(&self) -> Result<()> {
        self.backend.check()
    }

    /// Whether it is lost: whatever is read of it fails with [`Error::Lost`].
    pub fn is_lost(&self) -> bool {
        self.backend.is_lost()
    }

    /// Gives an adapter's device up, at once and with all that is on it, as if its driver had; the CPU cannot be lost.
    pub fn destroy(&self) {
        self.backend.destroy();
    }

    /// Milliseconds on the clock that its work is timed by.
    pub fn now(&self) -> f64 {
        self.backend.now()
    }

    /// What was learned of its speed, for as long as `look` looks.
    pub(super) fn pace<T>(&self, look: impl FnOnce(&mut Pace) -> T) -> T {
        look(&mut self.pace.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Milliseconds that so much work takes ([`Dispatch::cost`](crate::device::Dispatch::cost)), as measured lately; `None`
    /// while nothing has been.
    pub fn millis_of(&self, cost: u64) -> Option<f64> {
        self.pace(|pace| pace.rate()).map(|rate| cost as f64 / rate)
    }

    /// The milliseconds that pass before work that is done is known to be, as measured lately.
    pub fn latency_ms(&self) -> f64 {
        self.pace(|pace| pace.latency())
    }

    /// The work between two read-backs: long enough that they cost little, short enough that the device answers soon.
    pub fn chunk_cost(&self) -> f64 {
        self.pace(|pace| pace.chunk_cost())
    }

    /// How many pieces of `cost` keep the device busy while their results are waited for.
    pub fn in_flight(&self, cost: f64) -> usize {
        self.pace(|pace| pace.in_flight(cost))
    }

    /// A piece of work begins, whose time will be known.
    pub fn begin(&self) -> Mark {
        self.pace(|pace| pace.begin(self.now()))
    }

    /// All of it has been submitted.
    pub fn end(&self, mark: &mut Mark) {
        self.pace(|pace| pace.end(mark));
    }

    /// It is done, and its results are here. Returns the milliseconds since it was begun, or since the work before was done.
    pub fn observe(&self, mark: &Mark) -> f64 {
        self.pace(|pace| pace.observed(mark, self.now()))
    }

    /// Values of the overrides that follow from the device: how many invocations share a sum.
    pub(super) fn overrides(&self, kernel: &Kernel) -> Option<(&'static str, u32)> {
        if kernel.has_override("LANES") {
            return Some(("LANES", self.lanes_per_channel()));
        }
        (self.is_cpu() && kernel.has_override("WIDTH")).then_some(("WIDTH", 1))
    }

    /// Counted, zeroed memory of `bytes` bytes.
    ///
    /// # Errors
    /// [`Error::Limit`] where there is less room.
    pub(super) fn allocate(&self, name: &str, usage: Usage, bytes: u64) -> Result<Rc<dyn Memory>> {
        self.backend.allocate(usage, Allocation::new(&self.counters, name, bytes))
    }

    /// Whether memory is this device's.
    pub(super) fn owns(&self, memory: &Rc<dyn Memory>) -> bool {
        memory.allocation().belongs_to(&self.counters)
    }

    /// Refuses memory of another device.
    ///
    /// # Errors
    /// [`Error::Foreign`].
    pub(super) fn check_owner(&self, memory: &Rc<dyn Memory>) -> Result<()> {
        match self.owns(memory) {
            true => Ok(()),
            false => Err(Error::Foreign { buffer: memory.allocation().name().into(), device: self.name() }),
        }
    }

    /// What `fill` makes of `len` elements of four bytes.
    ///
    /// # Errors
    /// [`Error::Lost`] or [`Error::Device`] when the device failed meanwhile, or else what `fill` met.
    pub(super) async fn elements<T: Pod>(
        &self,
        len: usize,
        fill: impl AsyncFnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<Vec<T>> {
        let bytes = 4 * len;
        let mut values = vec![T::zeroed(); bytes.div_ceil(size_of::<T>())];
        let filled = fill(&mut bytemuck::cast_slice_mut(&mut values)[..bytes]).await;
        // Why it failed, where the device knows, says more than that it did.
        self.check()?;
        filled.map(|()| values)
    }
}
