//! What a run of an experiment came to, and the table of all of them.

use crate::files::{file_error, read_text, write_shared};
use crate::folder::{Score, best};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use wn_gan::config::Norm;
use wn_gan::{Config, Error, Result};

/// File of a finished run.
pub const FILE: &str = "result.json";
const COLUMNS: &str = "dataset,norm,lr,seed,steps,first_running,best_step,best_running,last_running,final_mean,final_ci95,\
                       learned,collapsed";
/// A run has learned if its best running loss is this share of the untrained network's, or less.
const LEARNED: f64 = 0.9;
/// A run has collapsed if it ends with a smaller share than this of what its best network had gained on the untrained one.
const KEPT: f64 = 0.5;
/// Folders between an experiment's own and those of its runs: dataset, norm, learning rate, seed.
const DEPTH: u32 = 4;

/// The result of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The data set's word in folder names.
    pub dataset: String,
    /// The run's settings.
    pub config: Config,
    /// Adapter it ran on.
    pub adapter: String,
    /// Training steps done.
    pub steps: u32,
    /// Why it stopped before `niter`, if it did.
    pub stopped: Option<String>,
    /// The running loss of the untrained network.
    #[serde(default)]
    pub first_running: Option<f64>,
    /// Step of the lowest running loss.
    pub best_step: Option<u32>,
    /// The lowest running loss.
    pub best_running: Option<f64>,
    /// The last running loss.
    pub last_running: Option<f64>,
    /// Gradient steps of the final test.
    pub final_steps: u32,
    /// Mean of the final test of the best network.
    pub final_mean: Option<f64>,
    /// Half the width of its 95 % interval over images.
    pub final_ci95: Option<f64>,
    /// Whether the lowest running loss is at least a tenth below the untrained network's.
    #[serde(default)]
    pub learned: bool,
    /// Whether training ended in losses that are NaN or infinite, or more than half of what the best network had gained on
    /// the untrained one is lost at the end.
    pub collapsed: bool,
    /// Seconds that the last part of it took, building and tests included.
    pub seconds: f64,
}

impl Outcome {
    /// Of a run about to be tested; everything measured is still missing.
    pub fn new(dataset: String, config: Config, final_steps: u32, adapter: String) -> Outcome {
        Outcome {
            dataset,
            config,
            adapter,
            steps: 0,
            stopped: None,
            first_running: None,
            best_step: None,
            best_running: None,
            last_running: None,
            final_steps,
            final_mean: None,
            final_ci95: None,
            learned: false,
            collapsed: false,
            seconds: 0.0,
        }
    }

    /// Takes over the running tests, in order, and judges by them whether the run learned and whether it collapsed.
    pub fn set_scores(&mut self, scores: &[Score]) {
        self.collapsed = self.stopped.is_some();
        let (Some(first), Some(best), Some(last)) = (scores.first(), best(scores), scores.last()) else { return };
        self.first_running = Some(first.loss);
        self.best_step = Some(best.step);
        self.best_running = Some(best.loss);
        self.last_running = Some(last.loss);
        self.learned = best.loss <= LEARNED * first.loss;
        let kept = first.loss - last.loss >= KEPT * (first.loss - best.loss);
        self.collapsed |= !kept;
    }

    /// As the text of `result.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("an outcome has only numbers and strings")
    }

    /// From a `result.json`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> Result<Outcome> {
        Outcome::parse(&read_text(path)?, path)
    }

    /// From the text of the `result.json` at `path`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str, path: &Path) -> Result<Outcome> {
        serde_json::from_str(text).map_err(|e| Error::File(format!("{} is no result of a run ({e}).", path.display())))
    }

    /// As a row of the table of all.
    pub fn row(&self) -> String {
        let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let fields = [
            self.dataset.clone(),
            norm_word(self.config.norm),
            format!("{:e}", self.config.lr),
            self.config.seed.to_string(),
            self.steps.to_string(),
            number(self.first_running),
            self.best_step.map_or(String::new(), |step| step.to_string()),
            number(self.best_running),
            number(self.last_running),
            number(self.final_mean),
            number(self.final_ci95),
            self.learned.to_string(),
            self.collapsed.to_string(),
        ];
        fields.join(",") + "\n"
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { norm, lr, seed, .. } = &self.config;
        write!(f, "{} {} lr {lr:e} seed {seed}: {} steps", self.dataset, norm_word(*norm), self.steps)?;
        if let (Some(best), Some(step), Some(last)) = (self.best_running, self.best_step, self.last_running) {
            write!(f, ", running test best {best:.6} at {step}, last {last:.6}")?;
        }
        if let (Some(mean), Some(ci)) = (self.final_mean, self.final_ci95) {
            write!(f, ", final test {mean:.6} +- {ci:.6}")?;
        }
        if let Some(reason) = &self.stopped {
            write!(f, ", stopped because {reason}")?;
        }
        f.write_str(if self.collapsed { ", collapsed" } else { "" })
    }
}

