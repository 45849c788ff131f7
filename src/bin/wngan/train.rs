//! `wngan train`: trains a network, or tests one that is trained.

use crate::device;
use crate::files::check_folder;
use crate::final_test::final_test;
use crate::folder::{self, Folder, checkpoint_path};
use crate::recovery::{self, Place};
use crate::reporter::Reporter;
use crate::run::{Ended, Schedule, build};
use crate::settings::{Settings, preset_names};
use crate::source::{Images, Source};
use serde_json::json;
use std::path::{Path, PathBuf};
use wn_gan::error::plain;
use wn_gan::gan::checkpoint::Checkpoint;
use wn_gan::{Config, Error, Result};

const DEFAULT_FOLDER: &str = "runs/latest";

/// Arguments of `wngan train`.
#[derive(Debug, clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Train {
    /// Where the settings start from
    #[arg(long, default_value = "small", value_parser = preset_names())]
    preset: String,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    schedule: Schedule,
    /// Folder for samples, tests, checkpoints and tables [default: runs/latest]
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    save_path: Option<PathBuf>,
    /// Go on from a checkpoint, with its settings where no flag is given: a .safetensors file, or a run folder (see --net)
    #[arg(long, value_name = "FILE|FOLDER", help_heading = "Output")]
    load_path: Option<PathBuf>,
    /// Go on with the run in --save_path from its last save, or start it if there is none
    #[arg(long, conflicts_with_all = ["load_path", "overwrite"], help_heading = "Output")]
    resume: bool,
    /// Let --load_path take the run in --save_path back to one of its earlier checkpoints; what came afterwards is dropped
    #[arg(long, requires = "load_path", help_heading = "Output")]
    rewind: bool,
    /// Remove the run that is already in --save_path
    #[arg(long, help_heading = "Output")]
    overwrite: bool,
    /// Reconstruct all held-out images: with the network of --load_path instead of training it, otherwise with the best
    /// network after training
    #[arg(long, help_heading = "Output")]
    final_test: bool,
    /// Gradient steps of the final test [default: --test_steps]
    #[arg(long, value_name = "STEPS", help_heading = "Output", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    final_steps: Option<u32>,
    /// Print one JSON object per line instead of a progress bar
    #[arg(long, help_heading = "Output")]
    json: bool,
}

