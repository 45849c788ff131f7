//! `wngan plot`: curves of several runs in one picture.

mod curves;
mod draw;

use crate::files::{check_file, write_whole};
use crate::folder::{CONFIG, damage};
use crate::reporter::harmless;
use curves::{Column, Curve};
use std::fs;
use std::path::{Path, PathBuf};
use wn_gan::{Error, Result};

/// Folders between one that holds runs (an experiment's) and the runs.
const MAX_DEPTH: u32 = 6;

/// Arguments of `wngan plot`.
#[derive(Debug, clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Plot {
    /// Run folders, or folders that hold run folders, such as an experiment's. Runs that differ in the seed alone share
    /// a colour
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The picture to write: its ending, .svg or .png, decides the format
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// What to draw, one panel each: loss (of the running reconstruction test), d_loss, d_loss_real, d_loss_fake, g_loss
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', default_value = "loss")]
    columns: Vec<Column>,
    /// Training losses are averaged over stretches of so many steps [default: a two-hundredth of the run]
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..))]
    smooth: Option<u32>,
    /// Upper end of the vertical axes, where a collapse would flatten all other curves
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = most)]
    most: Option<f64>,
}

/// The encoding of a picture.
enum Format {
    Svg,
    Png,
}

fn most(text: &str) -> std::result::Result<f64, String> {
    let found = text.parse().ok().filter(|most: &f64| most.abs() <= curves::LARGEST);
    found.ok_or_else(|| format!("most must be a number between -{0:e} and {0:e}; it is \"{text}\".", curves::LARGEST))
}

impl Plot {
    /// Reads the tables and writes the picture.
    ///
    /// # Errors
    /// A sentence for a folder without a run, a damaged table, or a picture that cannot be written.
    pub fn run(&self) -> Result<()> {
        let format = self.format()?;
        check_file(&self.output)?;
        let mut folders = Vec::new();
        for path in &self.runs {
            let found = runs_below(path, MAX_DEPTH);
            if found.is_empty() {
                return Err(Error::File(format!(
                    "{} holds no run. Name a folder that wngan train or wngan experiment wrote.",
                    path.display()
                )));
            }
            folders.extend(found);
        }
        for folder in &folders {
            damage(folder)?.iter().for_each(|sentence| eprintln!("wngan: {}", harmless(sentence)));
        }
        let groups = curves::groups(&folders)?;
        let mut panels = Vec::new();
        for column in self.distinct_columns() {
            let curves: Vec<Curve> = curves::read(&groups, column, self.smooth)?;
            panels.push(draw::Panel { title: column.title(), curves, most: self.most });
        }
        let picture = match format {
            Format::Svg => draw::svg(&panels)?,
            Format::Png => draw::png(&panels)?,
        };
        write_whole(&self.output, &picture)
    }

    /// Each column once: a panel more costs memory.
    fn distinct_columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        for column in &self.columns {
            if !columns.contains(column) {
                columns.push(*column);
            }
        }
        columns
    }

    fn format(&self) -> Result<Format> {
        match self.output.extension().map(|ending| ending.to_string_lossy().to_lowercase()).as_deref() {
            Some("svg") => Ok(Format::Svg),
            Some("png") => Ok(Format::Png),
            _ => Err(Error::File(format!(
                "The picture must be a .svg or .png file; {} is neither.",
                self.output.display()
            ))),
        }
    }
}

/// The run folders at or below `path`, in the order of their names.
fn runs_below(path: &Path, depth: u32) -> Vec<PathBuf> {
    if path.join(CONFIG).is_file() {
        return vec![path.into()];
    }
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let mut folders: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.iter().filter(|_| depth > 0).flat_map(|folder| runs_below(folder, depth - 1)).collect()
}
