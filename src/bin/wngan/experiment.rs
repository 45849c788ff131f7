//! `wngan experiment`: the paper's comparison as a grid of runs, one after the other, with a final test of each.
//!
//! Every run is an ordinary run folder, `{save_path}/{dataset}/{norm}/lr{lr}/seed{seed}`. A finished one has a
//! `result.json` and is skipped the next time; one that was killed goes on from its last save.

mod outcome;

use crate::device;
use crate::files::{check_folder, write_whole};
use crate::final_test::final_test;
use crate::folder::{Folder, checkpoint, checkpoint_path, scores};
use crate::recovery::{self, Place};
use crate::reporter::Reporter;
use crate::run::{Ended, Schedule, build};
use crate::settings::{Settings, preset_names, value_of};
use crate::source::{Images, Source};
use outcome::Outcome;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wn_gan::config::Norm;
use wn_gan::device::Device;
use wn_gan::error::plain;
use wn_gan::gan::checkpoint::Checkpoint;
use wn_gan::{Config, Error, Result};

/// Arguments of `wngan experiment`.
#[derive(Debug, clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Experiment {
    /// Where the settings start from
    #[arg(long, default_value = "paper32", value_parser = preset_names())]
    preset: String,
    /// Normalisations, separated by commas
    #[arg(long, value_name = "NORM,...", value_delimiter = ',', value_parser = value_of::<Norm>("norm"),
        default_value = "none,batch,weight,spectral", help_heading = "Grid")]
    norms: Vec<Norm>,
    /// Learning rates, separated by commas: no norm should be judged at another's rate
    #[arg(
        long,
        value_name = "RATE,...",
        value_delimiter = ',',
        value_parser = value_of::<f32>("lr"),
        default_value = "2e-5,5e-5,1e-4,2e-4",
        help_heading = "Grid"
    )]
    lrs: Vec<f32>,
    /// Seeds, separated by commas
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = value_of::<u32>("seed"),
        default_value = "1,2,3", help_heading = "Grid")]
    seeds: Vec<u32>,
    /// Gradient steps of the final tests
    #[arg(long, value_name = "STEPS", default_value_t = 300, help_heading = "Grid",
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    final_steps: u32,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    schedule: Schedule,
    /// Folder for all runs and for summary.csv, which lists every finished run below it
    #[arg(long, default_value = "runs/experiment", value_name = "FOLDER", help_heading = "Output")]
    save_path: PathBuf,
    /// Print one JSON object per line instead of progress bars
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// One cell of the grid.
struct Cell {
    config: Config,
    folder: PathBuf,
}

impl Experiment {
    /// Trains and tests every cell that is not finished.
    ///
    /// # Errors
    /// A sentence for a setting, a file, or the device. Losses that are NaN or infinite end one run, not the grid.
    pub fn run(&self) -> Result<()> {
        let images = self.source.open()?;
        let cells = self.cells(&images)?;
        cells.iter().try_for_each(|cell| Folder::check_owned(&cell.folder))?;
        check_folder(&self.save_path)?;
        let mut device = device::open()?;
        for (index, cell) in cells.iter().enumerate() {
            let mut reporter = Reporter::new(self.json);
            let place = cell.folder.display().to_string();
            let number = format!("[{}/{}]", index + 1, cells.len());
            let outcome = match self.finished(cell, &reporter)? {
                Some(outcome) => outcome,
                None => {
                    let event = json!({"event": "run", "folder": place, "index": index, "of": cells.len()});
                    reporter.say(&format!("{number} {place}"), &event);
                    let Some(outcome) = self.complete(cell, &images, &mut device, &mut reporter)? else {
                        return Ok(());
                    };
                    write_whole(&cell.folder.join(outcome::FILE), outcome.to_json().as_bytes())?;
                    outcome::summarise(&self.save_path)?;
                    outcome
                }
            };
            reporter
                .say(&format!("{number} {outcome}"), &json!({"event": "result", "folder": place, "result": outcome}));
        }
        let left_out = outcome::summarise(&self.save_path)?;
        let reporter = Reporter::new(self.json);
        left_out.iter().for_each(|error| reporter.warn(&format!("{error} Its run is not in the table.")));
        Ok(())
    }

