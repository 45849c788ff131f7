//! The folder of a run, named as the authors' code names it: `samples/`, `running_test/`, `net_archive/`, `log/`.

use crate::files::{create_folder, file_error, read, read_text, write_whole};
use crate::inspection::{self, HEADER};
use crate::table::{self, Table};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use wn_gan::error::plain;
use wn_gan::gan::checkpoint::Checkpoint;
use wn_gan::gan::inspect::Inspection;
use wn_gan::gan::{ImageGrid, Report, TestResult};
use wn_gan::{Config, Error, Result};

/// Folders that a run fills.
const FOLDERS: [&str; 4] = ["samples", "running_test", "net_archive", "log"];
/// File with the settings of a run.
pub const CONFIG: &str = "config.json";
const METRICS: &str = "log/metrics.csv";
const TESTS: &str = "log/running_test.csv";
const INSPECTION: &str = "log/inspection.csv";
/// The tables with their numbers of columns; metrics had one less before D's losses in all were written.
const TABLES: [(&str, &[usize]); 3] = [(METRICS, &[5, 4]), (TESTS, &[2]), (INSPECTION, &[6])];
/// Locked by whoever writes the folder.
const LOCK: &str = "log/lock";

/// One row of `log/running_test.csv`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Training steps of the tested network.
    pub step: u32,
    /// Its mean reconstruction loss.
    pub loss: f64,
}

/// An open run folder.
pub struct Folder {
    root: PathBuf,
    metrics: File,
    tests: File,
    inspection: Option<File>,
    /// Whether it holds no earlier part of the run.
    pub is_new: bool,
    /// A sentence for each table with rows that were damaged, and are left out.
    pub damage: Vec<String>,
    /// Open, and with it locked, until the run ends; the system unlocks it when a process dies.
    _lock: File,
}

impl Folder {
    /// Creates or continues the folder `root` of a run that has done `step` steps and whose last finished test was at
    /// `tested`. What a resumed run will write again is dropped from the tables: the metrics of step number `step`
    /// (counted from 0) and later, the tests after `tested` if that is the present step, otherwise those from it on, and
    /// inspections after the present step. There is a table of those if `inspects`, or if there was one before.
    ///
    /// # Errors
    /// [`Error::File`] when the folder or one of its tables cannot be written, or another process writes there.
    pub fn open(root: &Path, config: &Config, step: u32, tested: Option<u32>, inspects: bool) -> Result<Folder> {
        for name in FOLDERS {
            create_folder(&root.join(name))?;
        }
        let lock = locked(root)?;
        let is_new = !root.join(CONFIG).exists();
        let damage = damage(root)?;
        let config = serde_json::to_string_pretty(config).expect("a Config has only numbers and strings");
        write_whole(&root.join(CONFIG), config.as_bytes())?;
        let end_of_tests = step.saturating_add(u32::from(tested == Some(step)));
        let inspection = root.join(INSPECTION);
        let inspects = inspects || inspection.exists();
        let [(_, of_metrics), (_, of_tests), (_, of_inspection)] = TABLES;
        let inspection = || table::open(&inspection, HEADER, of_inspection, step.saturating_add(1));
        let header = "step,d_loss_real,d_loss_fake,g_loss,d_loss";
        Ok(Folder {
            root: root.into(),
            inspection: inspects.then(inspection).transpose()?,
            metrics: table::open(&root.join(METRICS), header, of_metrics, step)?,
            tests: table::open(&root.join(TESTS), "step,loss", of_tests, end_of_tests)?,
            is_new,
            damage,
            _lock: lock,
        })
    }

