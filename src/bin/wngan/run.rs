//! A run under way: training with tests, samples and saves at their steps.
//!
//! A run that is killed or interrupted, and resumed, must end as one that never was. So `last` is saved when no test is
//! under way, and a test judges, and `best` keeps, the very parameters of the step at which the test began.

use crate::folder::Folder;
use crate::interrupt;
use crate::recovery::Memory;
use crate::reporter::Reporter;
use crate::variant;
use pollster::block_on;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use wn_gan::data::Dataset;
use wn_gan::device::Device;
use wn_gan::gan::checkpoint::Checkpoint;
use wn_gan::gan::{Report, Trainer};
use wn_gan::nn::gemm::Variant;
use wn_gan::{Config, Error, Result};

/// When files are written.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(rename_all = "snake_case", next_help_heading = "Output")]
pub struct Schedule {
    /// Steps between sample grids; 0 writes one at the start and one at the end only
    #[arg(long, default_value_t = 500, value_name = "STEPS")]
    pub vis_interval: u32,
    /// Steps between numbered checkpoints; `last` is also written at every test
    #[arg(long, default_value_t = 20_000, value_name = "STEPS")]
    pub save_interval: u32,
    /// Most minutes between two saves of `last`; 0 saves at tests, numbered checkpoints and the end alone
    #[arg(long, default_value_t = 10.0, value_name = "MINUTES", value_parser = minutes)]
    pub save_minutes: f64,
    /// At every running test, write a look inside both networks to log/inspection.csv: lengths of the weights' rows, the
    /// cosine between each row and its gradient, the size of the last update, the share of the first singular value,
    /// slopes, thresholds, and what D makes of the last batch. Nothing is written at step 0, nor at the step at which a
    /// run is resumed: gradients belong to a step that this process has done, and a checkpoint has none
    #[arg(long)]
    pub inspect: bool,
}

fn minutes(text: &str) -> std::result::Result<f64, String> {
    let found = text.parse().ok().filter(|minutes: &f64| (0.0..=1e6).contains(minutes));
    found.ok_or_else(|| format!("save_minutes must be a number between 0 and 1000000; it is \"{text}\"."))
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With its last step.
    Complete,
    /// By an interrupt: everything is saved, and the run can go on.
    Interrupted,
}

/// The trainer of `config` with the state of `checkpoint`, if there is one, and a bar while its kernels are built.
///
/// # Errors
/// A setting, the data, the device, or a checkpoint that does not fit.
pub fn build(
    device: &Arc<Device>,
    config: Config,
    data: &Dataset,
    checkpoint: Option<&Checkpoint>,
    reporter: &mut Reporter,
) -> Result<Trainer> {
    reporter.begin(1, "building kernels {bar:30} {msg}");
    let mut report = |done, total, kernel: &str| reporter.building(done, total, kernel);
    // A run goes on with the variant it began with, where this device can run it: rounding depends on it.
    let named = checkpoint.and_then(|checkpoint| Variant::named(checkpoint.variant.as_deref()?, device));
    let variant = named.map_or_else(|| block_on(variant::choose(device, None)), Ok)?;
    let mut trainer = block_on(Trainer::with_variant(device.clone(), config, data, variant, &mut report))?;
    reporter.end_bar();
    checkpoint.map_or(Ok(()), |checkpoint| trainer.restore(checkpoint))?;
    Ok(trainer)
}

/// A running test under way.
struct Candidate {
    step: u32,
    checkpoint: Arc<Vec<u8>>,
}

/// A trainer with its folder.
pub struct Run<'a> {
    trainer: Trainer,
    reporter: &'a mut Reporter,
    memory: &'a mut Memory,
    folder: Folder,
    schedule: Schedule,
    best: Option<f64>,
    candidate: Option<Candidate>,
    /// Where the trainer stood when it was loaded or built.
    begun: u32,
    /// When `last` was written, or the run began.
    saved: Instant,
}

