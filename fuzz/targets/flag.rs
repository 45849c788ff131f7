//! The value of a flag, or of a key of the page's address.
#![no_main]

use serde_json::{Map, Value};
use wn_gan::Config;
use wn_gan::config::KEYS;

libfuzzer_sys::fuzz_target!(|input: (u8, &str)| {
    let (number, text) = input;
    let key = &KEYS[usize::from(number) % KEYS.len()];
    let Ok(value) = key.parse(text) else { return };
    let mut settings: Map<String, Value> = serde_json::from_str(&Config::default().to_json()).expect("an object");
    settings.insert(key.name.into(), value);
    // It may contradict another setting, and that alone.
    let read = Config::from_json(&Value::Object(settings).to_string());
    assert!(read.is_ok() || read.is_err_and(|error| error.to_string().ends_with('.')));
});