    /// Whether nothing in `root` is another program's: it is empty or not there, or has the settings of a run.
    ///
    /// # Errors
    /// [`Error::File`] with what to do, where it is.
    pub fn check_owned(root: &Path) -> Result<()> {
        let is_empty = fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_none());
        if !root.exists() || is_empty || config(root).is_ok() {
            return Ok(());
        }
        Err(Error::File(format!(
            "{} is neither empty nor the folder of a run: it has no {CONFIG} with the settings of one. Choose another \
             --save_path.",
            root.display()
        )))
    }

    /// Removes what an earlier run left in `root`, and nothing else.
    ///
    /// # Errors
    /// [`Error::File`] when the system refuses, or another process writes there.
    pub fn remove(root: &Path) -> Result<()> {
        if root.join(LOCK).exists() {
            locked(root)?;
        }
        for name in FOLDERS.into_iter().chain(["final_test"]) {
            let path = root.join(name);
            if path.exists() {
                fs::remove_dir_all(&path).map_err(|e| file_error("Removing", &path, &e))?;
            }
        }
        Ok(())
    }

    /// Appends the losses of a chunk's steps; a part of D's loss that there is not is an empty field.
    ///
    /// # Errors
    /// [`Error::File`] when the table cannot be written.
    pub fn metrics(&mut self, report: &Report) -> Result<()> {
        let mut text = String::new();
        let part = |value: Option<f32>| value.map_or(String::new(), |value| value.to_string());
        for (step, of) in (report.step - report.steps..).zip(&report.metrics) {
            let [real, fake] = [of.d_loss_real, of.d_loss_fake].map(part);
            text += &format!("{step},{real},{fake},{},{}\n", of.g_loss, of.d_loss);
        }
        append(&mut self.metrics, &text, &self.root)
    }

    /// Appends a finished running test and writes its pairs and the loss of every image.
    ///
    /// # Errors
    /// [`Error::File`] when one of the files cannot be written.
    pub fn test(&mut self, result: &TestResult, pairs: Option<&ImageGrid>) -> Result<()> {
        write_test(&self.root.join("running_test"), result, pairs)?;
        append(&mut self.tests, &format!("{},{}\n", result.step, result.loss), &self.root)
    }

    /// Appends an inspection.
    ///
    /// # Errors
    /// [`Error::File`] when the table cannot be written.
    pub fn inspection(&mut self, inspection: &Inspection) -> Result<()> {
        let Some(table) = &mut self.inspection else { return Ok(()) };
        append(table, &inspection::rows(inspection), &self.root)
    }

    /// Writes a sample grid.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be written.
    pub fn samples(&self, step: u32, grid: &ImageGrid) -> Result<()> {
        write_whole(&self.root.join(format!("samples/{step:06}.png")), &grid.png())
    }

    /// Writes a checkpoint: `last`, `best` or a step number.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be written.
    pub fn checkpoint(&self, name: &str, bytes: &[u8]) -> Result<()> {
        write_whole(&checkpoint_path(&self.root, name), bytes)
    }

    /// The lowest running loss in the table, if the checkpoint `best` is of that step.
    ///
    /// # Errors
    /// [`Error::File`] when table or checkpoint cannot be read, [`Error::Checkpoint`] when that is none.
    pub fn best(&self) -> Result<Option<Score>> {
        let path = checkpoint_path(&self.root, "best");
        let Some(best) = best(&scores(&self.root)?).filter(|_| path.exists()) else { return Ok(None) };
        let saved = checkpoint(&path)?;
        Ok(Some(best).filter(|best| best.step == saved.step))
    }
}

/// The lock of the run folder `root`.
fn locked(root: &Path) -> Result<File> {
    let path = root.join(LOCK);
    let failed = |e: std::io::Error| file_error("Opening", &path, &e);
    let file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(e)) => Err(file_error("Locking", &path, &e)),
        Err(TryLockError::WouldBlock) => Err(Error::File(format!(
            "Another process is writing the run in {}. Wait for its end, or choose another --save_path.",
            root.display()
        ))),
    }
}

/// A checkpoint from a file.
///
/// # Errors
/// [`Error::File`] when it cannot be read, [`Error::Checkpoint`], which names it, when it is none.
pub fn checkpoint(path: &Path) -> Result<Checkpoint> {
    Checkpoint::read(&read(path)?).map_err(|e| Error::Checkpoint(plain(format!("{}: {e}", path.display()))))
}

