//! Starting the program, and reading what it leaves behind.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A network that a software adapter trains in a moment.
pub const SMALL: &[&str] = &[
    "--preset",
    "tiny",
    "--image_size",
    "8",
    "--nfeature",
    "4",
    "--code-size",
    "4",
    "--batch_size",
    "4",
    "--running",
    "6",
    "--final=8",
    "--test_steps",
    "3",
    "--vis_size",
    "2",
    "--json",
];

/// A test at steps 0, 4, 8, ...
pub const EVERY_FOURTH: &[&str] = &["--test_interval", "4"];

/// The program with these arguments, not yet started. What it keeps for later runs lies below the tests' own files.
pub fn command(args: &[&str]) -> Command {
    at_home(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("home"), args)
}

/// The same for somebody who lives in `home`.
pub fn at_home(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wngan"));
    command.args(args).env("HOME", home).env("XDG_CACHE_HOME", home.join(CACHE));
    command
}

/// The caches of a home, as the system wants them.
pub const CACHE: &str = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };

/// Runs the program to its end.
pub fn wngan(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// Runs it and wants success; returns its JSON lines.
pub fn lines(args: &[&str]) -> Vec<Value> {
    let output = wngan(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs it and wants a failure; returns what it says.
pub fn sentence(args: &[&str]) -> String {
    let output = wngan(args);
    assert!(!output.status.success(), "{args:?} should have failed");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An empty place for a test's files.
pub fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if path.exists() {
        fs::remove_dir_all(&path).unwrap();
    }
    path
}

/// The path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A file of 60 random grey 8x8 images in the IDX format, quicker to read than faces are drawn.
pub fn images(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.idx"));
    let mut bytes = vec![0, 0, 8, 3];
    bytes.extend([60u32, 8, 8].iter().flat_map(|n| n.to_be_bytes()));
    bytes.extend((0..60 * 64u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8));
    fs::write(&path, bytes).unwrap();
    path
}

/// `wngan train` of the small network in `folder`, with a test at every fourth step.
pub fn train(folder: &Path, more: &[&str]) -> Vec<Value> {
    lines(&[&["train", "--save_path", text(folder)], SMALL, EVERY_FOURTH, more].concat())
}

/// Changes a checkpoint's bytes and takes its checksum away, which would tell.
pub fn spoil(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.windows(5).position(|window| window == b"crc32").unwrap();
    bytes[at..at + 5].copy_from_slice(b"crc__");
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Rows of a table without its header.
pub fn rows(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().skip(1).map(String::from).collect()
}

/// One column of a table.
pub fn column(path: &Path, index: usize) -> Vec<f64> {
    rows(path).iter().map(|row| row.split(',').nth(index).unwrap().parse().unwrap()).collect()
}

/// The loss of every image in a test's table, as the f32 numbers that were written: the table has all their digits.
pub fn losses(path: &Path) -> Vec<f64> {
    column(path, 1).iter().map(|&loss| f64::from(loss as f32)).collect()
}

/// All files below a folder, by their paths inside it.
pub fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((text(path.strip_prefix(root).unwrap()).replace('\\', "/"), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}
