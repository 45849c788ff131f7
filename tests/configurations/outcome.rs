//! What became of settings.

use std::time::Duration;

/// Longest time of settings.
pub const MOST_TIME: Duration = Duration::from_secs(20);
/// Most memory of a process.
const MOST_MEBIBYTES: u64 = 4096;

/// How settings ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// `refused`, `estimated`, `trained` or `diverged`; anything else is a failure.
    pub kind: String,
    /// How long it took.
    pub seconds: f64,
    /// Most memory that the process had.
    pub mebibytes: u64,
    /// The sentence of a refusal, or what is wrong.
    pub text: String,
}

impl Outcome {
    /// Whether this must not happen.
    pub fn is_failure(&self) -> bool {
        !["refused", "estimated", "trained", "diverged"].contains(&self.kind.as_str())
            || self.seconds > MOST_TIME.as_secs_f64()
            || self.mebibytes > MOST_MEBIBYTES
    }

    /// As a row of a table.
    pub fn row(&self, number: u32, way: &str) -> String {
        let failed = if self.is_failure() { "failed" } else { "" };
        let text = self.text.lines().next().unwrap_or_default().replace([',', '"'], " ");
        format!("{number},{way},{},{:.3},{},{failed},{text}\n", self.kind, self.seconds, self.mebibytes)
    }

    /// A refusal, if `text` is a sentence.
    pub fn refused(text: &str) -> Outcome {
        let is_sentence = text.len() > 15 && text.contains(' ') && text.trim_end().ends_with(['.', '\'']);
        let kind = if is_sentence && !text.contains("panicked") { "refused" } else { "no sentence" };
        Outcome { kind: kind.into(), seconds: 0.0, mebibytes: 0, text: text.into() }
    }
}

/// Most memory that the process `id` has had, where the system tells.
pub fn mebibytes(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}
