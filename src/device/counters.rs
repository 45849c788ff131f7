//! What a device counts, and what its memory is counted by.

use crate::error::{Error, sentences};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a device has done since it was opened, and the memory that is alive. All but the time spent recording is the
/// same on every adapter.
#[derive(Debug, Default)]
pub struct Counters {
    submits: AtomicU64,
    dispatches: AtomicU64,
    multiply_adds: AtomicU64,
    buffers: AtomicU64,
    buffer_bytes: AtomicU64,
    readback_bytes: AtomicU64,
    record_micros: AtomicU64,
}

/// What a device has done since it was opened, and the memory that is alive, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Command buffers submitted.
    pub submits: u64,
    /// Compute dispatches recorded.
    pub dispatches: u64,
    /// Multiply-adds that their matrix products do, those beyond the edges of a matrix among them.
    pub multiply_adds: u64,
    /// Buffers created, those that are gone among them.
    pub buffers: u64,
    /// Bytes of all buffers that are alive.
    pub buffer_bytes: u64,
    /// Bytes copied back to the CPU.
    pub readback_bytes: u64,
    /// Microseconds spent recording commands: the only count that depends on the machine.
    pub record_micros: u64,
}

impl Counters {
    /// The present values.
    pub fn counts(&self) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            submits: get(&self.submits),
            dispatches: get(&self.dispatches),
            multiply_adds: get(&self.multiply_adds),
            buffers: get(&self.buffers),
            buffer_bytes: get(&self.buffer_bytes),
            readback_bytes: get(&self.readback_bytes),
            record_micros: get(&self.record_micros),
        }
    }

    /// One more submit.
    pub fn submitted(&self) {
        self.submits.fetch_add(1, Ordering::Relaxed);
    }

    /// So many more dispatches and multiply-adds.
    pub fn dispatched(&self, dispatches: u64, multiply_adds: u64) {
        self.dispatches.fetch_add(dispatches, Ordering::Relaxed);
        self.multiply_adds.fetch_add(multiply_adds, Ordering::Relaxed);
    }

    /// So many more bytes copied back to the CPU.
    pub fn read_back(&self, bytes: u64) {
        self.readback_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many more milliseconds of recording.
    pub fn recorded(&self, millis: f64) {
        self.record_micros.fetch_add((1000.0 * millis) as u64, Ordering::Relaxed);
    }
}

/// A buffer in the counters: whose it is, what it is called, how large it is. Memory holds one for as long as it is
/// alive, and is then subtracted.
#[derive(Debug)]
pub struct Allocation {
    counters: Arc<Counters>,
    name: String,
    bytes: u64,
}

impl Allocation {
    /// One buffer more, of `bytes` bytes.
    pub fn new(counters: &Arc<Counters>, name: &str, bytes: u64) -> Allocation {
        counters.buffers.fetch_add(1, Ordering::Relaxed);
        counters.buffer_bytes.fetch_add(bytes, Ordering::Relaxed);
        Allocation { counters: counters.clone(), name: name.into(), bytes }
    }

    /// What the buffer is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its size.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether these counters are those of the device that it was made for.
    pub fn belongs_to(&self, counters: &Arc<Counters>) -> bool {
        Arc::ptr_eq(&self.counters, counters)
    }

    /// What to say where a buffer may have `most` bytes.
    pub fn above(&self, most: u64) -> Error {
        Error::Limit(sentences::limit::buffer(&self.name, mib(self.bytes), mib(most)))
    }

    /// What to say where there is less memory than it needs.
    pub fn without_memory(&self) -> Error {
        Error::Limit(sentences::limit::memory(&self.name, mib(self.bytes)))
    }
}

impl Drop for Allocation {
    fn drop(&mut self) {
        self.counters.buffer_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A size as it is told to people.
pub fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1 << 20) as f64)
}
