//! The folder of a run, named as the authors' code names it: `samples/`, `running_test/`, `net_archive/`, `log/`.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use wn_gan::gan::{Report, Sheet, TestResult};
use wn_gan::kernels::METRIC_COLUMNS;
use wn_gan::{Config, Error, Result};

/// An open run folder.
pub struct Folder {
    root: PathBuf,
    metrics: File,
    tests: File,
}

/// A file error as a sentence.
pub fn file_error(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::File(format!("{what} {} failed: {error}.", path.display()))
}

impl Folder {
    /// Creates or continues the folder `root`; rows of a step at or after `step` are dropped from the tables, because
    /// a resumed run writes them again.
    pub fn open(root: &Path, config: &Config, step: u32) -> Result<Folder> {
        for name in ["samples", "running_test", "net_archive", "log"] {
            let path = root.join(name);
            fs::create_dir_all(&path).map_err(|e| file_error("Creating the folder", &path, &e))?;
        }
        let config = serde_json::to_string_pretty(config).expect("a Config has only numbers and strings");
        write_whole(&root.join("config.json"), config.as_bytes())?;
        Ok(Folder {
            root: root.into(),
            metrics: table(&root.join("log/metrics.csv"), "step,d_loss_real,d_loss_fake,g_loss", step)?,
            tests: table(&root.join("log/running_test.csv"), "step,loss", step)?,
        })
    }

    /// Appends a turn's metric rows.
    pub fn metrics(&mut self, report: &Report) -> Result<()> {
        let mut text = String::new();
        for row in report.metrics.chunks_exact(METRIC_COLUMNS) {
            text += &format!("{},{},{},{}\n", row[0] as u32, row[1], row[2], row[3]);
        }
        append(&mut self.metrics, &text, &self.root)
    }

    /// Appends a finished running test and writes its pairs and the loss of every image.
    pub fn test(&mut self, result: &TestResult, pairs: Option<&Sheet>) -> Result<()> {
        append(&mut self.tests, &format!("{},{}\n", result.step, result.loss), &self.root)?;
        let rows: String = result.losses.iter().enumerate().map(|(i, loss)| format!("{i},{loss}\n")).collect();
        self.write(&format!("running_test/{:06}.csv", result.step), format!("image,loss\n{rows}").as_bytes())?;
        match pairs {
            Some(pairs) => self.write(&format!("running_test/{:06}.png", result.step), &pairs.png()),
            None => Ok(()),
        }
    }

    /// Writes a sample sheet.
    pub fn samples(&self, step: u32, sheet: &Sheet) -> Result<()> {
        self.write(&format!("samples/{step:06}.png"), &sheet.png())
    }

    /// Writes a checkpoint: `last`, `best` or a step number.
    pub fn checkpoint(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.write(&format!("net_archive/{name}.safetensors"), bytes)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        write_whole(&self.root.join(name), bytes)
    }
}

/// Writes a file under another name first, so that a kill leaves the old file or the new one, never a half.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let half = path.with_extension("part");
    fs::write(&half, bytes).and_then(|()| fs::rename(&half, path)).map_err(|e| file_error("Writing", path, &e))
}

fn append(file: &mut File, text: &str, root: &Path) -> Result<()> {
    file.write_all(text.as_bytes()).map_err(|e| file_error("Writing the tables of", root, &e))
}

/// Opens a table for appending, with its header, without rows from `step` on.
fn table(path: &Path, header: &str, step: u32) -> Result<File> {
    let failed = |e: std::io::Error| file_error("Opening the table", path, &e);
    let old = if path.exists() && step > 0 { fs::read_to_string(path).map_err(failed)? } else { String::new() };
    let before = |line: &&str| line.split(',').next().and_then(|n| n.parse::<u32>().ok()).is_some_and(|n| n < step);
    let kept: String = old.lines().filter(before).map(|line| format!("{line}\n")).collect();
    write_whole(path, format!("{header}\n{kept}").as_bytes())?;
    OpenOptions::new().append(true).open(path).map_err(failed)
}