/// The norm as flags and folders spell it.
pub fn norm_word(norm: Norm) -> String {
    serde_json::to_value(norm).ok().and_then(|word| word.as_str().map(String::from)).unwrap_or_default()
}

/// Writes `summary.csv` with every finished run below `root`, whoever ran it; returns why others are left out.
///
/// # Errors
/// A folder that cannot be read, or the table, which cannot be written.
pub fn summarise(root: &Path) -> Result<Vec<Error>> {
    let (mut outcomes, mut left_out) = (Vec::new(), Vec::new());
    for folder in descendants(root, DEPTH)? {
        let path = folder.join(FILE);
        if path.exists() {
            match Outcome::read(&path) {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => left_out.push(error),
            }
        }
    }
    outcomes.sort_by(|a, b| {
        let key = |o: &Outcome| (o.dataset.clone(), norm_word(o.config.norm), o.config.seed);
        let (x, y) = (key(a), key(b));
        (&x.0, &x.1).cmp(&(&y.0, &y.1)).then(a.config.lr.total_cmp(&b.config.lr)).then(x.2.cmp(&y.2))
    });
    let rows: String = outcomes.iter().map(Outcome::row).collect();
    write_shared(&root.join("summary.csv"), format!("{COLUMNS}\n{rows}").as_bytes())?;
    Ok(left_out)
}

/// The folders exactly `depth` levels below `root`.
fn descendants(root: &Path, depth: u32) -> Result<Vec<PathBuf>> {
    if depth == 0 {
        return Ok(vec![root.into()]);
    }
    if !root.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |e: std::io::Error| file_error("Reading the folder", root, &e);
    let mut found = Vec::new();
    for entry in fs::read_dir(root).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.extend(descendants(&path, depth - 1)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_collapsed_when_it_loses_half_of_what_it_gained_or_ends_in_nan() {
        let judge = |losses: &[f64], stopped: Option<&str>| {
            let mut outcome = Outcome::new("faces".into(), Config::default(), 300, "adapter".into());
            outcome.stopped = stopped.map(String::from);
            let score = |(i, &loss): (usize, &f64)| Score { step: 10 * i as u32, loss };
            outcome.set_scores(&losses.iter().enumerate().map(score).collect::<Vec<_>>());
            [outcome.learned, outcome.collapsed]
        };
        assert_eq!(judge(&[0.5, 0.25, 0.375], None), [true, false], "just at the limit");
        assert_eq!(judge(&[0.5, 0.25, 0.376], None), [true, true]);
        assert_eq!(judge(&[0.5, 0.25], None), [true, false], "the last is the best");
        assert_eq!(judge(&[0.5, 0.46, 0.46], None), [false, false], "not a tenth");
        assert_eq!(judge(&[0.5, 0.6], None), [false, true], "worse than untrained");
        assert_eq!(judge(&[0.5, 0.25, f64::NAN], None), [true, true]);
        assert_eq!(judge(&[0.5, 0.25], Some("g_loss is NaN")), [true, true]);
        assert_eq!(judge(&[], None), [false, false], "no test");
    }

    #[test]
    fn a_row_has_a_field_for_every_column() {
        let outcome = Outcome::new("faces".into(), Config::default(), 300, "adapter".into());
        assert_eq!(outcome.row().matches(',').count(), COLUMNS.matches(',').count());
        assert!(outcome.row().starts_with("faces,weight,1e-4,1,0,,"), "{}", outcome.row());
    }
}
