//! A device that computes nothing and knows how long that would take: it counts memory that it does not have, and keeps a
//! clock of its own, by which every dispatch takes the time of its estimated work. What is read back is zeros.
//!
//! It says what a run needs before anything is allocated, and shows to tests how work is cut and paced on devices that
//! nobody has at hand.

use crate::device::backend::{
    BLOCK_BYTES, Backend, Clock, Commands, Compiled, Description, ErrorScope, Memory, Pending, Prepared, Record,
    Report, Submission, Submitted, Usage,
};
use crate::device::context::Device;
use crate::device::counters::{Allocation, Counters};
use crate::error::Result;
use std::any::Any;
use std::ops::Range;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a simulated device is like. A copy shares the clock.
#[derive(Debug, Clone)]
pub struct Simulation(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    cost_per_ms: f64,
    latency_ms: f64,
    jitter_ms: f64,
    poll_ms: f64,
    unevenness: f64,
    /// Milliseconds since the beginning.
    now: f64,
    /// When all that was submitted will be done.
    busy_until: f64,
    /// For how long the device has had nothing to do.
    idle_ms: f64,
    submits: Vec<f64>,
    random: u32,
}

impl Simulation {
    /// A device that does `cost_per_ms` of work in a millisecond ([`Dispatch::cost`](crate::device::Dispatch::cost)) and
    /// whose results are known at once.
    pub fn new(cost_per_ms: f64) -> Simulation {
        Simulation(Arc::new(Mutex::new(State { cost_per_ms, unevenness: 1.0, random: 1, ..State::default() })))
    }

    /// Results are known `latency_ms` later than they are there, and up to `jitter_ms` more; and where `poll_ms` is not 0,
    /// only at its multiples.
    pub fn set_latency(&self, latency_ms: f64, jitter_ms: f64, poll_ms: f64) {
        let mut state = self.state();
        (state.latency_ms, state.jitter_ms, state.poll_ms) = (latency_ms, jitter_ms, poll_ms);
    }

    /// Kernels that are compiled from now on take up to `factor` times as long as their estimated work says, each its own.
    pub fn set_unevenness(&self, factor: f64) {
        self.state().unevenness = factor;
    }

    /// The device becomes faster or slower.
    pub fn set_rate(&self, cost_per_ms: f64) {
        self.state().cost_per_ms = cost_per_ms;
    }

    /// Something else takes the caller's time.
    pub fn pass(&self, ms: f64) {
        self.state().now += ms;
    }

    /// The device's clock, in milliseconds, and for how many of them it had nothing to do.
    pub fn times(&self) -> (f64, f64) {
        let state = self.state();
        (state.now, state.idle_ms)
    }

    /// How long each submit so far kept the device busy, in milliseconds.
    pub fn submits(&self) -> Vec<f64> {
        self.state().submits.clone()
    }

    /// The device, as it would be seen behind an adapter.
    pub fn device(&self) -> Device {
        let description = Description {
            name: "simulation".into(),
            interface: "simulation",
            is_cpu: false,
            is_software: false,
            lanes_per_channel: 16,
            details: None,
        };
        self.described(description)
    }

    /// The device, as one that needs as much memory for the same things as `other`.
    pub fn device_like(&self, other: &Device) -> Device {
        let &Description { interface, is_cpu, is_software, lanes_per_channel, .. } = other.backend.description();
        let name = other.name();
        self.described(Description { name, interface, is_cpu, is_software, lanes_per_channel, details: None })
    }

