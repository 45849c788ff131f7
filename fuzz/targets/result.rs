//! `result.json` of a run of an experiment.
#![no_main]
#![allow(dead_code, reason = "modules of the program, of which this uses a part")]

#[path = "../../src/bin/wngan/files.rs"]
mod files;
#[path = "../../src/bin/wngan/folder.rs"]
mod folder;
#[path = "../../src/bin/wngan/inspection.rs"]
mod inspection;
#[path = "../../src/bin/wngan/experiment/outcome.rs"]
mod outcome;
#[path = "../../src/bin/wngan/table.rs"]
mod table;

use outcome::Outcome;
use std::path::Path;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(mut outcome) = Outcome::parse(text, Path::new("result.json")) else { return };
    assert!(outcome.row().ends_with('\n') && !outcome.to_string().is_empty());
    let _ = Outcome::parse(&outcome.to_json(), Path::new("result.json"));
    outcome.set_scores(&[]);
});
