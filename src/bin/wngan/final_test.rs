//! The final test, the paper's evaluation: all held-out images, more gradient steps than the running test.

use crate::files::write_whole;
use crate::folder::write_test;
use crate::reporter::Reporter;
use crate::run::build;
use pollster::block_on;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use wn_gan::data::Dataset;
use wn_gan::device::Device;
use wn_gan::error::plain;
use wn_gan::gan::checkpoint::Checkpoint;
use wn_gan::{Config, Error, Result};

/// Two-sided 95 % quantile of the normal distribution.
const NORMAL_95: f64 = 1.959_964;

/// A mean over images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Half the width of its 95 % interval, `1.96 s / sqrt(n)` with the sample's standard deviation s: how far the mean
    /// over other images of the same kind may lie away. It says nothing about other training runs.
    pub ci95: f64,
}

impl Estimate {
    /// Of at least two losses; of one, the interval is not a number.
    fn of(losses: &[f32]) -> Estimate {
        let n = losses.len() as f64;
        let mean = losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / n;
        let squares = losses.iter().map(|&loss| (f64::from(loss) - mean).powi(2)).sum::<f64>();
        Estimate { mean, ci95: NORMAL_95 * (squares / (n - 1.0) / n).sqrt() }
    }
}

/// Tests the network of `checkpoint` with `config`'s `test_steps` on all its held-out images and writes
/// `final_test/{step}.csv` and `.png` below `root`.
///
/// # Errors
/// A setting, the device, a checkpoint that does not fit, or a file.
pub fn final_test(
    device: &Arc<Device>,
    config: Config,
    data: &Dataset,
    checkpoint: &Checkpoint,
    root: &Path,
    reporter: &mut Reporter,
) -> Result<Estimate> {
    let steps = config.test_steps;
    let mut trainer = build(device, config, data, Some(checkpoint), reporter)?;
    trainer.start_final_test();
    reporter.begin(1, "final test {bar:30} {pos}/{len} gradient steps, {eta} left");
    let result = loop {
        let report = block_on(trainer.advance_test())?;
        if let Some(result) = report.finished {
            break result;
        }
        reporter.final_test(
            report
                .test
                .ok_or_else(|| Error::Device(plain("The final test ended without a result. Start it again.")))?,
        );
    };
    let folder = root.join("final_test");
    write_test(&folder, &result, block_on(trainer.pairs())?.as_ref())?;
    let estimate = Estimate::of(&result.losses);
    if !estimate.mean.is_finite() {
        return Err(Error::Data(plain(format!(
            "The final test of step {} has no mean: the loss of an image is NaN or infinite ({}). Test another checkpoint.",
            result.step,
            folder.display()
        ))));
    }
    let summary = json!({"step": result.step, "images": result.losses.len(), "test_steps": steps,
        "mean": estimate.mean, "ci95": estimate.ci95});
    write_whole(&folder.join(format!("{:06}.json", result.step)), summary.to_string().as_bytes())?;
    reporter.end_bar();
    let text = format!(
        "final test of step {}: {:.6} +- {:.6} (95 % interval over {} images, {steps} gradient steps)",
        result.step,
        estimate.mean,
        estimate.ci95,
        result.losses.len()
    );
    let event = json!({"event": "final_test", "step": result.step, "images": result.losses.len(), "test_steps": steps,
        "mean": estimate.mean, "ci95": estimate.ci95, "seconds": reporter.seconds()});
    reporter.say(&text, &event);
    Ok(estimate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_the_textbook_one() {
        // Mean 3; squared deviations 4 + 1 + 0 + 1 + 4 = 10, variance 10 / 4 = 2.5, standard error sqrt(2.5 / 5).
        let estimate = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(estimate.mean, 3.0);
        assert!((estimate.ci95 - 1.959_964 * 0.5f64.sqrt()).abs() < 1e-12);
        assert!(Estimate::of(&[1.0]).ci95.is_nan());
    }
}