impl Train {
    /// Trains until `niter`, an error, or an interrupt; or only tests.
    ///
    /// # Errors
    /// A sentence for a setting, a file, the device, or losses that are NaN or infinite.
    pub fn run(&self) -> Result<()> {
        let mut reporter = Reporter::new(self.json);
        let (loaded, checkpoint) = self.load(&reporter)?;
        let root = self.root(loaded.as_deref());
        let continued = match (loaded.as_deref().and_then(run_folder), &checkpoint) {
            (Some(run), Some(checkpoint)) if same(run, &root) => {
                if !self.rewind && !self.resume && !self.only_tests() {
                    check_is_last(checkpoint, &root)?;
                }
                true
            }
            _ => false,
        };
        let source = match loaded.as_deref().and_then(run_folder) {
            Some(run) => self.source.or_remembered(run)?,
            None => self.source.clone(),
        };
        let images = source.open()?;
        let saved = checkpoint.as_ref().and_then(|checkpoint| checkpoint.config.as_ref());
        let config = self.config(&images, saved, continued)?;
        self.check(&config, &root, continued)?;
        let mut device = device::open()?;
        let data = images.of_run(&config);
        if let (true, Some(checkpoint)) = (self.only_tests(), &checkpoint) {
            return final_test(&device, self.judged(config), &data, checkpoint, &root, &mut reporter).map(drop);
        }
        let steps = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.step);
        if continued && config.niter > 0 && steps >= config.niter {
            let text = format!("{} has {steps} steps; a larger --niter goes on.", root.display());
            reporter.say(&text, &json!({"event": "complete", "step": steps}));
        } else {
            let trainer = build(&device, config.clone(), &data, checkpoint.as_ref(), &mut reporter)?;
            if self.overwrite && !continued {
                Folder::remove(&root)?;
            }
            let place = Place { data: &data, root: &root, schedule: self.schedule };
            let opened = || source.remember(&root);
            let ended = recovery::train(trainer, &place, &mut device, &mut reporter, opened, device::open)?;
            if ended == Ended::Interrupted {
                return Ok(());
            }
        }
        if !self.final_test {
            return Ok(());
        }
        let chosen = folder::checkpoint(&self.chosen(&root))?;
        final_test(&device, self.judged(config), &data, &chosen, &root, &mut reporter).map(drop)
    }

    /// What cannot be done, before anything is.
    fn check(&self, config: &Config, root: &Path, continued: bool) -> Result<()> {
        if self.settings.checkpoint().is_some() && self.load_path.is_none() && !self.final_test {
            return Err(Error::Config(plain(
                "--net best, last or STEP chooses the network of --load_path or --final_test; give one of them.",
            )));
        }
        if self.only_tests() {
            return check_folder(root);
        }
        if self.final_test && config.niter == 0 {
            return Err(Error::Config(plain(
                "--final_test judges the network of --load_path, or the result of training, which then needs an end: \
                 give --niter.",
            )));
        }
        if self.schedule.inspect && config.test_interval == 0 {
            return Err(Error::Config(plain(
                "--inspect looks inside the networks at every running test, and --test_interval 0 turns those off. Give \
                 --test_interval.",
            )));
        }
        if let Some(steps) =
            self.settings.checkpoint().and_then(|name| name.parse::<u32>().ok()).filter(|_| self.final_test)
        {
            let every = self.schedule.save_interval;
            if steps > config.niter || every == 0 || !steps.is_multiple_of(every) {
                return Err(Error::Config(plain(format!(
                    "--net {steps} names the network that --final_test judges, and this run of --niter {} steps keeps \
                     one every {every} (--save_interval). Name one of these, best or last.",
                    config.niter
                ))));
            }
        }
        if !continued {
            Folder::check_owned(root)?;
        }
        if !continued && !self.overwrite && checkpoint_path(root, "last").exists() {
            return Err(Error::File(format!(
                "{} already holds a run. Choose another --save_path, go on with it by --resume, or remove it by \
                 --overwrite.",
                root.display()
            )));
        }
        check_folder(root)
    }

    /// Whether a loaded network is tested and not trained.
    fn only_tests(&self) -> bool {
        self.final_test && self.load_path.is_some()
    }

    /// The checkpoint to start from and its file. Where the last of a run is damaged, the newest that is whole takes its place.
    fn load(&self, reporter: &Reporter) -> Result<(Option<PathBuf>, Option<Checkpoint>)> {
        let Some(path) = self.loaded() else { return Ok((None, None)) };
        let error = match folder::checkpoint(&path) {
            Err(error @ Error::Checkpoint(_)) if self.resume => error,
            other => return other.map(|checkpoint| (Some(path), Some(checkpoint))),
        };
        let whole = |path: PathBuf| Some((folder::checkpoint(&path).ok()?, path));
        let found = folder::numbered(&self.root(None)).into_iter().find_map(whole);
        let Some((checkpoint, path)) = found else { return Err(error) };
        reporter.warn(&format!(
            "{error} The run goes on from step {}, its newest checkpoint that is whole.",
            checkpoint.step
        ));
        Ok((Some(path), Some(checkpoint)))
    }

    /// The checkpoint file to start from.
    fn loaded(&self) -> Option<PathBuf> {
        let last = || Some(checkpoint_path(&self.root(None), "last")).filter(|last| self.resume && last.exists());
        self.load_path.as_deref().map(|path| self.checkpoint_of(path)).or_else(last)
    }

    /// `--save_path`; a final test without it goes into the run folder whose network it judges.
    fn root(&self, loaded: Option<&Path>) -> PathBuf {
        let judged = loaded.filter(|_| self.only_tests()).and_then(run_folder).map(PathBuf::from);
        self.save_path.clone().or(judged).unwrap_or_else(|| DEFAULT_FOLDER.into())
    }

    /// The network for the final test after training: the one that `--net` names, or the best if tests have chosen one.
    fn chosen(&self, root: &Path) -> PathBuf {
        let usual = if checkpoint_path(root, "best").exists() { "best" } else { "last" };
        checkpoint_path(root, self.settings.checkpoint().unwrap_or(usual))
    }

    /// The file that `--load_path` names; in a run folder, the one that `--net` names.
    fn checkpoint_of(&self, path: &Path) -> PathBuf {
        let usual = if self.final_test { "best" } else { "last" };
        if path.is_dir() { checkpoint_path(path, self.settings.checkpoint().unwrap_or(usual)) } else { path.into() }
    }

    /// The settings: those saved, or the preset, with every given flag applied.
    fn config(&self, images: &Images, saved: Option<&Config>, continued: bool) -> Result<Config> {
        let Some(saved) = saved else {
            return self.settings.applied_to(&images.described(Config::preset(&self.preset)?));
        };
        let described = images.described(saved.clone());
        if described.dataset != saved.dataset && (continued || !self.source.is_given()) {
            return Err(Error::Config(plain(format!(
                "The network was trained on {}, and the images at hand are {}. Give --dataset with the files it was \
                 trained on.",
                saved.dataset, described.dataset
            ))));
        }
        let start = Config { channels: saved.channels, ..described };
        let config = self.settings.applied_to(&start)?;
        let same_split = config.seed == saved.seed && config.final_count <= saved.final_count;
        if (continued || self.final_test) && !same_split {
            return Err(Error::Config(plain(format!(
                "The run held {} images out by seed {}; --seed {} --final {} would test it on images that it was trained \
                 on. Leave these two flags out.",
                saved.final_count, saved.seed, config.seed, config.final_count
            ))));
        }
        Ok(config)
    }

    /// The settings with the final test's number of gradient steps.
    fn judged(&self, config: Config) -> Config {
        Config { test_steps: self.final_steps.unwrap_or(config.test_steps), ..config }
    }
}

/// The run folder that a checkpoint in `net_archive/` belongs to.
fn run_folder(checkpoint: &Path) -> Option<&Path> {
    checkpoint.parent().filter(|archive| archive.ends_with("net_archive")).and_then(Path::parent)
}

/// That the run in `root` has done no more steps than this checkpoint of it: it would lose what came afterwards.
fn check_is_last(checkpoint: &Checkpoint, root: &Path) -> Result<()> {
    let last = checkpoint_path(root, "last");
    if !last.exists() {
        return Ok(());
    }
    let (steps, done) = (checkpoint.step, folder::checkpoint(&last)?.step);
    if done <= steps {
        return Ok(());
    }
    Err(Error::Config(plain(format!(
        "The run in {} has done {done} steps, and --load_path names what it was after {steps}. Choose another --save_path, \
         or give --rewind to drop what came afterwards.",
        root.display()
    ))))
}

fn same(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
