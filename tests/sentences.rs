//! What the library says to settings that it cannot take: every type in place of every other, by code and by values.

use serde_json::{Value, json};
use wn_gan::config::{KEYS, Key, Kind};
use wn_gan::{Config, Error};

fn refusal(text: &str) -> Error {
    Config::from_json(text).expect_err(text)
}

fn code_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "config.text",
        Kind::Whole { .. } => "config.whole",
        Kind::Real { .. } => "config.real",
        Kind::Choice { .. } => "config.choice",
    }
}

/// Values that a setting of this kind does not take, as they stand in JSON.
fn wrong(key: &Key) -> Vec<Value> {
    let mut all = vec![
        json!(null),
        json!(true),
        json!([]),
        json!([1]),
        json!({}),
        json!({"lr": {"lr": [1, null]}}),
        json!(1e300),
        json!(-1e300),
        json!(u64::MAX),
        json!("\u{1b}[31m\0\n\"{key}\""),
    ];
    match key.kind {
        Kind::Text => _ = all.pop(),
        Kind::Whole { min, max } => all.extend([json!(1.5), json!(min - 1), json!(max + 1), json!("1")]),
        Kind::Real { min, max } => all.extend([json!(min - 1.0), json!(2.0 * max + 1.0), json!("0.5")]),
        Kind::Choice { .. } => all.extend([json!(0), json!(""), json!("x".repeat(100_000)), json!("二".repeat(1000))]),
    }
    all
}

#[test]
fn a_value_of_another_type_is_refused_by_the_name_of_its_setting() {
    for key in KEYS {
        for value in wrong(key) {
            let text = json!({ key.name: value }).to_string();
            let error = refusal(&text);
            assert_eq!(error.code(), code_of(&key.kind), "{text}");
            let values = error.values();
            assert_eq!(values[0], ("key", key.name.to_string()), "{text}");
            let (name, found) = values.last().expect("a refusal says what was found");
            assert_eq!(*name, "found");
            let short = found.strip_suffix('…').unwrap_or(found);
            assert!(value.to_string().starts_with(short) && found.chars().count() <= 61, "{text}: {found}");
            let message = error.to_string();
            assert!(message.starts_with(&format!("{} must be ", key.name)) && message.contains(found), "{message}");
        }
    }
}

#[test]
fn what_is_no_object_of_settings_is_refused() {
    for (text, code) in [
        ("", "config.unreadable"),
        ("{", "config.unreadable"),
        ("{\"lr\": NaN}", "config.unreadable"),
        ("{\"lr\": 1e999}", "config.unreadable"),
        ("{\"lr\": 0.1} {}", "config.unreadable"),
        ("{\"lr\": 0.1, \"lr\": 0.2}", "config.unreadable"),
        ("null", "config.no_object"),
        ("[]", "config.no_object"),
        ("\"lr\"", "config.no_object"),
        ("7", "config.no_object"),
        ("{\"colour\": 1}", "config.unknown"),
        ("{\"\": {}}", "config.unknown"),
        ("{\"__proto__\": null}", "config.unknown"),
        ("{\"LR\": 0.1}", "config.unknown"),
    ] {
        assert_eq!(refusal(text).code(), code, "{text}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(refusal(&deep).code(), "config.unreadable");
    let long = refusal(&format!("{{\"{}\": 1}}", "k".repeat(100_000))).to_string();
    assert!(long.len() < 200, "{long}");
}

#[test]
fn settings_that_contradict_each_other_have_codes() {
    for (settings, code, values) in [
        (json!({"width": 33}), "config.odd_side", "width 33 32 34"),
        (json!({"channels": 2}), "config.channels", ""),
        (json!({"nlayer": 0}), "config.no_level", ""),
        (json!({"nlayer": 6}), "config.too_deep", "6 32 32 5"),
        (json!({"net": "resnet", "norm": "batch"}), "config.resnet_norm", ""),
        (json!({"norm": "batch", "batch_size": 1}), "config.single_image", ""),
        (json!({"order": "simultaneous", "n_dis": 2}), "config.simultaneous", "2"),
        (json!({"final": 100}), "config.final_count", "200 100"),
    ] {
        let error = refusal(&settings.to_string());
        assert_eq!(error.code(), code, "{settings}");
        let found: Vec<_> = error.values().into_iter().map(|(_, value)| value).collect();
        assert_eq!(found.join(" "), values, "{settings}");
    }
}
