//! The command line as its user meets it: folders, tables, kills, and sentences for what is wrong.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "cli/adapter.rs"]
mod adapter;
#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/convert.rs"]
mod convert;
#[path = "cli/damaged.rs"]
mod damaged;
#[path = "cli/experiment.rs"]
mod experiment;
#[path = "cli/final_test.rs"]
mod final_test;
#[path = "cli/flags.rs"]
mod flags;
#[path = "cli/home.rs"]
mod home;
#[path = "cli/inspect.rs"]
mod inspect;
#[path = "cli/plot.rs"]
mod plot;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/replay.rs"]
mod replay;
#[path = "cli/resume.rs"]
mod resume;
#[path = "cli/train.rs"]
mod train;