impl<'a> Run<'a> {
    /// Opens the folder at `root` for a trainer at the step where it stands.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn new(
        trainer: Trainer,
        data: &Dataset,
        root: &Path,
        schedule: Schedule,
        reporter: &'a mut Reporter,
        memory: &'a mut Memory,
    ) -> Result<Run<'a>> {
        let begun = trainer.step();
        let folder = Folder::open(root, trainer.config(), begun, trainer.finished_test(), schedule.inspect)?;
        folder.damage.iter().for_each(|sentence| reporter.warn(sentence));
        let best = match folder.best() {
            Err(error @ Error::Checkpoint(_)) => {
                reporter.warn(&format!("{error} The best network so far is lost; the next test begins anew."));
                None
            }
            other => other?.map(|score| score.loss),
        };
        reporter.start(&trainer, data);
        Ok(Run { trainer, reporter, memory, folder, schedule, best, candidate: None, begun, saved: Instant::now() })
    }

    /// Trains until `niter`, or without end if that is 0; an interrupt ends it with everything saved.
    ///
    /// # Errors
    /// Losses that are NaN or infinite, the device, or a file.
    pub fn complete(mut self) -> Result<Ended> {
        interrupt::listen()?;
        let (niter, interval) = (self.trainer.config().niter, self.trainer.config().test_interval);
        let Schedule { vis_interval, save_interval, .. } = self.schedule;
        // A run that goes on has the grids of an uninterrupted one, and no further.
        if self.folder.is_new || (vis_interval > 0 && self.begun.is_multiple_of(vis_interval)) {
            self.samples()?;
        }
        let mut stop = 0;
        while niter == 0 || self.trainer.step() < niter || self.trainer.has_chunk_in_flight() {
            let is_save_due = interrupt::requested() || self.is_save_due();
            // While a test is under way, the state at its beginning is what a run can go on from. A CPU is not lost.
            let can_be_kept = self.trainer.test_progress().is_none() && !self.trainer.device().is_cpu();
            let is_memory_due = can_be_kept && self.memory.is_due();
            if self.trainer.has_chunk_in_flight() {
                if is_save_due || is_memory_due {
                    stop = self.trainer.step(); // No further chunk before everything is saved.
                }
            } else {
                if is_save_due {
                    self.finish_test()?;
                    self.save(&["last"])?;
                } else if is_memory_due {
                    self.state()?;
                }
                let now = self.trainer.step();
                if interrupt::requested() {
                    self.reporter.interrupted(now);
                    return Ok(Ended::Interrupted);
                }
                if interval > 0 && now.is_multiple_of(interval) && self.trainer.tested_at() != Some(now) {
                    self.begin_test()?;
                }
                let next = |interval: u32| (interval > 0).then(|| now + interval - now % interval);
                let end = (niter > 0).then_some(niter);
                let stops = [next(vis_interval), next(save_interval), next(interval), end];
                stop = stops.into_iter().flatten().min().unwrap_or(u32::MAX);
            }
            let report = block_on(self.trainer.advance_pipelined(stop))?;
            self.take(&report)?;
            let reached = |interval: u32| interval > 0 && report.steps > 0 && report.step.is_multiple_of(interval);
            if reached(interval) {
                // Before anything is saved: a run that goes on from there finds what it cannot look at again.
                self.inspect()?;
            }
            if reached(vis_interval) {
                self.samples()?;
            }
            if reached(save_interval) {
                self.finish_test()?;
                // `last` comes last: a run that is killed between the two goes back and writes both.
                self.save(&[&report.step.to_string(), "last"])?;
            }
        }
        if interval > 0 && self.trainer.tested_at() != Some(self.trainer.step()) {
            if !self.trainer.step().is_multiple_of(interval) {
                self.inspect()?;
            }
            self.begin_test()?;
        }
        self.finish_test()?;
        self.samples()?;
        self.save(&["last"])?;
        self.reporter.end(self.trainer.step());
        Ok(Ended::Complete)
    }

    fn is_save_due(&self) -> bool {
        let minutes = self.schedule.save_minutes;
        minutes > 0.0 && self.saved.elapsed().as_secs_f64() >= 60.0 * minutes
    }

    /// Looks inside the networks that the next test judges, if a step was done since they were loaded.
    fn inspect(&mut self) -> Result<()> {
        if self.schedule.inspect && self.trainer.step() > self.begun {
            let inspection = block_on(self.trainer.inspection())?;
            self.folder.inspection(&inspection)?;
        }
        Ok(())
    }

    /// Starts a test of the present G, after the one under way, and keeps what it judges: as `last` at once, as `best`
    /// if the test says so.
    fn begin_test(&mut self) -> Result<()> {
        self.finish_test()?;
        let (step, checkpoint) = (self.trainer.step(), self.state()?);
        self.folder.checkpoint("last", &checkpoint)?;
        self.saved = Instant::now();
        self.trainer.start_test();
        self.candidate = Some(Candidate { step, checkpoint });
        Ok(())
    }

    fn finish_test(&mut self) -> Result<()> {
        while self.trainer.test_progress().is_some() {
            let report = block_on(self.trainer.advance_test())?;
            self.take(&report)?;
        }
        Ok(())
    }

    fn take(&mut self, report: &Report) -> Result<()> {
        self.folder.metrics(report)?;
        self.reporter.chunk(report);
        let Some(result) = &report.finished else { return Ok(()) };
        let candidate = self.candidate.take().filter(|candidate| candidate.step == result.step);
        if let Some(Candidate { checkpoint, .. }) = candidate
            && result.loss.is_finite()
            && self.best.is_none_or(|best| f64::from(result.loss) < best)
        {
            self.folder.checkpoint("best", &checkpoint)?;
            self.best = Some(f64::from(result.loss));
        }
        self.folder.test(result, block_on(self.trainer.pairs())?.as_ref())?;
        self.reporter.test(result);
        Ok(())
    }

    /// A picture that cannot be written is no reason to lose the run.
    fn samples(&self) -> Result<()> {
        let grid = block_on(self.trainer.sample_grid())?;
        if let Err(error) = self.folder.samples(self.trainer.step(), &grid) {
            self.reporter.warn(&format!("{error} Training goes on without this picture."));
        }
        Ok(())
    }

    /// The present state as a checkpoint, which is kept in memory too.
    fn state(&mut self) -> Result<Arc<Vec<u8>>> {
        let started = Instant::now();
        let bytes = Arc::new(block_on(self.trainer.checkpoint())?);
        self.memory.keep(bytes.clone(), started.elapsed());
        Ok(bytes)
    }

    fn save(&mut self, names: &[&str]) -> Result<()> {
        let bytes = self.state()?;
        self.saved = Instant::now();
        names.iter().try_for_each(|name| self.folder.checkpoint(name, &bytes))
    }
}
