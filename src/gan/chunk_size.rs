//! How many steps one submit holds: enough that launching costs nothing, few enough that the GPU stays responsive.

/// A submit is meant to take this many milliseconds.
const TARGET_MS: f64 = 40.0;
/// And never longer than this.
const LONGEST_MS: f64 = 200.0;

/// Chooses the number of steps of the next chunk from how long the last ones took.
#[derive(Debug, Clone, PartialEq)]
pub struct ChunkSize {
    ms_per_step: Option<f64>,
    most: u32,
    steps: u32,
}

impl ChunkSize {
    /// Starts with single steps; never more than `most` to a chunk.
    pub fn new(most: u32) -> ChunkSize {
        ChunkSize { ms_per_step: None, most: most.max(1), steps: 1 }
    }

    /// Steps of the next chunk.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Measured milliseconds per step, smoothed; `None` before the first chunk.
    pub fn ms_per_step(&self) -> Option<f64> {
        self.ms_per_step
    }

    /// Learns from a chunk of `steps` that took `ms`. The number of steps grows at most fourfold at a time, because
    /// the first chunks include warm-up costs, and shrinks at once.
    pub fn record(&mut self, steps: u32, ms: f64) {
        if steps == 0 || !ms.is_finite() || ms <= 0.0 {
            return;
        }
        let now = ms / f64::from(steps);
        let smooth = self.ms_per_step.map_or(now, |before| 0.7 * before + 0.3 * now);
        self.ms_per_step = Some(smooth);
        let wanted = if ms > LONGEST_MS { TARGET_MS / now } else { TARGET_MS / smooth };
        let grown = f64::from(self.steps) * 4.0;
        self.steps = (wanted.min(grown) as u32).clamp(1, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settles_near_the_target_and_respects_the_most() {
        for (ms_per_step, expected) in [(0.01, 128), (1.0, 40), (10.0, 4), (500.0, 1)] {
            let mut size = ChunkSize::new(128);
            for _ in 0..30 {
                let steps = size.steps();
                size.record(steps, ms_per_step * f64::from(steps));
            }
            assert_eq!(size.steps(), expected, "{ms_per_step} ms per step");
        }
    }

    #[test]
    fn a_slow_chunk_shrinks_the_next_at_once() {
        let mut size = ChunkSize::new(128);
        for _ in 0..10 {
            size.record(size.steps(), 0.5 * f64::from(size.steps()));
        }
        assert!(size.steps() > 50);
        size.record(size.steps(), 4000.0);
        assert!(size.steps() <= 2, "{}", size.steps());
    }
}
