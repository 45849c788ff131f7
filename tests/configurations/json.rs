//! Settings as the page gives them, in a process of their own that serves one after the other.

use super::draw::is_large;
use super::outcome::{MOST_TIME, Outcome, mebibytes};
use pollster::block_on;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;
use wn_gan::data::{Dataset, faces};
use wn_gan::device::Device;
use wn_gan::gan::{Trainer, architecture};
use wn_gan::{Config, Error, Result};

/// Before an answer, among what else a test prints.
const MARK: &str = "answer: ";
/// Instead of settings: the process panics.
pub const PANIC: &str = "panic";

/// A process that trains, and its answers.
#[derive(Default)]
pub struct Worker(Option<(Child, Receiver<String>)>);

impl Worker {
    /// What becomes of settings. A process that dies, or takes too long, is replaced.
    pub fn answer(&mut self, settings: &str) -> Outcome {
        let (child, answers) = self.0.get_or_insert_with(start);
        let started = Instant::now();
        let written = writeln!(child.stdin.as_mut().unwrap(), "{settings}");
        let answer = written.ok().and_then(|()| answers.recv_timeout(MOST_TIME).ok());
        let (seconds, mebibytes) = (started.elapsed().as_secs_f64(), mebibytes(child.id()));
        if let Some((kind, text)) = answer.as_deref().and_then(|answer| answer.split_once(' ')) {
            let outcome = if kind == "refused" {
                Outcome::refused(text)
            } else {
                Outcome { kind: kind.into(), ..Outcome::refused(text) }
            };
            return Outcome { seconds, mebibytes, ..outcome };
        }
        let _ = child.kill();
        let text = format!("{:?}", child.wait());
        self.0 = None;
        Outcome { kind: "died".into(), seconds, mebibytes, text }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn start() -> (Child, Receiver<String>) {
    let args = ["worker", "--exact", "--ignored", "--nocapture", "--test-threads=1"];
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut child = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (send, answers) = channel();
    std::thread::spawn(move || {
        for line in output.lines().map_while(std::result::Result::ok) {
            if let Some((_, answer)) = line.split_once(MARK)
                && send.send(answer.to_string()).is_err()
            {
                return;
            }
        }
    });
    (child, answers)
}

/// Answers the settings on standard input, line by line.
pub fn serve() {
    let (device, images) = (Arc::new(Device::cpu()), faces(60, 1));
    for line in std::io::stdin().lines().map_while(std::result::Result::ok) {
        assert_ne!(line, PANIC);
        println!("{MARK}{}", answer(&device, &images, &line));
    }
}

fn answer(device: &Arc<Device>, images: &Dataset, text: &str) -> String {
    let config = match Config::from_json(text).and_then(|config| architecture::check_size(&config).map(|()| config)) {
        Ok(config) => config,
        Err(error) => return format!("refused {error}"),
    };
    if is_large(&config) {
        return "estimated only".into();
    }
    match train(device, images, config) {
        Ok(finite) if finite => "trained three steps".into(),
        Ok(_) => "silent about losses that are not finite".into(),
        Err(error @ Error::NonFinite { .. }) => format!("diverged {error}"),
        Err(error) => format!("refused {error}"),
    }
}

/// Three steps; whether all their losses are finite.
fn train(device: &Arc<Device>, images: &Dataset, config: Config) -> Result<bool> {
    let mut trainer = block_on(Trainer::new(device.clone(), config, images, &mut |_, _, _| {}))?;
    let mut finite = true;
    while trainer.step() < 3 {
        let report = block_on(trainer.advance(1))?;
        finite &= report.metrics.iter().all(|row| row.values().all(|(_, value)| value.is_finite()));
    }
    Ok(finite)
}
