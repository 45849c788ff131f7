//! What a training step reports.

use crate::config::Loss;
use crate::error::Error;
use crate::kernels::METRIC_COLUMNS;
use serde::Serialize;

/// Losses of one step, means over the batch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Metrics {
    /// D's on real images; a loss that looks at pairs of images has none.
    pub d_loss_real: Option<f32>,
    /// D's on fakes.
    pub d_loss_fake: Option<f32>,
    /// D's in all.
    pub d_loss: f32,
    /// G's.
    pub g_loss: f32,
}

impl Metrics {
    /// From a row of the metric block.
    fn new(loss: Loss, row: &[f32]) -> Metrics {
        let part = |value: f32| loss.has_real_and_fake().then_some(value);
        Metrics { d_loss_real: part(row[0]), d_loss_fake: part(row[1]), d_loss: row[2], g_loss: row[3] }
    }

    /// Names and values, those that there are.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, f32)> {
        let all = [
            ("d_loss_real", self.d_loss_real),
            ("d_loss_fake", self.d_loss_fake),
            ("d_loss", Some(self.d_loss)),
            ("g_loss", Some(self.g_loss)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

/// The metrics of steps `first`, `first + 1`, ... out of the metric block, up to the first step with one that is NaN or
/// infinite, for which [`Error::NonFinite`] stands behind them.
pub(super) fn metrics(loss: Loss, first: u32, block: &[f32]) -> (Vec<Metrics>, Option<Error>) {
    let mut all = Vec::new();
    for (step, row) in (first..).zip(block.chunks_exact(METRIC_COLUMNS)) {
        let metrics = Metrics::new(loss, row);
        if let Some((which, value)) = metrics.values().find(|(_, value)| !value.is_finite()) {
            return (all, Some(Error::non_finite(step, which, value)));
        }
        all.push(metrics);
    }
    (all, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_that_is_not_finite_is_named() {
        let (all, error) = metrics(Loss::Bce, 4, &[0.7, 0.7, 1.4, 0.7]);
        assert_eq!((all.len(), error), (1, None));
        let (all, error) = metrics(Loss::Bce, 4, &[0.7, 0.7, 1.4, 0.7, 0.7, f32::NAN, f32::NAN, f32::INFINITY]);
        let expected = Error::NonFinite { step: 5, which: "d_loss_fake".into(), value: "NaN".into() };
        assert_eq!((all.len(), error), (1, Some(expected)));
    }
}
