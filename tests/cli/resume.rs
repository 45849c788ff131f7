//! A run that is killed and resumed ends as one that never was.

use crate::program::{SMALL, command, files, folder, images, lines, rows, sentence, text, train};
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use wn_gan::gan::checkpoint::Checkpoint;

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

/// A run that does not outlive the test that started it.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

/// Waits until the run has this many running tests.
fn wait_for(run: &mut Child, folder: &Path, tests: usize) {
    let table = folder.join("log/running_test.csv");
    while !table.exists() || rows(&table).len() < tests {
        assert!(run.try_wait().unwrap().is_none(), "the run ended before it could be killed");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Kills the run after so many tests (SIGKILL on Unix).
fn kill_after(mut run: Child, folder: &Path, tests: usize) {
    wait_for(&mut run, folder, tests);
    run.kill().unwrap();
    assert!(!run.wait().unwrap().success());
}

/// Both folders hold the same files, byte for byte.
fn same_files(found: &Path, expected: &Path) {
    let (expected, found) = (files(expected), files(found));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    for ((name, found), (_, expected)) in found.iter().zip(&expected) {
        assert!(found == expected, "{name} differs from the uninterrupted run's");
    }
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
    same_files(&killed, &whole);
}

/// A power cut may damage what was written last; what was written before it is whole.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_damaged_last_gives_way_to_the_newest_whole_checkpoint() {
    let (data, whole, root) = (images("torn"), folder("not-torn"), folder("torn"));
    let start = ["--dataset", text(&data), "--save_interval=4", "--niter"];
    train(&whole, &[&start[..], &["12"]].concat());
    train(&root, &[&start[..], &["8"]].concat());
    for name in ["last", "8"] {
        std::fs::write(root.join(format!("net_archive/{name}.safetensors")), "torn").unwrap();
    }
    let go_on = ["train", "--resume", "--niter=12", "--save_interval=4", "--json", "--save_path", text(&root)];
    let events = lines(&go_on);
    let warning = events.iter().find(|event| event["event"] == "warning").unwrap()["message"].as_str().unwrap();
    assert!(warning.contains("last.safetensors") && warning.contains("goes on from step 4"), "{warning}");
    for name in ["net_archive/8.safetensors", "net_archive/last.safetensors", "log/metrics.csv", "log/running_test.csv"]
    {
        let read = |root: &Path| std::fs::read(root.join(name)).unwrap();
        assert!(read(&root) == read(&whole), "{name} differs from the whole run's");
    }
    for path in std::fs::read_dir(root.join("net_archive")).unwrap() {
        std::fs::write(path.unwrap().path(), "torn").unwrap();
    }
    assert!(sentence(&go_on).contains("not a safetensors file"));
}

/// A picture that cannot be written, and a best network that is damaged, are said and cost no run.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn what_a_run_can_do_without_is_a_warning() {
    let (data, root) = (images("warned"), folder("warned"));
    let picture = root.join("samples/000004.png");
    std::fs::create_dir_all(&picture).unwrap();
    let source: &[&str] = &["--dataset", text(&data), "--test_interval=4", "--vis_interval=4", "--niter"];
    let refused = sentence(&[&["train", "--save_path", text(&root)], SMALL, source, &["8"]].concat());
    assert!(refused.contains("neither empty nor"), "{refused}");
    std::fs::remove_dir_all(&root).unwrap();
    lines(&[&["train", "--save_path", text(&root)], SMALL, source, &["2"]].concat());
    std::fs::create_dir_all(&picture).unwrap();
    let best = root.join("net_archive/best.safetensors");
    std::fs::write(&best, "damaged").unwrap();
    let go_on = ["train", "--resume", "--niter=8", "--vis_interval=4", "--json", "--save_path", text(&root)];
    let events = lines(&go_on);
    let warnings: Vec<_> = events.iter().filter(|event| event["event"] == "warning").collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    let said = |number: usize| warnings[number]["message"].as_str().unwrap();
    assert!(said(0).contains("best.safetensors") && said(0).contains("not a safetensors file"), "{}", said(0));
    assert!(said(1).contains("000004.png") && said(1).contains("goes on without"), "{}", said(1));
    assert!(Checkpoint::read(&std::fs::read(&best).unwrap()).is_ok(), "a better one took its place");
    assert_eq!(rows(&root.join("log/metrics.csv")).len(), 8);
}

