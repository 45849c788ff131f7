//! `wngan train`.

use crate::output::{Folder, file_error};
use crate::settings::Settings;
use indicatif::{ProgressBar, ProgressStyle};
use pollster::block_on;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wn_gan::data::{self, Dataset};
use wn_gan::gan::checkpoint::Checkpoint;
use wn_gan::gan::{Report, TestResult, Trainer};
use wn_gan::gpu::Gpu;
use wn_gan::gpu::context::Limits;
use wn_gan::{Config, Result};

/// The built-in generator makes this many faces, the 2,000 of the final test included.
const FACES: u32 = 22_000;
/// With `--json`, losses are printed at most this often.
const JSON_INTERVAL: Duration = Duration::from_secs(1);

/// Arguments of `wngan train`.
#[derive(Debug, clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Train {
    /// What to learn: `faces` (built in), or files of one data set: CIFAR-10 binary batches, or IDX images, plain or gzipped
    #[arg(long, num_args = 1.., default_value = "faces", value_name = "faces|FILE")]
    dataset: Vec<String>,
    #[command(flatten)]
    settings: Settings,
    /// Folder for samples, tests, checkpoints and tables
    #[arg(long, alias = "save-path", default_value = "runs/latest", value_name = "FOLDER", help_heading = "Output")]
    save_path: PathBuf,
    /// Go on from this checkpoint (.safetensors), with its settings where no flag is given
    #[arg(long, alias = "load-path", value_name = "FILE", help_heading = "Output")]
    load_path: Option<PathBuf>,
    /// Steps between sample sheets; 0 writes one at the end only
    #[arg(long, alias = "vis-interval", default_value_t = 500, value_name = "STEPS", help_heading = "Output")]
    vis_interval: u32,
    /// Steps between numbered checkpoints; `last` is also written after every test
    #[arg(long, alias = "save-interval", default_value_t = 20_000, value_name = "STEPS", help_heading = "Output")]
    save_interval: u32,
    /// Print one JSON object per line instead of a progress bar
    #[arg(long, help_heading = "Output")]
    json: bool,
}

impl Train {
    /// Trains until `niter`, an error, or an interrupt.
    ///
    /// # Errors
    /// A sentence for a setting, a file, the device, or losses that left the numbers.
    pub fn run(&self) -> Result<()> {
        let checkpoint = self.load_path.as_deref().map(|path| Checkpoint::read(&read(path)?)).transpose()?;
        let files = self.open_files()?;
        let saved = checkpoint.as_ref().and_then(|checkpoint| checkpoint.config.clone());
        let config = match (&saved, &files) {
            (Some(saved), _) => self.settings.applied_to(saved)?,
            (None, Some(data)) => self.settings.config(&data.name, Some(data.channels))?,
            (None, None) => self.settings.config("faces", None)?,
        };
        let data = files.unwrap_or_else(|| data::faces(FACES, config.seed));
        let gpu = Arc::new(block_on(Gpu::open(Limits::Adapter))?);
        let started = Instant::now();
        let mut trainer = self.build(gpu, config, &data)?;
        if let Some(checkpoint) = &checkpoint {
            trainer.restore(checkpoint)?;
        }
        let folder = Folder::open(&self.save_path, trainer.config(), trainer.step())?;
        Run {
            train: self,
            teller: Teller::new(self.json, &trainer, &data, started),
            trainer,
            folder,
            best: f32::INFINITY,
        }
        .complete()
    }

    fn open_files(&self) -> Result<Option<Dataset>> {
        if self.dataset == ["faces"] {
            return Ok(None);
        }
        let mut whole: Option<Dataset> = None;
        for name in &self.dataset {
            let part = data::open(name, &read(Path::new(name))?)?;
            match &mut whole {
                Some(whole) => whole.append(&part)?,
                None => whole = Some(part),
            }
        }
        Ok(whole)
    }

    fn build(&self, gpu: Arc<Gpu>, config: Config, data: &Dataset) -> Result<Trainer> {
        let bar = if self.json { ProgressBar::hidden() } else { ProgressBar::new(1) };
        bar.set_style(style("building kernels {bar:30} {msg}"));
        let trainer = block_on(Trainer::new(gpu, config, data, &mut |done, total, kernel| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
            bar.set_message(kernel.to_string());
        }));
        bar.finish_and_clear();
        trainer
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| file_error("Reading", path, &e))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is fixed and valid")
}

/// A run under way.
struct Run<'a> {
    train: &'a Train,
    teller: Teller,
    trainer: Trainer,
    folder: Folder,
    best: f32,
}