    fn described(&self, description: Description) -> Device {
        let counters = Arc::default();
        let backend = Simulated { simulation: self.clone(), description, counters: Arc::clone(&counters) };
        Device::new(Box::new(backend), counters)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The work of a dispatch as this device does it.
    fn work_of(&self, dispatch: &Prepared) -> f64 {
        let hash = dispatch.kernel.name.bytes().fold(17u32, |hash, byte| hash.wrapping_mul(31) ^ u32::from(byte));
        dispatch.cost as f64 * self.unevenness.powf(f64::from(hash % 101) / 100.0)
    }

    /// A submit of so much work; the caller's part takes a twentieth of a millisecond.
    fn submitted(&mut self, cost: f64) -> f64 {
        self.now += 0.05;
        let ms = cost / self.cost_per_ms;
        self.idle_ms += (self.now - self.busy_until).max(0.0);
        self.busy_until = self.busy_until.max(self.now) + ms;
        self.submits.push(ms);
        self.busy_until
    }

    /// What was done at `done` becomes known.
    fn wait_for(&mut self, done: f64) {
        // Numerical Recipes' generator; its upper bits are random enough for a jitter.
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let share = f64::from(self.random >> 8) / f64::from(1 << 24);
        let mut known = done + self.latency_ms + share * self.jitter_ms;
        if self.poll_ms > 0.0 {
            known = (known / self.poll_ms).ceil() * self.poll_ms;
        }
        self.now = self.now.max(known);
    }
}

/// The back end.
#[derive(Debug)]
struct Simulated {
    simulation: Simulation,
    description: Description,
    counters: Arc<Counters>,
}

/// Memory that nobody has.
#[derive(Debug)]
struct Claimed(Allocation);

impl Memory for Claimed {
    fn allocation(&self) -> &Allocation {
        &self.0
    }
}

/// The work of every dispatch, and what an adapter's list would hold.
struct Costs {
    costs: Vec<f64>,
    _blocks: Option<Claimed>,
    _storage: Vec<Rc<dyn Memory>>,
}

impl Compiled for Costs {}

/// Adds up.
struct Sum(f64);

impl Commands for Sum {
    fn replay(&mut self, list: &dyn Compiled, dispatches: Range<usize>, _: u32) {
        let list: &dyn Any = list;
        let list: &Costs = list.downcast_ref().expect("a list is replayed by the device that compiled it");
        self.0 += list.costs[dispatches].iter().sum::<f64>();
    }

    fn copy(&mut self, _: &Rc<dyn Memory>, _: u32, _: &Rc<dyn Memory>, _: u32, _: u32) {}

    fn clear(&mut self, _: &Rc<dyn Memory>) {}
}

/// When it will be done.
struct Done {
    simulation: Simulation,
    at: f64,
}

impl Submitted for Done {
    fn wait(&self) -> Result<()> {
        self.simulation.state().wait_for(self.at);
        Ok(())
    }
}

/// Nothing is refused.
struct NoErrors;

impl ErrorScope for NoErrors {
    fn end(self: Box<Self>) -> Pending<'static, ()> {
        Box::pin(async { Ok(()) })
    }
}

impl Backend for Simulated {
    fn description(&self) -> &Description {
        &self.description
    }

    fn now(&self) -> f64 {
        self.simulation.state().now
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn error_scope(&self) -> Box<dyn ErrorScope> {
        Box::new(NoErrors)
    }

    fn allocate(&self, _: Usage, allocation: Allocation) -> Result<Rc<dyn Memory>> {
        Ok(Rc::new(Claimed(allocation)))
    }

    fn write(&self, _: &Rc<dyn Memory>, _: u32, _: &[u8]) {}

    fn compile<'a>(
        &'a self,
        dispatches: Vec<Prepared>,
        _: &'a Rc<dyn Memory>,
        _: &'a mut Report<'a>,
    ) -> Pending<'a, Box<dyn Compiled>> {
        let bytes = BLOCK_BYTES * dispatches.len().max(1) as u64;
        let blocks = || Claimed(Allocation::new(&self.counters, "parameter blocks", bytes));
        let state = self.simulation.state();
        let list = Costs {
            costs: dispatches.iter().map(|dispatch| state.work_of(dispatch)).collect(),
            _blocks: (!self.description.is_cpu).then(blocks),
            _storage: dispatches.into_iter().flat_map(|dispatch| dispatch.storage).collect(),
        };
        Box::pin(async { Ok(Box::new(list) as Box<dyn Compiled>) })
    }

    fn submit(&self, _: &str, record: &mut Record<'_>) -> Submission {
        let mut sum = Sum(0.0);
        record(&mut sum);
        let at = self.simulation.state().submitted(sum.0);
        Submission(Box::new(Done { simulation: self.simulation.clone(), at }))
    }

    fn read(&self, _: &Rc<dyn Memory>, bytes: u64, submission: Submission) -> Pending<'static, Vec<u8>> {
        Box::pin(async move {
            submission.0.wait()?;
            Ok(vec![0; bytes as usize])
        })
    }

    fn download<'a>(&'a self, _: &'a Rc<dyn Memory>, into: &'a mut [u8]) -> Pending<'a, ()> {
        let mut state = self.simulation.state();
        let done = state.submitted(0.0);
        state.wait_for(done);
        into.fill(0);
        Box::pin(async { Ok(()) })
    }

    fn clock(&self) -> Result<Option<Box<dyn Clock>>> {
        Ok(None)
    }
}
