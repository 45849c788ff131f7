//! What a run leaves outside of the folders that it is given: nothing but the kernel variant that was the fastest, in the
//! user's cache, and that only where there was one to choose.

use crate::program::{CACHE, EVERY_FOURTH, SMALL, at_home, files, folder, images, text};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An empty home.
fn home(name: &str) -> PathBuf {
    let path = folder(name);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The program with everything that it could take for a place to write to in one empty folder. Drivers keep shaders in
/// caches of their own, which are not the program's.
fn confined(home: &Path, device: &str, args: &[&str]) -> Command {
    let mut command = at_home(home, args);
    command.current_dir(home).env("TMPDIR", home).env("WNGAN_DEVICE", device);
    command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").env_remove("XDG_STATE_HOME");
    command.env("MESA_SHADER_CACHE_DISABLE", "true").env("__GL_SHADER_DISK_CACHE", "0");
    command
}

/// The one JSON object that a command prints.
fn found(mut command: Command) -> Value {
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

/// Names of the files that a short run with a test leaves in its home.
fn left_by_a_run(device: &str) -> Vec<String> {
    let (home, run, data) = (home(&format!("home_{device}")), folder(&format!("away_{device}")), images(device));
    let place: &[&str] = &["train", "--save_path", text(&run), "--dataset", text(&data), "--niter", "4"];
    let output = confined(&home, device, &[place, SMALL, EVERY_FOURTH].concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(run.join("log/metrics.csv").exists(), "the run itself is where it should be");
    files(&home).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_run_on_the_cpu_leaves_nothing_in_the_home() {
    assert_eq!(left_by_a_run("cpu"), [""; 0]);
}

/// A software adapter has one variant, which is not measured.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn a_run_on_an_adapter_leaves_the_choice_of_its_kernel_variant_at_most() {
    let adapter = found(confined(&home("home_asked"), "gpu", &["adapter", "--json"]));
    let choice = format!("{CACHE}/wngan/variants.json");
    let may_be_left = if adapter["software"] == true { vec![] } else { vec![choice] };
    let left = left_by_a_run("gpu");
    assert!(left.iter().all(|name| may_be_left.contains(name)), "{left:?}");
}

/// The cache of that home is what is asked for an earlier choice: no other run's can change what a test sees.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn an_earlier_choice_is_found_in_the_cache() {
    let home = home("home_chosen");
    let adapter = found(confined(&home, "gpu", &["adapter", "--json"]));
    let name = format!("{} ({})", adapter["adapter"].as_str().unwrap(), adapter["backend"].as_str().unwrap());
    let cache = home.join(CACHE).join("wngan");
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join("variants.json"), serde_json::json!({ name: "small" }).to_string()).unwrap();
    let bench = confined(&home, "gpu", &["bench", "--json", "--seconds", "0.1", "--batch_size", "4"]);
    assert_eq!(found(bench)["variant"], "small");
}