impl Run<'_> {
    fn complete(mut self) -> Result<()> {
        let niter = self.trainer.config().niter;
        self.samples()?;
        while niter == 0 || self.trainer.step() < niter {
            let stop = |interval: u32| (interval > 0).then(|| interval - self.trainer.step() % interval);
            let left = (niter > 0).then(|| niter - self.trainer.step());
            let stops = [stop(self.train.vis_interval), stop(self.train.save_interval), left];
            let most = stops.into_iter().flatten().min().unwrap_or(0).min(self.trainer.paced_steps());
            let report = block_on(self.trainer.advance(most))?;
            self.take(&report)?;
            let reached = |interval: u32| interval > 0 && report.steps > 0 && report.step.is_multiple_of(interval);
            if reached(self.train.vis_interval) {
                self.samples()?;
            }
            if reached(self.train.save_interval) {
                self.save(&format!("{:06}", report.step))?;
            }
        }
        if self.trainer.config().test_interval > 0 {
            self.last_test()?;
        }
        self.samples()?;
        self.save("last")?;
        self.teller.end(self.trainer.step());
        Ok(())
    }

    /// Finishes a test under way, and scores the final network if no test has.
    fn last_test(&mut self) -> Result<()> {
        while self.trainer.test_progress().is_some() {
            let report = block_on(self.trainer.advance_test())?;
            self.take(&report)?;
        }
        if self.trainer.tested_at() != Some(self.trainer.step()) {
            self.trainer.start_test();
            self.last_test()?;
        }
        Ok(())
    }

    fn take(&mut self, report: &Report) -> Result<()> {
        self.folder.metrics(report)?;
        self.teller.turn(report);
        let Some(result) = &report.finished else { return Ok(()) };
        self.folder.test(result, block_on(self.trainer.pairs())?.as_ref())?;
        self.teller.test(result);
        self.save("last")?;
        if result.loss < self.best {
            self.best = result.loss;
            self.save("best")?;
        }
        Ok(())
    }

    fn samples(&self) -> Result<()> {
        self.folder.samples(self.trainer.step(), &block_on(self.trainer.sheet())?)
    }

    fn save(&self, name: &str) -> Result<()> {
        self.folder.checkpoint(name, &block_on(self.trainer.checkpoint())?)
    }
}

/// Tells a person or a machine how the run goes.
struct Teller {
    json: bool,
    bar: ProgressBar,
    last_loss: Option<TestResult>,
    told: Option<Instant>,
    started: Instant,
}

impl Teller {
    fn new(json: bool, trainer: &Trainer, data: &Dataset, started: Instant) -> Teller {
        let config = trainer.config();
        let (running, final_count) = trainer.test_images();
        let build = started.elapsed().as_secs_f64();
        let gpu = trainer.gpu();
        if json {
            println!(
                "{}",
                json!({"event": "start", "adapter": gpu.name(), "backend": gpu.backend(), "config": config,
                    "images": data.len(), "running": running, "held_out": final_count, "build_seconds": build})
            );
        } else {
            println!("{} on {} ({}), built in {build:.1} s", data.name, gpu.name(), gpu.backend());
            println!("{} images, {final_count} of them held out, {running} for the running test", data.len());
        }
        let bar = match (json, config.niter) {
            (true, _) => ProgressBar::hidden(),
            (false, 0) => ProgressBar::new_spinner().with_style(style("{spinner} step {pos}  {per_sec}  {msg}")),
            (false, niter) => ProgressBar::new(u64::from(niter))
                .with_style(style("{bar:30} step {pos}/{len}  {per_sec}  {eta} left  {msg}")),
        };
        bar.set_position(u64::from(trainer.step()));
        bar.reset_eta();
        Teller { json, bar, last_loss: None, told: None, started }
    }

    fn turn(&mut self, report: &Report) {
        let Some(row) = report.metrics.rchunks_exact(wn_gan::kernels::METRIC_COLUMNS).next() else { return };
        if self.json {
            if self.told.is_none_or(|told| told.elapsed() >= JSON_INTERVAL) {
                self.told = Some(Instant::now());
                println!(
                    "{}",
                    json!({"event": "step", "step": report.step, "d_loss_real": row[1], "d_loss_fake": row[2],
                        "g_loss": row[3], "seconds": self.started.elapsed().as_secs_f64()})
                );
            }
            return;
        }
        let score = self
            .last_loss
            .as_ref()
            .map_or(String::new(), |test| format!("  reconstruction {:.5} @ {}", test.loss, test.step));
        self.bar.set_position(u64::from(report.step));
        self.bar.set_message(format!("D {:.3}  G {:.3}{score}", row[1] + row[2], row[3]));
    }

    fn test(&mut self, result: &TestResult) {
        if self.json {
            let seconds = self.started.elapsed().as_secs_f64();
            println!("{}", json!({"event": "test", "step": result.step, "loss": result.loss, "seconds": seconds}));
        } else {
            self.bar.println(format!("step {:>7}  reconstruction {:.6}", result.step, result.loss));
        }
        self.last_loss = Some(result.clone());
    }

    fn end(&self, step: u32) {
        self.bar.finish();
        if self.json {
            println!("{}", json!({"event": "end", "step": step, "seconds": self.started.elapsed().as_secs_f64()}));
        }
    }
}
