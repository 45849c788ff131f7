//! What the pages say of settings is what the table of settings has.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use wn_gan::config::{KEYS, Kind};

/// The names in backticks that begin the rows of a page's tables.
fn rows(page: &str) -> BTreeSet<&str> {
    page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name)).collect()
}

#[test]
fn every_choice_has_a_row_and_every_row_is_a_choice() {
    let page = std::fs::read_to_string("docs/settings.md").unwrap();
    let choices = KEYS.iter().flat_map(|key| match key.kind {
        Kind::Choice { choices } => choices,
        _ => &[],
    });
    let choices: BTreeSet<&str> = choices.map(|choice| choice.name).collect();
    assert_eq!(rows(&page), choices);
}

#[test]
fn every_setting_that_the_page_names_exists() {
    let page = std::fs::read_to_string("docs/settings.md").unwrap();
    for heading in page.lines().filter(|line| line.starts_with("## ")) {
        for name in heading.split('`').skip(1).step_by(2) {
            assert!(KEYS.iter().any(|key| key.name == name), "{name} in \"{heading}\"");
        }
    }
}
