//! Files: whole or not at all, and with a sentence when they fail.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use wn_gan::{Error, Result};

/// A file error as a sentence.
pub fn file_error(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::File(format!("{what} {} failed: {error}.", path.display()))
}

/// A file's bytes.
///
/// # Errors
/// [`Error::File`] when it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    read_at_most(path, u64::MAX)
}

/// The bytes of a file of no more than `most`.
///
/// # Errors
/// [`Error::File`] when it cannot be read, or has more.
pub fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>> {
    let about = fs::metadata(path).map_err(|e| file_error("Reading", path, &e))?;
    // A device may never end, a pipe never begin.
    if !about.is_file() {
        return Err(Error::File(format!("Reading {} failed: it is no file.", path.display())));
    }
    if about.len() > most {
        let (has, most) = (about.len() >> 20, most >> 20);
        let path = path.display();
        return Err(Error::File(format!("{path} has {has} MiB, and may have {most} MiB. Choose a smaller file.")));
    }
    fs::read(path).map_err(|e| file_error("Reading", path, &e))
}

/// A file's text.
///
/// # Errors
/// [`Error::File`] when it cannot be read, or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| file_error("Reading", path, &e))
}

/// Creates a folder with those above it.
///
/// # Errors
/// [`Error::File`] when the system refuses.
pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|e| file_error("Creating the folder", path, &e))
}

/// Writes a file under another name first, so that a kill leaves the old file or the new one, never a half. The folder
/// is created if need be.
///
/// # Errors
/// [`Error::File`] when folder or file cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    write_as(path, bytes, "part")
}

/// The same for a file that several processes may write at once: the last one wins.
///
/// # Errors
/// As [`write_whole`].
pub fn write_shared(path: &Path, bytes: &[u8]) -> Result<()> {
    write_as(path, bytes, &format!("{}.part", std::process::id()))
}

fn write_as(path: &Path, bytes: &[u8], ending: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let half = path.with_added_extension(ending);
    // What an earlier process left there, which may be a link to anywhere.
    let _ = fs::remove_file(&half);
    let written = File::create_new(&half).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&half, path)
    });
    written.map_err(|e| {
        let _ = fs::remove_file(&half); // It would keep a full disk full.
        file_error("Writing", path, &e)
    })
}

/// That files can be written in the folder `path`, which need not be there yet. Nothing is left behind.
///
/// # Errors
/// [`Error::File`] when the system refuses.
pub fn check_folder(path: &Path) -> Result<()> {
    let there = path.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let probe = there.join(format!(".wngan.{}.part", std::process::id()));
    let written = File::create_new(&probe).and_then(|_| fs::remove_file(&probe));
    written.map_err(|e| file_error("Writing in", path, &e))
}

/// That a file can be written at `path`.
///
/// # Errors
/// As [`check_folder`], or when it is a folder.
pub fn check_file(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::File(format!("Writing {} failed: it is a folder. Name a file.", path.display())));
    }
    check_folder(path.parent().unwrap_or(path))
}