/// Two processes would tear each other's files.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_folder_has_one_writer() {
    let (data, root) = (images("locked"), folder("locked"));
    let source: &[&str] = &["--dataset", text(&data)];
    let train = [&["train", "--save_path", text(&root)], SMALL, source, &["--niter=0", "--test_interval=20"]].concat();
    let mut run = Guarded(command(&train).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    wait_for(&mut run.0, &root, 2);
    for more in ["--resume", "--overwrite"] {
        let said = sentence(&[&train[..], &[more]].concat());
        assert!(said.contains("Another process is writing the run"), "{more:?}: {said}");
    }
    assert!(run.0.try_wait().unwrap().is_none(), "the first goes on");
    run.0.kill().unwrap();
    run.0.wait().unwrap();
    lines(&["train", "--resume", "--niter=1", "--json", "--save_path", text(&root)]);
}

/// A run that was begun with a relative name goes on from another folder.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_run_finds_its_images_from_anywhere() {
    let (data, root) = (images("elsewhere"), folder("elsewhere"));
    let (place, name) = (data.parent().unwrap(), data.file_name().unwrap().to_str().unwrap());
    let begun = [&["train", "--save_path", text(&root)], SMALL, &["--dataset", name, "--niter=4"]].concat();
    assert!(command(&begun).current_dir(place).output().unwrap().status.success());
    lines(&["train", "--resume", "--niter=8", "--json", "--save_path", text(&root)]);
    assert_eq!(rows(&root.join("log/metrics.csv")).len(), 8);
}

/// Ctrl-C, and what a service manager sends: nothing is lost, and the run ends as one that never was interrupted.
#[test]
#[cfg(unix)]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn an_interrupted_run_saves_and_says_so() {
    let (data, whole, stopped) = (images("stopped"), folder("not-stopped"), folder("stopped"));
    let source: &[&str] = &["--dataset", text(&data)];
    finish(&whole, source);
    let (mut step, mut done) = (0, 0);
    for (signal, tests, more) in [("-INT", 3, source), ("-TERM", 9, &["--resume"][..])] {
        let mut run = command(&arguments(&stopped, more)).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // On a busy machine the run before may have come further: this one must have done something.
        wait_for(&mut run, &stopped, tests.max(done + 1));
        // Twice, as `timeout` does.
        for _ in 0..2 {
            assert!(Command::new("kill").args([signal, &run.id().to_string()]).status().unwrap().success());
        }
        let output = run.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{signal}");
        let last = String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_string();
        let event: Value = serde_json::from_str(&last).unwrap();
        assert_eq!(event["event"], "interrupted", "{last}");
        let saved = Checkpoint::read(&std::fs::read(stopped.join("net_archive/last.safetensors")).unwrap()).unwrap();
        assert_eq!(event["step"], saved.step);
        assert_eq!(rows(&stopped.join("log/metrics.csv")).len(), saved.step as usize, "every step has its losses");
        assert!(saved.step > step, "{signal}: it went on");
        step = saved.step;
        done = rows(&stopped.join("log/running_test.csv")).len();
    }
    finish(&stopped, &["--resume"]);
    same_files(&stopped, &whole);
}

/// Without tests and numbered checkpoints `last` is written all the same, and a run that is killed goes on from there.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_save_is_due_by_time() {
    let (data, root) = (images("timed"), folder("timed"));
    let quiet = ["--dataset", text(&data), "--niter=0", "--test_interval=0", "--save_interval=0", "--vis_interval=0"];
    let train = [&["train", "--save_path", text(&root)], SMALL, &quiet].concat();
    let timed = [&train[..], &["--save_minutes=0.005"]].concat();
    let mut run = Guarded(command(&timed).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let last = root.join("net_archive/last.safetensors");
    while !last.exists() {
        assert!(run.0.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    run.0.kill().unwrap();
    run.0.wait().unwrap();
    let saved = Checkpoint::read(&std::fs::read(&last).unwrap()).unwrap();
    assert!(saved.step > 0);
    assert!(rows(&root.join("log/metrics.csv")).len() >= saved.step as usize, "every step has its losses");
    let said = sentence(&[&train[..], &["--resume", "--save_minutes=-1"]].concat());
    assert!(said.contains("save_minutes must be a number between 0 and 1000000; it is \"-1\"."), "{said}");
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
