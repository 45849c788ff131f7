//! Settings as flags of `wngan train`, each in a process.

use super::draw::is_large;
use super::outcome::{MOST_TIME, Outcome, mebibytes};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wn_gan::Config;
use wn_gan::config::Key;

/// What becomes of the flags.
pub fn run(flags: &[String]) -> Outcome {
    if settings(flags).is_some_and(|config| is_large(&config) || is_long(&config)) {
        return Outcome { kind: "estimated".into(), seconds: 0.0, mebibytes: 0, text: String::new() };
    }
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("configuration");
    let _ = fs::remove_dir_all(&root);
    let mut command = Command::new(env!("CARGO_BIN_EXE_wngan"));
    command.args(["train", "--json", "--save_path"]).arg(&root).arg("--dataset").arg(images());
    command.args(flags).env("WNGAN_DEVICE", "cpu").env("RUST_BACKTRACE", "0");
    let (out, err) = (root.with_extension("out"), root.with_extension("err"));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out).unwrap())
        .stderr(fs::File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let (started, mut most) = (Instant::now(), 0);
    let status = loop {
        most = mebibytes(child.id()).max(most);
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if started.elapsed() > MOST_TIME {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let said = fs::read_to_string(&err).unwrap_or_default();
    let outcome = match status.map(|status| status.code()) {
        Some(Some(0)) => trained(&root),
        Some(Some(1)) if said.contains("Training stopped at step") => ("diverged", said),
        Some(Some(1)) => (sentence(&said), said),
        // What clap refuses has a line or two more.
        Some(Some(2)) if said.starts_with("error: ") && !said.contains("panicked") => ("refused", said),
        None => ("took too long", said),
        Some(code) => return Outcome { kind: "died".into(), ..of(started, most, format!("{code:?} {said}")) },
    };
    Outcome { kind: outcome.0.into(), ..of(started, most, outcome.1) }
}

/// Whether the flags ask for more steps than are done in a moment, or for no end.
fn is_long(config: &Config) -> bool {
    config.niter == 0 || config.niter > 1000
}

fn of(started: Instant, mebibytes: u64, text: String) -> Outcome {
    Outcome { kind: String::new(), seconds: started.elapsed().as_secs_f64(), mebibytes, text }
}

fn sentence(said: &str) -> &'static str {
    let is_refusal = said
        .lines()
        .any(|line| line.strip_prefix("wngan: ").is_some_and(|text| Outcome::refused(text).kind == "refused"));
    if is_refusal && !said.contains("panicked") { "refused" } else { "no sentence" }
}

/// All losses of a run that ended well.
fn trained(root: &Path) -> (&'static str, String) {
    let table = fs::read_to_string(root.join("log/metrics.csv")).unwrap_or_default();
    let is_finite = |row: &str| row.split(',').all(|field| field.is_empty() || field.parse().is_ok_and(f64::is_finite));
    let rows = table.lines().skip(1);
    if rows.clone().count() > 0 && rows.clone().all(is_finite) { ("trained", String::new()) } else { ("silent", table) }
}

/// The settings that the flags make, if all of them are settings that fit.
fn settings(flags: &[String]) -> Option<Config> {
    let mut pairs = Vec::new();
    let mut rest = flags.iter();
    while let Some(flag) = rest.next() {
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name.to_string(), value.to_string()),
            None => (flag.clone(), rest.next()?.clone()),
        };
        pairs.push((name.strip_prefix("--")?.replace('-', "_"), value));
    }
    let preset = pairs.iter().find(|(name, _)| name == "preset").map_or("small", |(_, value)| value);
    let mut all: Map<String, Value> = serde_json::from_str(&Config::preset(preset).ok()?.to_json()).ok()?;
    for (name, value) in pairs.iter().filter(|(name, _)| name != "preset") {
        if name == "image_size" {
            let (width, height) = value.split_once('x').unwrap_or((value, value));
            for (side, text) in [("width", width), ("height", height)] {
                all.insert(side.into(), Key::named(side).ok()?.parse(text).ok()?);
            }
        } else {
            all.insert(name.clone(), Key::named(name).ok()?.parse(value).ok()?);
        }
    }
    all.insert("channels".into(), 1.into());
    Config::from_json(&Value::Object(all).to_string()).ok()
}

/// 60 grey images.
fn images() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("configurations.idx");
    if !path.exists() {
        let pixels = (0..60 * 64u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8);
        let header = [0, 0, 8, 3].into_iter().chain([60u32, 8, 8].iter().flat_map(|n| n.to_be_bytes()));
        fs::write(&path, header.chain(pixels).collect::<Vec<u8>>()).unwrap();
    }
    path
}
