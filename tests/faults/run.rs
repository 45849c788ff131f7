//! A run whose saves take a good part of its time, and what is expected of it after a fault.

use crate::program::{command, files, folder, images, rows, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use wn_gan::gan::checkpoint::Checkpoint;
use wn_gan::rng;

/// Steps between two saves of `last`.
pub const SAVED_EVERY: u32 = 4;
const SETTINGS: &[&str] = &[
    "--preset=tiny",
    "--image_size=16",
    "--nfeature=64",
    "--code_size=32",
    "--batch_size=4",
    "--running=6",
    "--final=8",
    "--test_steps=2",
    "--vis_size=2",
    "--niter=240",
    "--test_interval=4",
    "--save_interval=20",
    "--vis_interval=16",
    "--json",
];

/// The run in a folder of its own.
pub struct Run {
    pub root: PathBuf,
    data: PathBuf,
}

impl Run {
    /// In the folder `root`, with the images that `data` names.
    pub fn new(root: PathBuf, data: &str) -> Run {
        Run { root, data: images(data) }
    }

    /// A run of the same settings that nothing happened to.
    pub fn whole(name: &str) -> Run {
        let run = Run::new(folder(&format!("{name}_whole")), name);
        let output = run.output(&[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        run
    }

    fn command(&self, more: &[&str]) -> std::process::Command {
        let place = ["train", "--save_path", text(&self.root), "--dataset", text(&self.data)];
        let mut command = command(&[&place[..], SETTINGS, more].concat());
        command.env("WNGAN_DEVICE", "cpu");
        command
    }

    /// Runs it to its end.
    pub fn output(&self, more: &[&str]) -> Output {
        self.command(more).output().unwrap()
    }

    /// Starts it, or goes on with it.
    pub fn start(&self) -> Child {
        self.command(&["--resume"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Steps of the checkpoint `last`, which must be whole; 0 without one.
    pub fn saved(&self) -> u32 {
        let last = self.root.join("net_archive/last.safetensors");
        if !last.exists() {
            return 0;
        }
        Checkpoint::read(&fs::read(last).unwrap()).unwrap_or_else(|e| panic!("the last save is damaged: {e}")).step
    }

    /// Steps whose losses are in the table.
    pub fn done(&self) -> u32 {
        let table = self.root.join("log/metrics.csv");
        if table.exists() { rows(&table).len() as u32 } else { 0 }
    }

    /// Names of half-written files.
    pub fn halves(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.join("net_archive")) else { return Vec::new() };
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.ends_with(".part")).collect()
    }

    /// Goes on to the end; then it must be what `whole` is, byte for byte. The source names its own folder.
    pub fn ends_as(&self, whole: &Run) {
        let output = self.output(&["--resume"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let [found, expected] = [self, whole].map(|run| files(&run.root));
        let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&found), names(&expected));
        for ((name, found), (_, expected)) in found.iter().zip(&expected) {
            assert!(found == expected, "{name} differs from the uninterrupted run's");
        }
    }
}

/// Writes the table `name` of what was seen.
pub fn record(name: &str, header: &str, rows: &[String]) {
    let path = Path::new("docs/robustness").join(name).with_extension("csv");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
}

/// A random number below `end`, the same in every run.
pub fn random(number: u32, end: u32) -> u32 {
    rng::words(number, 3, 5, 12)[0] % end
}

/// How often a fault is tried: what the variable says, or `usual`.
pub fn times(variable: &str, usual: u32) -> u32 {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
}