    /// The grid, seed by seed, so that an experiment that is cut short has all norms at some seeds.
    fn cells(&self, images: &Images) -> Result<Vec<Cell>> {
        if self.settings.names_one_run() {
            return Err(Error::Config(plain(
                "An experiment has several: give --norms, --lrs and --seeds instead of --norm, --lr and --seed.",
            )));
        }
        let start = self.settings.applied_to(&images.described(Config::preset(&self.preset)?))?;
        if start.niter == 0 || start.test_interval == 0 {
            return Err(Error::Config(plain(format!(
                "The runs of an experiment need an end and tests: --niter and --test_interval must be at least 1; they \
                 are {} and {}.",
                start.niter, start.test_interval
            ))));
        }
        let word = self.source.word();
        let mut cells = Vec::new();
        for &seed in &self.seeds {
            for &lr in &self.lrs {
                for &norm in &self.norms {
                    let config = Config { norm, lr, seed, ..start.clone() };
                    config.validate()?;
                    let name = outcome::norm_word(norm);
                    let folder = self.save_path.join(format!("{word}/{name}/lr{lr:e}/seed{seed}"));
                    cells.push(Cell { config, folder });
                }
            }
        }
        Ok(cells)
    }

    /// The result of a cell that needs nothing more. One that is damaged is made again.
    fn finished(&self, cell: &Cell, reporter: &Reporter) -> Result<Option<Outcome>> {
        let path = cell.folder.join(outcome::FILE);
        if !path.exists() {
            return Ok(None);
        }
        let outcome = match Outcome::read(&path) {
            Ok(outcome) => outcome,
            Err(error) => {
                reporter.warn(&format!("{error} The run is tested again."));
                return Ok(None);
            }
        };
        self.same_settings(cell, &outcome.config)?;
        let enough = outcome.stopped.is_some() || outcome.steps >= cell.config.niter;
        Ok(Some(outcome).filter(|outcome| enough && outcome.final_steps == self.final_steps))
    }

    /// Refuses to mix runs of other settings; only the number of steps may have changed.
    fn same_settings(&self, cell: &Cell, saved: &Config) -> Result<()> {
        if (Config { niter: cell.config.niter, ..saved.clone() }) == cell.config {
            return Ok(());
        }
        Err(Error::Config(plain(format!(
            "{} holds a run with other settings ({}). Choose another --save_path, or the settings it was begun with.",
            cell.folder.display(),
            saved.to_json()
        ))))
    }

    /// Trains the cell to its end, from its last save if there is one, and tests its best network; nothing if it was
    /// interrupted.
    fn complete(
        &self,
        cell: &Cell,
        images: &Images,
        device: &mut Arc<Device>,
        reporter: &mut Reporter,
    ) -> Result<Option<Outcome>> {
        let data = images.of_run(&cell.config);
        let last = load(&cell.folder, "last")?;
        if let Some(saved) = last.as_ref().and_then(|last| last.config.as_ref()) {
            self.same_settings(cell, saved)?;
        }
        let mut outcome = Outcome::new(self.source.word(), cell.config.clone(), self.final_steps, device.name());
        outcome.steps = cell.config.niter;
        if last.as_ref().is_none_or(|last| last.step < cell.config.niter) {
            Folder::check_owned(&cell.folder)?;
            let trainer = build(device, cell.config.clone(), &data, last.as_ref(), reporter)?;
            let place = Place { data: &data, root: &cell.folder, schedule: self.schedule };
            let opened = || self.source.remember(&cell.folder);
            match recovery::train(trainer, &place, device, reporter, opened, device::open) {
                Err(Error::NonFinite { step, which, value }) => {
                    outcome.steps = step;
                    outcome.stopped = Some(format!("{which} is {value}"));
                }
                Ok(Ended::Interrupted) => return Ok(None),
                other => _ = other?,
            }
        }
        let scores = scores(&cell.folder)?;
        outcome.set_scores(&scores);
        if let Some(best) = load(&cell.folder, "best")? {
            let config = Config { test_steps: self.final_steps, ..cell.config.clone() };
            let estimate = final_test(device, config, &data, &best, &cell.folder, reporter)?;
            (outcome.final_mean, outcome.final_ci95) = (Some(estimate.mean), Some(estimate.ci95));
        }
        outcome.seconds = reporter.seconds();
        Ok(Some(outcome))
    }
}

fn load(folder: &Path, name: &str) -> Result<Option<Checkpoint>> {
    let path = checkpoint_path(folder, name);
    path.exists().then(|| checkpoint(&path)).transpose()
}
