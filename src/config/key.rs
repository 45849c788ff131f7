//! What is known of a setting beside its value, and the way from a word to that value.

use super::KEYS;
use crate::error::{Error, Result, sentences};
use serde::Serialize;
use serde_json::{Number, Value};
use std::fmt;

/// A text in English and in Simplified Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

/// One of the values that a setting can be given by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Choice {
    /// What flags, addresses and files call it.
    pub name: &'static str,
    /// What the page calls it.
    pub label: Text,
    /// What it means, in a sentence or less.
    pub hint: Text,
}

/// Which values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Kind {
    /// Any text.
    Text,
    /// Whole numbers from `min` to `max`.
    Whole {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// Numbers from `min` to `max`, of single precision.
    Real {
        /// Least.
        min: f64,
        /// Greatest.
        max: f64,
    },
    /// One of these names.
    Choice {
        /// All of them, in the order they are offered.
        choices: &'static [Choice],
    },
}

/// Where the page shows a setting, and under which heading the command line lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// What is learned from.
    Data,
    /// What the networks are.
    Network,
    /// How they are trained.
    Training,
    /// How they are judged and shown.
    Test,
}

/// What is known of a setting beside its value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Key {
    /// The key of the configuration, which is also the flag.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "keyof Config"))]
    pub name: &'static str,
    /// Which values it takes.
    pub kind: Kind,
    /// What the page calls it.
    pub label: Text,
    /// What it means.
    pub help: Text,
    /// Where it belongs.
    pub group: Group,
    /// Whether the page shows it behind a fold.
    pub more: bool,
    /// The setting, and those of its values, with which this one has a meaning; none: with all.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "[keyof Config, string[]][]"))]
    pub when: &'static [(&'static str, &'static [&'static str])],
}

impl Kind {
    /// Whether `value` is one of these. Bounds are compared in single precision, so that 0.9999 is not above 0.9999.
    fn includes(&self, value: &Value) -> bool {
        match *self {
            Kind::Text => value.is_string(),
            Kind::Whole { min, max } => value.as_i64().is_some_and(|value| (min..=max).contains(&value)),
            Kind::Real { min, max } => {
                value.as_f64().is_some_and(|value| (min as f32..=max as f32).contains(&(value as f32)))
            }
            Kind::Choice { choices } => choices.iter().any(|choice| value == choice.name),
        }
    }
}

/// `a whole number between 1 and 16`, `one of rmsprop, adam`: what follows "must be".
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Text => write!(f, "a text"),
            Kind::Whole { min, max } => write!(f, "a whole number between {min} and {max}"),
            Kind::Real { min, max } => write!(f, "a number between {} and {}", short(*min), short(*max)),
            Kind::Choice { choices } => write!(f, "one of {}", names(choices)),
        }
    }
}

fn names(choices: &[Choice]) -> String {
    let names: Vec<_> = choices.iter().map(|choice| choice.name).collect();
    names.join(", ")
}

/// Most characters of a wrong value that a sentence repeats.
const MOST_REPEATED: usize = 60;

/// The beginning of what was found, enough to know it by.
pub(super) fn excerpt(found: &str) -> String {
    match found.char_indices().nth(MOST_REPEATED) {
        Some((end, _)) => format!("{}…", &found[..end]),
        None => found.into(),
    }
}

/// Small numbers by their exponent: 1e-12, but 0.0001.
fn short(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-4 { format!("{value:e}") } else { value.to_string() }
}

impl Key {
    /// The row of the setting called `name`.
    ///
    /// # Errors
    /// [`Error::Config`] if there is none.
    pub fn named(name: &str) -> Result<&'static Key> {
        let found = KEYS.iter().find(|key| key.name == name);
        found.ok_or_else(|| Error::Config(sentences::config::unknown(excerpt(name))))
    }

    /// The value that `text` stands for, as it stands in JSON.
    ///
    /// # Errors
    /// [`Error::Config`]: what the setting must be, and the text.
    pub fn parse(&self, text: &str) -> Result<Value> {
        let number = match self.kind {
            Kind::Whole { .. } => text.parse().ok().map(|value: i64| value.into()),
            Kind::Real { .. } => text.parse().ok().and_then(|value: f32| Number::from_f64(value.into())),
            Kind::Text | Kind::Choice { .. } => None,
        };
        let value = number.map_or_else(|| text.into(), Value::Number);
        if self.kind.includes(&value) { Ok(value) } else { Err(self.refused(format_args!("\"{text}\""))) }
    }

    /// Checks a value as it stands in JSON.
    ///
    /// # Errors
    /// [`Error::Config`]: what the setting must be, and the value.
    pub fn check(&self, value: &Value) -> Result<()> {
        if self.kind.includes(value) { Ok(()) } else { Err(self.refused(value)) }
    }

    fn refused(&self, found: impl fmt::Display) -> Error {
        let found = excerpt(&found.to_string());
        Error::Config(match self.kind {
            Kind::Text => sentences::config::text(self.name, found),
            Kind::Whole { min, max } => sentences::config::whole(self.name, min, max, found),
            Kind::Real { min, max } => sentences::config::real(self.name, short(min), short(max), found),
            Kind::Choice { choices } => sentences::config::choice(self.name, names(choices), found),
        })
    }
}