/// The numbered checkpoints of the run in `root`, the newest first.
pub fn numbered(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("net_archive")).into_iter().flatten().flatten();
    let number = |path: PathBuf| Some((path.file_stem()?.to_str()?.parse::<u32>().ok()?, path));
    let mut all: Vec<_> = entries.filter_map(|entry| number(entry.path())).collect();
    all.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
    all.into_iter().map(|(_, path)| path).collect()
}

/// Where the run in `root` keeps the checkpoint `name`.
pub fn checkpoint_path(root: &Path, name: &str) -> PathBuf {
    root.join(format!("net_archive/{name}.safetensors"))
}

/// The settings of the run in `root`.
///
/// # Errors
/// [`Error::File`] when there is no run, [`Error::Config`] when its settings are damaged.
pub fn config(root: &Path) -> Result<Config> {
    let path = root.join(CONFIG);
    Config::from_json(&read_text(&path)?).map_err(|e| Error::Config(plain(format!("{}: {e}", path.display()))))
}

/// The metrics of the run in `root`, in order: step, d_loss_real, d_loss_fake, g_loss, d_loss. In tables without the last
/// it is the sum of both parts.
///
/// # Errors
/// [`Error::File`] when the table cannot be read.
pub fn metrics(root: &Path) -> Result<Vec<[f64; 5]>> {
    let row = |row: Vec<f64>| match row[..] {
        [step, real, fake, generator] => Some([step, real, fake, generator, real + fake]),
        _ => row.try_into().ok(),
    };
    let [(name, columns), ..] = TABLES;
    Ok(Table::read(&root.join(name), columns)?.numbers().filter_map(row).collect())
}

/// The running tests of the run in `root`, in order.
///
/// # Errors
/// [`Error::File`] when the table cannot be read.
pub fn scores(root: &Path) -> Result<Vec<Score>> {
    let score = |row: Vec<f64>| match row[..] {
        [step, loss] => Some(Score { step: step as u32, loss }),
        _ => None,
    };
    let [_, (name, columns), _] = TABLES;
    Ok(Table::read(&root.join(name), columns)?.numbers().filter_map(score).collect())
}

/// A sentence for each table of the run in `root` with rows that are damaged.
///
/// # Errors
/// [`Error::File`] when a table cannot be read.
pub fn damage(root: &Path) -> Result<Vec<String>> {
    let mut sentences = Vec::new();
    for (name, columns) in TABLES {
        let path = root.join(name);
        let damaged = Table::read(&path, columns)?.damaged;
        if damaged > 0 {
            sentences.push(format!("Damaged rows of {} are left out: {damaged}.", path.display()));
        }
    }
    Ok(sentences)
}

/// The first of the lowest losses; losses that are no numbers do not count.
pub fn best(scores: &[Score]) -> Option<Score> {
    scores
        .iter()
        .copied()
        .filter(|score| score.loss.is_finite())
        .reduce(|best, next| if next.loss < best.loss { next } else { best })
}

/// Writes the loss of every image of a test, and its pairs, as `{step}.csv` and `{step}.png` into `folder`.
///
/// # Errors
/// [`Error::File`] when one of them cannot be written.
pub fn write_test(folder: &Path, result: &TestResult, pairs: Option<&ImageGrid>) -> Result<()> {
    let rows: String = result.losses.iter().enumerate().map(|(i, loss)| format!("{i},{loss}\n")).collect();
    let path = |kind: &str| folder.join(format!("{:06}.{kind}", result.step));
    write_whole(&path("csv"), format!("image,loss\n{rows}").as_bytes())?;
    pairs.map_or(Ok(()), |pairs| write_whole(&path("png"), &pairs.png()))
}

fn append(file: &mut File, text: &str, root: &Path) -> Result<()> {
    file.write_all(text.as_bytes()).map_err(|e| file_error("Writing the tables of", root, &e))
}
