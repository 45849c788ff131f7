//! The command line as its user meets it: folders, tables, resuming, and sentences for what is wrong.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use wn_gan::gan::checkpoint::Checkpoint;

/// A network that a software adapter trains in a moment.
const SMALL: &[&str] = &[
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
    "--test_steps",
    "3",
    "--test_interval",
    "4",
    "--vis_size",
    "2",
    "--json",
];

fn wngan(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wngan")).args(args).output().unwrap()
}

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if path.exists() {
        fs::remove_dir_all(&path).unwrap();
    }
    path
}

fn train(folder: &Path, more: &[&str]) -> Output {
    let path = folder.to_str().unwrap();
    wngan(&[&["train", "--save_path", path], SMALL, more].concat())
}

fn sentence(output: &Output) -> String {
    assert!(!output.status.success(), "it should have failed");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Rows of a table without its header.
fn rows(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().skip(1).map(String::from).collect()
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_run_writes_its_folders_and_goes_on_where_it_was_saved() {
    let (whole, halves) = (folder("whole"), folder("halves"));
    let output = train(&whole, &["--niter", "8", "--vis_interval", "4"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<serde_json::Value> = output
        .stdout
        .split(|&b| b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect();
    assert_eq!(lines.first().unwrap()["event"], "start");
    assert_eq!(lines.last().unwrap()["event"], "end");
    for name in ["samples/000000.png", "samples/000004.png", "samples/000008.png", "running_test/000004.png"] {
        let png = fs::read(whole.join(name)).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{name}");
    }
    assert_eq!(rows(&whole.join("log/metrics.csv")).len(), 8);
    let tests = rows(&whole.join("log/running_test.csv"));
    assert_eq!(tests.iter().map(|row| row.split(',').next().unwrap()).collect::<Vec<_>>(), ["0", "4", "8"]);
    assert_eq!(rows(&whole.join("running_test/000008.csv")).len(), 6, "one loss per held-out image");

    assert!(train(&halves, &["--niter", "5"]).status.success());
    let saved = halves.join("net_archive/last.safetensors");
    assert_eq!(Checkpoint::read(&fs::read(&saved).unwrap()).unwrap().step, 5);
    let path = saved.to_str().unwrap();
    let resumed =
        wngan(&["train", "--save_path", halves.to_str().unwrap(), "--load_path", path, "--niter", "8", "--json"]);
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    assert_eq!(rows(&halves.join("log/metrics.csv")), rows(&whole.join("log/metrics.csv")));
    let last = |folder: &Path| fs::read(folder.join("net_archive/last.safetensors")).unwrap();
    assert!(last(&halves) == last(&whole), "the resumed run ends with other parameters");
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    let folder = folder("wrong");
    for (args, part) in [
        (&["--image_size", "9"][..], "width must be even"),
        (&["--lr=-1"], "lr must be between"),
        (&["--norm", "magic"], "unknown variant `magic`"),
        (&["--dataset", "Cargo.toml"], "Cargo.toml"),
        (&["--dataset", "no-such-file"], "no-such-file"),
        (&["--load_path", "Cargo.toml"], "not a safetensors file"),
    ] {
        let said =
            sentence(&wngan(&[&["train", "--niter", "1", "--save_path", folder.to_str().unwrap()], args].concat()));
        assert!(said.contains(part), "{args:?}: {said}");
    }
    assert!(!folder.exists(), "a run that cannot start leaves nothing behind");
}

#[test]
fn help_explains_every_setting() {
    let help = String::from_utf8(wngan(&["train", "--help"]).stdout).unwrap();
    for flag in
        ["--dataset", "--norm", "--lr", "--batch_size", "--test_interval", "--save_path", "--load_path", "--json"]
    {
        assert!(help.contains(flag), "{flag} is missing");
    }
}
