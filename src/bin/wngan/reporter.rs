//! Reports how a run goes: a progress bar for people, JSON for programs.

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Display;
use std::io::Write;
use std::time::{Duration, Instant};
use wn_gan::data::Dataset;
use wn_gan::gan::{Report, TestProgress, TestResult, Trainer};

/// With `--json`, losses are printed at most this often.
const JSON_INTERVAL: Duration = Duration::from_secs(1);

/// A progress bar, or one JSON object per line.
pub struct Reporter {
    json: bool,
    bar: ProgressBar,
    last_loss: Option<TestResult>,
    reported: Option<Instant>,
    started: Instant,
}

impl Reporter {
    /// Starts the clock.
    pub fn new(json: bool) -> Reporter {
        Reporter { json, bar: ProgressBar::hidden(), last_loss: None, reported: None, started: Instant::now() }
    }

    /// A fact: `text` for people, `event` for machines.
    pub fn say(&self, text: &str, event: &Value) {
        if self.json {
            print_line(event);
        } else {
            self.bar.suspend(|| print_line(harmless(text)));
        }
    }

    /// What went wrong and does not end the command.
    pub fn warn(&self, text: &str) {
        if self.json {
            print_line(json!({"event": "warning", "message": text}));
        } else {
            self.bar.suspend(|| eprintln!("wngan: {}", harmless(text)));
        }
    }

    /// How far the kernels of a new trainer are.
    pub fn building(&self, done: usize, total: usize, kernel: &str) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message(kernel.to_string());
    }

    /// A new bar, for something of `total` parts; 0 means that nobody knows how many.
    pub fn begin(&mut self, total: u64, template: &str) {
        self.bar.finish_and_clear();
        self.bar = match (self.json, total) {
            (true, _) => ProgressBar::hidden(),
            (false, 0) => ProgressBar::new_spinner(),
            (false, total) => ProgressBar::new(total),
        };
        self.bar.set_style(style(template));
    }

    /// Takes the bar away.
    pub fn end_bar(&self) {
        self.bar.finish_and_clear();
    }

    /// Training starts, or goes on.
    pub fn start(&mut self, trainer: &Trainer, data: &Dataset) {
        let config = trainer.config();
        let (running, held_out) = trainer.test_images();
        let (device, build) = (trainer.device(), self.started.elapsed().as_secs_f64());
        let text = format!(
            "{} on {} ({}), ready in {build:.1} s\n{} images, {held_out} of them held out, {running} for the running test",
            data.name,
            device.name(),
            device.backend(),
            data.len()
        );
        let event = json!({"event": "start", "adapter": device.name(), "backend": device.backend(), "config": config,
            "step": trainer.step(), "images": data.len(), "running": running, "held_out": held_out,
            "build_seconds": build});
        self.say(&text, &event);
        let template = if config.niter == 0 {
            "{spinner} step {pos}  {per_sec}  {msg}"
        } else {
            "{bar:30} step {pos}/{len}  {per_sec}  {eta} left  {msg}"
        };
        self.begin(u64::from(config.niter), template);
        self.bar.set_position(u64::from(trainer.step()));
        self.bar.reset_eta();
    }

    /// A chunk has been done.
    pub fn chunk(&mut self, report: &Report) {
        let Some(row) = report.metrics.last() else { return };
        if self.json {
            if self.reported.is_none_or(|reported| reported.elapsed() >= JSON_INTERVAL) {
                self.reported = Some(Instant::now());
                print_line(
                    json!({"event": "step", "step": report.step, "d_loss_real": row.d_loss_real, "d_loss_fake": row.d_loss_fake,
                        "d_loss": row.d_loss, "g_loss": row.g_loss, "seconds": self.seconds()}),
                );
            }
            return;
        }
        let score = self
            .last_loss
            .as_ref()
            .map_or(String::new(), |test| format!("  reconstruction {:.5} @ {}", test.loss, test.step));
        self.bar.set_position(u64::from(report.step));
        self.bar.set_message(format!("D {:.3}  G {:.3}{score}", row.d_loss, row.g_loss));
    }

    /// A running test has finished.
    pub fn test(&mut self, result: &TestResult) {
        self.say(
            &format!("step {:>7}  reconstruction {:.6}", result.step, result.loss),
            &json!({"event": "test", "step": result.step, "loss": result.loss, "seconds": self.seconds()}),
        );
        self.last_loss = Some(result.clone());
    }

    /// A final test is under way.
    pub fn final_test(&self, progress: TestProgress) {
        self.bar.set_length(progress.of);
        self.bar.set_position(progress.done);
    }

    /// Training has ended at `step`.
    pub fn end(&self, step: u32) {
        self.bar.finish();
        if self.json {
            print_line(json!({"event": "end", "step": step, "seconds": self.seconds()}));
        }
    }

    /// Training was interrupted at `step`, and saved.
    pub fn interrupted(&mut self, step: u32) {
        self.say(
            &format!("Interrupted at step {step}. Everything is saved; --resume goes on."),
            &json!({"event": "interrupted", "step": step, "seconds": self.seconds()}),
        );
        self.bar.abandon();
    }

    /// Seconds since the clock was started.
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

/// Text whose control characters are written out: names of files and tensors may hold what a terminal obeys.
pub fn harmless(text: &str) -> String {
    let letter = |letter: char| match letter {
        '\n' => "\n".into(),
        other if other.is_control() => other.escape_default().to_string(),
        other => other.to_string(),
    };
    text.chars().map(letter).collect()
}

/// Prints a line. When nobody listens any more (`wngan train | head`), that is no reason to stop training.
pub fn print_line(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// One JSON object, or a table of its members.
pub fn print_object(json: bool, object: &impl Serialize) {
    let object = serde_json::to_value(object).expect("what is printed has only numbers, strings, lists and objects");
    if json {
        return print_line(object);
    }
    for (name, value) in object.as_object().into_iter().flatten() {
        print_line(format_args!("{name:<24} {value}"));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is fixed and valid")
}
