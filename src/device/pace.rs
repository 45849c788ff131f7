//! How much work a device does in a millisecond, and how long it takes until that is known.
//!
//! Work is counted as `Dispatch::cost` says, and observed where results are read back. Between two observations the device
//! does at most all that was sent meanwhile, so `work / time` never exceeds its true rate, and reaches it where the device
//! never had to wait: the rate is the largest seen lately. A submit that is cut by it is therefore never longer than meant.
//! A piece of work that was sent to an idle device takes `latency + work / rate`, which gives the latency; the pipe is let
//! run dry for one now and then. What is in flight covers the latency and a quarter more, so that a rate that was taken
//! for too low rises again. (The same reasoning as BBR's for a network: Cardwell et al., ACM Queue 14(5), 2016.)

use std::collections::VecDeque;

/// A submit is meant to take at most this many milliseconds.
const SUBMIT_MS: f64 = 45.0;
/// Work between two read-backs is meant to take this many milliseconds, or a quarter of the latency.
const CHUNK_MS: f64 = 40.0;
/// An observation that is longer than this by more than the latency, and was not expected, begins everything anew.
const LONGEST_MS: f64 = 200.0;
/// Most pieces of work that are in flight.
pub const MOST_IN_FLIGHT: usize = 8;
/// The first piece of work on a device that nothing is known of.
pub const FIRST_COST: f64 = 2e6;
/// Clocks of browsers are no finer than this; below it a time says nothing.
const RESOLUTION_MS: f64 = 1.0;
/// Where submits are computed by the thread that makes them, it takes messages this often, each time at a cost of up to 4 ms.
#[cfg(target_arch = "wasm32")]
const BREATH_MS: f64 = 200.0;
/// Observations that the rate is the largest of.
const RATES: usize = 8;
/// Observations of an idle device that the latency is the median of.
const LONE: usize = 3;
/// The pipe is let run dry after so many observations.
const LONE_EVERY: u32 = 64;

/// When a piece of work was begun, and what was under way then.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    since: f64,
    seen: f64,
    sent: f64,
    /// Whether the device had nothing else to do.
    is_lone: bool,
    /// Whether that was so at `since`: then the time contains the latency.
    after_idle: bool,
}

/// What was learned of a device.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    /// Work per millisecond.
    rates: VecDeque<f64>,
    /// Work that was sent to an idle device, and the milliseconds until it was known to be done.
    lone: VecDeque<(f64, f64)>,
    since_lone: u32,
    rate_at_lone: f64,
    /// All work that was sent, what is known to be done of it, and since when.
    sent: f64,
    seen: f64,
    seen_at: f64,
    /// Whether that is when work began after an idle time, and not when something was seen.
    after_idle: bool,
    #[cfg(target_arch = "wasm32")]
    breathed_at: f64,
}

impl Pace {
    /// What a device showed that nothing was known of: its rate, and work that was sent when it was idle, with the
    /// milliseconds until that was known to be done.
    pub fn learned(&mut self, rate: f64, lone: (f64, f64)) {
        self.rates = VecDeque::from([rate]);
        self.lone = VecDeque::from([lone]);
        (self.since_lone, self.rate_at_lone) = (0, rate);
    }

    /// So much more work was sent.
    pub fn sent(&mut self, cost: u64) {
        self.sent += cost as f64;
    }

    /// A piece of work begins.
    pub fn begin(&mut self, now: f64) -> Mark {
        let is_lone = self.sent <= self.seen;
        if is_lone {
            if self.has_slowed() {
                self.lone.clear();
            }
            (self.seen_at, self.after_idle) = (now, true);
            self.since_lone = 0;
            self.rate_at_lone = self.rate().unwrap_or(0.0);
        }
        Mark { since: self.seen_at, seen: self.seen, sent: self.sent, is_lone, after_idle: self.after_idle }
    }

    /// All of it has been sent.
    pub fn end(&self, mark: &mut Mark) {
        mark.sent = self.sent;
    }

    /// It is known to be done. Returns the milliseconds that it took.
    pub fn observed(&mut self, mark: &Mark, now: f64) -> f64 {
        let ms = (now - mark.since).max(RESOLUTION_MS);
        self.settled(mark.sent, now);
        let work = mark.sent - mark.seen;
        if work <= 0.0 {
            return ms;
        }
        if self.rate().is_some_and(|rate| ms - self.latency() > LONGEST_MS.max(4.0 * work / rate)) {
            self.rates.clear();
            self.lone.clear();
        }
        self.since_lone += 1;
        if mark.is_lone {
            push(&mut self.lone, (work, ms), LONE);
        }
        // Where the time is mostly latency it says nothing of the rate.
        if self.rate().is_none() || !mark.after_idle || 4.0 * self.latency() < ms {
            push(&mut self.rates, work / ms, RATES);
        }
        ms
    }

    /// All work up to `sent`, of [`Self::all_sent`], is known to be done.
    pub fn settled(&mut self, sent: f64, now: f64) {
        self.seen = self.seen.max(sent);
        (self.seen_at, self.after_idle) = (now, false);
    }

    /// All work that was sent.
    pub fn all_sent(&self) -> f64 {
        self.sent
    }

    /// Work per millisecond; the largest alone of many observations may be a clock's error. `None` before the first.
    pub fn rate(&self) -> Option<f64> {
        let mut rates: Vec<f64> = self.rates.iter().copied().collect();
        rates.sort_by(f64::total_cmp);
        rates.iter().rev().nth(usize::from(rates.len() > 2)).copied()
    }

    /// Milliseconds until work that is done is known to be.
    pub fn latency(&self) -> f64 {
        let Some(rate) = self.rate() else { return 0.0 };
        let mut all: Vec<f64> = self.lone.iter().map(|(work, ms)| (ms - work / rate).max(0.0)).collect();
        all.sort_by(f64::total_cmp);
        if all.is_empty() { 0.0 } else { all[(all.len() - 1) / 2] }
    }

    /// The most work of one submit.
    pub fn submit_cost(&self) -> f64 {
        self.rate().map_or(FIRST_COST, |rate| SUBMIT_MS * rate)
    }

    /// The work between two read-backs.
    pub fn chunk_cost(&self) -> f64 {
        self.rate().map_or(FIRST_COST, |rate| self.chunk_ms() * rate)
    }

    fn chunk_ms(&self) -> f64 {
        CHUNK_MS.max(self.latency() / 4.0)
    }

    /// How many pieces of `cost` are to be in flight: one that is waited for, and what covers the latency. One alone where
    /// the pipe is to run dry.
    pub fn in_flight(&self, cost: f64) -> usize {
        let Some(rate) = self.rate() else { return 1 };
        if self.lone.is_empty() || self.since_lone >= LONE_EVERY || self.has_slowed() {
            return 1;
        }
        let covering = 1.25 * (1.0 + self.latency() * rate / cost);
        (covering.ceil() as usize).clamp(2, MOST_IN_FLIGHT)
    }

    /// Whether it is time to let others go first; then they do.
    #[cfg(target_arch = "wasm32")]
    pub fn is_breath_due(&mut self, now: f64) -> bool {
        let is_due = now - self.breathed_at > BREATH_MS;
        if is_due {
            self.breathed_at = now;
        }
        is_due
    }

    /// Whether the rate has fallen since the latency was measured: then that may have grown.
    fn has_slowed(&self) -> bool {
        self.rate().is_some_and(|rate| rate < 0.75 * self.rate_at_lone)
    }
}

fn push<T>(all: &mut VecDeque<T>, value: T, most: usize) {
    all.truncate(most - 1);
    all.push_front(value);
}
