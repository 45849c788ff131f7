//! What a run survives, many times over: `scripts/soak.sh` runs these, and each writes its table to `docs/robustness/`. All on
//! the CPU, where the bits of a resumed run are those of an uninterrupted one. Smaller ones are in `tests/cli/resume.rs`.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "faults/checkpoints.rs"]
mod checkpoints;
#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/kills.rs"]
mod kills;
#[allow(dead_code, reason = "shared with the tests of the command line")]
#[path = "cli/program.rs"]
mod program;
#[path = "faults/run.rs"]
mod run;
#[path = "faults/writers.rs"]
mod writers;
