//! Random settings, sensible and not, as JSON (as the page gives them) and as flags, on the CPU path. Each either is refused
//! with a sentence, or trains three steps whose losses are finite, or says that it diverged; no panic, no abort, no process
//! above 4 GiB, none over 20 s. Settings beyond 2 GFLOP a step or 1 GiB are only estimated.
//!
//! `CONFIGURATIONS=FIRST..END` takes others than the first hundred; every result is then a row of
//! `target/soak/configurations.csv`, so that a later call can go on.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "configurations/draw.rs"]
mod draw;
#[path = "configurations/json.rs"]
mod json;
#[path = "configurations/outcome.rs"]
mod outcome;
#[path = "configurations/program.rs"]
mod program;

use draw::Drawn;
use outcome::Outcome;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

const DEFAULT: std::ops::Range<u32> = 0..100;

fn asked() -> std::ops::Range<u32> {
    let Ok(text) = std::env::var("CONFIGURATIONS") else { return DEFAULT };
    let (first, end) = text.split_once("..").unwrap_or_else(|| panic!("CONFIGURATIONS is FIRST..END, not {text}"));
    first.parse().unwrap()..end.parse().unwrap()
}

#[test]
fn random_settings_are_refused_or_trained() {
    let numbers = asked();
    let mut table = (numbers != DEFAULT).then(|| {
        fs::create_dir_all("target/soak").unwrap();
        OpenOptions::new().create(true).append(true).open("target/soak/configurations.csv").unwrap()
    });
    let mut worker = json::Worker::default();
    let (mut counts, mut failures) = (BTreeMap::new(), Vec::new());
    for number in numbers.clone() {
        let drawn = draw::draw(number);
        let outcome = match &drawn {
            Drawn::Json(text) => worker.answer(text),
            Drawn::Flags(flags) => program::run(flags),
        };
        let way = drawn.way();
        if let Some(table) = &mut table {
            table.write_all(outcome.row(number, way).as_bytes()).unwrap();
        }
        *counts.entry((way, outcome.kind.clone())).or_insert(0u32) += 1;
        if outcome.is_failure() {
            println!("{number}: {outcome:?}\n{drawn:?}\n");
            failures.push(number);
        }
    }
    println!("{counts:?}");
    assert!(failures.is_empty(), "settings number {failures:?} of {numbers:?}");
    if numbers.len() >= 100 {
        for kind in ["refused", "trained"] {
            for way in ["json", "flags"] {
                assert!(counts.contains_key(&(way, kind.to_string())), "one-sided: no {way} {kind} in {counts:?}");
            }
        }
    }
}

/// What [`json::Worker`] starts.
#[test]
#[ignore = "trains what it reads from its standard input"]
fn worker() {
    json::serve();
}

/// The harness itself: a panic, a death, a hang and silence are failures.
#[test]
fn what_is_wrong_is_a_failure() {
    let quick = |kind: &str| Outcome { kind: kind.into(), seconds: 0.1, mebibytes: 10, text: String::new() };
    assert!(!quick("refused").is_failure() && !quick("trained").is_failure() && !quick("diverged").is_failure());
    assert!(quick("died").is_failure() && quick("panicked").is_failure());
    assert!(Outcome { seconds: 20.5, ..quick("trained") }.is_failure());
    assert!(Outcome { mebibytes: 4097, ..quick("trained") }.is_failure());
    let mut worker = json::Worker::default();
    assert_eq!(worker.answer(json::PANIC).kind, "died");
    assert_eq!(worker.answer("{").kind, "refused", "another takes its place");
    assert!(Path::new(env!("CARGO_BIN_EXE_wngan")).exists());
}
