//! What nothing is known of yet is tried with a little work first.

use crate::device::buffer::Buffer;
use crate::device::context::Device;
use crate::device::dispatch_list::DispatchList;
use crate::device::pace::FIRST_COST;
use crate::device::readback::Staging;
use crate::error::Result;

/// Enough is known once two pieces of work differ by so many milliseconds, which is more than clocks and chance do.
const DIFFERENCE_MS: f64 = 10.0;
/// A first piece that takes longer may be large for the device; the next is then smaller.
const LONG_MS: f64 = 50.0;
/// A piece repeats the list at most this often.
const MOST_REPEATS: u64 = 1024;
/// A piece is larger than the one before by this factor.
const GROWTH: f64 = 4.0;

/// A piece of work and the milliseconds until it was known to be done.
#[derive(Debug, Clone, Copy)]
struct Tried {
    work: f64,
    ms: f64,
}

impl Device {
    /// As [`Self::learn`], unless it is known how fast the device is.
    ///
    /// # Errors
    /// As [`Self::learn`].
    pub async fn calibrate(&self, list: &DispatchList) -> Result<()> {
        if self.millis_of(0).is_some() { Ok(()) } else { self.learn(list).await }
    }

    /// Learns how fast the device is from dispatches of `list`, in pieces that are waited for and grow
    /// until two differ: `(difference of work) / (difference of time)` is free of the latency, and no piece but the first is
    /// much longer than the time that it takes to see a difference.
    ///
    /// # Errors
    /// [`crate::Error::Device`] when the device failed, [`crate::Error::Limit`] without memory.
    pub async fn learn(&self, list: &DispatchList) -> Result<()> {
        if list.is_empty() {
            return Ok(());
        }
        let fence = Buffer::new(self, "fence", 1)?;
        let staging = Staging::new(self, "fence to read", 1)?;
        let first = self.try_out(list, FIRST_COST, &fence, &staging).await?;
        let (mut shortest, mut largest) = (first, first);
        let mut cost = if first.ms > LONG_MS { first.work / 8.0 } else { GROWTH * first.work };
        loop {
            let tried = self.try_out(list, cost, &fence, &staging).await?;
            if tried.ms < shortest.ms {
                shortest = tried;
            }
            let grows = tried.work > largest.work || cost < largest.work;
            if tried.work >= largest.work {
                largest = tried;
            }
            if largest.ms - shortest.ms > DIFFERENCE_MS || !grows {
                break;
            }
            cost = GROWTH * largest.work;
        }
        let (work, ms) = (largest.work - shortest.work, largest.ms - shortest.ms);
        let rate = if ms > DIFFERENCE_MS && work > 0.0 { work / ms } else { largest.work / largest.ms };
        self.pace(|pace| pace.learned(rate, (largest.work, largest.ms)));
        Ok(())
    }

    /// Does about `cost` of the list, waits, and tells how long it took.
    async fn try_out(&self, list: &DispatchList, cost: f64, fence: &Buffer, staging: &Staging) -> Result<Tried> {
        let whole = (cost as u64 / list.cost()).min(MOST_REPEATS);
        let started = self.now();
        let mut work = whole * list.cost();
        let submission = self.submit("first work", |encoder| {
            (0..whole).for_each(|_| list.record(encoder, 0));
            if whole == 0 {
                let part = list.portion(0, cost);
                work = list.cost_of(part.clone());
                list.record_range(encoder, 0, part);
            }
            staging.copy_from(encoder, fence, 1);
        });
        let sent = self.pace(|pace| pace.all_sent());
        staging.read(self, 1, submission).values::<u32>(self).await?;
        let now = self.now();
        self.pace(|pace| pace.settled(sent, now));
        Ok(Tried { work: work as f64, ms: (now - started).max(1.0) })
    }
}
