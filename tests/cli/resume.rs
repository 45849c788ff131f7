//! A run that is killed and resumed ends as one that never was.

use crate::program::{SMALL, command, files, folder, images, lines, rows, sentence, text, train};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

/// Long enough to be killed in the middle, with tests and saves that do not fall together.
const LONG: &[&str] =
    &["--niter=600", "--test_interval=20", "--save_interval=30", "--vis_interval=10", "--norm=weight", "--inspect"];

fn arguments<'a>(folder: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    [&["train", "--save_path", text(folder)], SMALL, LONG, more].concat()
}

fn start(folder: &Path, more: &[&str]) -> Child {
    command(&arguments(folder, more)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn finish(folder: &Path, more: &[&str]) {
    lines(&arguments(folder, more));
}

/// Waits until the run has this many running tests, then kills it (SIGKILL on Unix).
fn kill_after(mut run: Child, folder: &Path, tests: usize) {
    let table = folder.join("log/running_test.csv");
    while !table.exists() || rows(&table).len() < tests {
        assert!(run.try_wait().unwrap().is_none(), "the run ended before it could be killed");
        std::thread::sleep(Duration::from_millis(1));
    }
    run.kill().unwrap();
    assert!(!run.wait().unwrap().success());
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_kill_loses_nothing_but_time() {
    let (data, whole, killed) = (images("killed"), folder("uninterrupted"), folder("killed"));
    let source: &[&str] = &["--dataset", text(&data)];
    finish(&whole, source);
    kill_after(start(&killed, source), &killed, 3);
    // The second time it is resumed at once, and without the data's name: the folder remembers it.
    kill_after(start(&killed, &["--resume"]), &killed, 8);
    finish(&killed, &["--resume"]);
    let (expected, found) = (files(&whole), files(&killed));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    for ((name, found), (_, expected)) in found.iter().zip(&expected) {
        assert!(found == expected, "{name} differs from the uninterrupted run's");
    }
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_finished_run_can_be_made_longer() {
    let (data, whole, halves) = (images("longer"), folder("whole"), folder("halves"));
    let source: &[&str] = &["--dataset", text(&data)];
    train(&whole, &[source, &["--niter", "8"]].concat());
    train(&halves, &[source, &["--niter", "5"]].concat());
    let again = lines(&["train", "--resume", "--save_path", text(&halves), "--json"]);
    assert_eq!(again.last().unwrap()["event"], "complete", "nothing is left to do: {again:?}");
    // As the authors' code does it: from a checkpoint of the same folder.
    let last = halves.join("net_archive/last.safetensors");
    lines(&["train", "--save_path", text(&halves), "--load_path", text(&last), "--niter", "8", "--json"]);
    for name in ["log/metrics.csv", "net_archive/last.safetensors", "running_test/000008.csv"] {
        let read = |folder: &Path| std::fs::read(folder.join(name)).unwrap();
        assert!(read(&halves) == read(&whole), "{name} differs");
    }
    let steps = |folder: &Path| crate::program::column(&folder.join("log/running_test.csv"), 0);
    assert_eq!(steps(&halves), [0.0, 4.0, 5.0, 8.0], "the test at the first end is kept");

    let said = sentence(&["train", "--resume", "--save_path", text(&halves), "--niter", "9", "--dataset", "faces"]);
    assert!(said.contains("was trained on longer.idx"), "{said}");
    let said = sentence(&["train", "--resume", "--save_path", text(&halves), "--niter", "9", "--seed", "7"]);
    assert!(said.contains("--seed 7"), "{said}");
}
