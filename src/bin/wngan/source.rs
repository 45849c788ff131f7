//! Where the images come from: the flags `--dataset`, `--dataroot`, `--crop_size`.

use crate::files::{file_error, read_at_most, read_text, write_whole};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use wn_gan::data::{self, Dataset};
use wn_gan::error::plain;
use wn_gan::{Config, Error, Result};

/// The folder inside CIFAR-10's archive.
const CIFAR_FOLDER: &str = "cifar-10-batches-bin";
/// Where a run folder remembers its source.
const REMEMBERED: &str = "log/source.json";

/// What a run learns from.
#[derive(Debug, Clone, Default, PartialEq, clap::Args, Serialize, Deserialize)]
#[command(rename_all = "snake_case", next_help_heading = "Images")]
pub struct Source {
    /// What to learn: `faces` (built in, the default), `cifar10` (all binary batches below --dataroot, training and test
    /// images together as in the paper), or files of one set: CIFAR-10 binary batches or IDX images, plain or gzipped
    #[arg(long, num_args = 1.., value_name = "faces|cifar10|FILE")]
    dataset: Vec<String>,
    /// Folder of the files that --dataset names
    #[arg(long, value_name = "FOLDER")]
    dataroot: Option<PathBuf>,
    /// Keep only the middle N x N pixels of the file's images, before they are resized to --image_size
    #[arg(long, value_name = "N")]
    crop_size: Option<u32>,
}

/// Images at hand: files are read once, the built-in faces are drawn from each run's seed.
pub enum Images {
    /// Built in.
    Faces,
    /// From files.
    Files(Dataset),
}

impl Images {
    /// The settings `start` for these images: their name and colours.
    pub fn described(&self, start: Config) -> Config {
        match self {
            Images::Faces => Config { dataset: "faces".into(), ..start },
            Images::Files(data) => Config { dataset: data.name.clone(), channels: data.channels, ..start },
        }
    }

    /// The images of a run.
    pub fn of_run(&self, config: &Config) -> Cow<'_, Dataset> {
        match self {
            Images::Faces => {
                let count = data::face_count(config.width, config.height, config.channels);
                Cow::Owned(data::faces(count, config.seed))
            }
            Images::Files(data) => Cow::Borrowed(data),
        }
    }
}

impl Source {
    /// Whether `--dataset` was given.
    pub fn is_given(&self) -> bool {
        !self.dataset.is_empty()
    }

    /// One word for folders and tables: `faces`, `cifar10`, or the name of the first file without its endings.
    pub fn word(&self) -> String {
        let Some(name) = self.dataset.first() else { return "faces".into() };
        let file = Path::new(name).file_name().map_or_else(|| name.clone(), |file| file.to_string_lossy().into_owned());
        let stem = file.split('.').find(|part| !part.is_empty()).unwrap_or_default().to_lowercase();
        let safe = |letter: char| if letter.is_alphanumeric() || "-_".contains(letter) { letter } else { '_' };
        if stem.is_empty() { "data".into() } else { stem.chars().map(safe).collect() }
    }

    /// Reads the files, if there are any to read.
    ///
    /// # Errors
    /// A sentence for a file that is missing, or is no set of images, or for a crop that is larger than the images.
    pub fn open(&self) -> Result<Images> {
        let paths = match self.dataset.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] | ["faces"] => return self.uncropped_faces(),
            ["cifar10"] => self.cifar10()?,
            [name @ ("lsun" | "imagenet" | "folder" | "lfw")] => return Err(unread(name)),
            ref names => names.iter().map(|name| self.dataroot.clone().unwrap_or_default().join(name)).collect(),
        };
        let mut whole: Option<Dataset> = None;
        for path in &paths {
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let part = data::open(&name, read_at_most(path, data::MAX_BYTES)?)?;
            match &mut whole {
                Some(whole) => whole.append(&part)?,
                None => whole = Some(part),
            }
        }
        let whole = whole.ok_or_else(|| Error::Data(plain("--dataset names no file. Name at least one.")))?;
        Ok(Images::Files(match self.crop_size {
            Some(side) => whole.cropped(side)?,
            None => whole,
        }))
    }

    fn uncropped_faces(&self) -> Result<Images> {
        if self.crop_size.is_some() {
            return Err(Error::Config(plain(
                "--crop_size is for images from files; the built-in faces fill theirs. Leave it out.",
            )));
        }
        Ok(Images::Faces)
    }

    /// `data_batch_*.bin` in order, then `test_batch.bin` if it is there.
    fn cifar10(&self) -> Result<Vec<PathBuf>> {
        let Some(root) = &self.dataroot else {
            return Err(Error::Config(plain(
                "--dataset cifar10 needs --dataroot, the folder that holds data_batch_1.bin and the other files of \
                 CIFAR-10's binary version.",
            )));
        };
        let inner = root.join(CIFAR_FOLDER);
        let folder = if inner.is_dir() { inner } else { root.clone() };
        let mut training = Vec::new();
        for entry in fs::read_dir(&folder).map_err(|e| file_error("Reading the folder", &folder, &e))? {
            let path = entry.map_err(|e| file_error("Reading the folder", &folder, &e))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with("data_batch_") && name.ends_with(".bin") {
                training.push(path);
            }
        }
        if training.is_empty() {
            return Err(Error::Data(plain(format!(
                "{} has no data_batch_*.bin. Unpack CIFAR-10's binary version there, or name another --dataroot.",
                folder.display()
            ))));
        }
        training.sort();
        training.extend(Some(folder.join("test_batch.bin")).filter(|path| path.exists()));
        Ok(training)
    }

    /// Notes the source in a run folder, for `--resume`.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be written.
    pub fn remember(&self, root: &Path) -> Result<()> {
        let mut source = self.clone();
        if self.is_given() {
            // A run may be resumed from another folder than the one it was begun in.
            let here = self.dataroot.clone().unwrap_or_else(|| ".".into());
            source.dataroot = Some(std::path::absolute(&here).map_err(|e| file_error("Finding", &here, &e))?);
        }
        let text = serde_json::to_string(&source).expect("a source has only text and numbers");
        write_whole(&root.join(REMEMBERED), text.as_bytes())
    }

    /// This source if it is given, otherwise the one that the run folder remembers.
    ///
    /// # Errors
    /// [`Error::File`] when what it remembers cannot be read.
    pub fn or_remembered(&self, root: &Path) -> Result<Source> {
        let path = root.join(REMEMBERED);
        if self.is_given() || !path.exists() {
            return Ok(self.clone());
        }
        serde_json::from_str(&read_text(&path)?)
            .map_err(|e| Error::File(format!("{} cannot be read ({e}). Give --dataset again.", path.display())))
    }
}

fn unread(name: &str) -> Error {
    Error::Data(plain(format!(
        "--dataset {name} is a format of the authors' code that this program does not read. Choose cifar10, faces, or \
         files of CIFAR's binary version or of IDX images."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It names folders below --save_path and stands in tables: no separator, no dot, no comma.
    #[test]
    fn the_word_of_a_file_is_safe_in_paths_and_tables() {
        for (file, word) in [
            ("data/Train-images.idx3-ubyte.gz", "train-images"),
            (".mnist.gz", "mnist"),
            ("a,b.idx", "a_b"),
            ("..", "data"),
            ("\u{1b}[31m.bin", "__31m"),
        ] {
            assert_eq!(Source { dataset: vec![file.into()], ..Source::default() }.word(), word, "{file:?}");
        }
    }
}
