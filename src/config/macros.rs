//! What turns the rows of the table of settings into types, checks and descriptions.

use crate::error::{Error, Result};
use serde::Serialize;

/// A text in English and in Simplified Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

/// One of the values that a setting can be given by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
    /// Numbers from `min` to `max`.
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
pub struct Key {
    /// The key of the configuration, which is also the flag.
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
    pub when: &'static [(&'static str, &'static [&'static str])],
}

/// A type of settings.
pub trait Setting {
    /// Checks a value against what the table says.
    ///
    /// # Errors
    /// [`Error::Config`] with the range and the value.
    fn check(&self, _key: &Key) -> Result<()> {
        Ok(())
    }
}

impl Setting for String {}

/// A number outside its range, as a sentence.
fn outside(name: &str, min: impl std::fmt::Display, max: impl std::fmt::Display, value: &str) -> Error {
    Error::Config(format!("{name} must be between {min} and {max}; it is {value}."))
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Setting for $number {
            fn check(&self, key: &Key) -> Result<()> {
                match key.kind {
                    Kind::Whole { min, max } if !(min as f64..=max as f64).contains(&f64::from(*self)) => {
                        Err(outside(key.name, min, max, &self.to_string()))
                    }
                    // The bounds too are of the setting's own precision, so that 0.9999 is not above 0.9999.
                    Kind::Real { min, max } if !(min as f32..=max as f32).contains(&(*self as f32)) => {
                        Err(outside(key.name, min, max, &self.to_string()))
                    }
                    _ => Ok(()),
                }
            }
        }
    )*};
}
numbers! { u32 i32 f32 }

/// An enum whose variants are a setting's choices.
macro_rules! choice {
    ($doc:literal $name:ident; $($(#[$variant_doc:meta])* $variant:ident $text:literal [$en:literal, $zh:literal] [$hint_en:literal, $hint_zh:literal];)*) => {
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {$(
            #[doc = $hint_en]
            #[serde(rename = $text)]
            $variant,
        )*}

        impl $name {
            /// All of them, in the order they are offered.
            pub const ALL: [$name; [$($text),*].len()] = [$($name::$variant),*];

            /// What they are called.
            pub const CHOICES: &'static [Choice] = &[$(Choice {
                name: $text,
                label: Text { en: $en, zh: $zh },
                hint: Text { en: $hint_en, zh: $hint_zh },
            }),*];

            /// The TypeScript type.
            #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "for the page"))]
            pub(crate) const TYPESCRIPT: &'static str =
                concat!("export type ", stringify!($name), " = ", choice!(@union $($text)*), ";\n");

            /// What flags, addresses and files call it.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
        }

        impl Setting for $name {}
    };
    (@union $text:literal) => { concat!("\"", $text, "\"") };
    (@union $text:literal $($rest:literal)+) => { concat!("\"", $text, "\" | ", choice!(@union $($rest)+)) };
}

/// The struct of all settings, its defaults and the table that describes it.
macro_rules! settings {
    ($($field:ident $(as $key:literal)?: $type:tt $(($with:literal))? = $default:expr, $kind:expr, $group:ident $($more:ident)?
        $([$($when:ident: $($value:literal)|+),+])?, [$en:literal, $zh:literal] [$help_en:literal, $help_zh:literal];)*) => {
        /// Everything that determines a run, together with the data set's bytes.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Config {$(
            #[doc = $help_en]
            $(#[serde(rename = $key)])?
            $(#[serde(with = $with)])?
            pub $field: settings!(@type $type),
        )*}

        impl Default for Config {
            fn default() -> Config {
                Config { $($field: $default),* }
            }
        }

        /// What is known of every setting, in the order they are offered.
        pub const KEYS: &[Key] = &[$(Key {
            name: settings!(@key $field $($key)?),
            kind: $kind,
            label: Text { en: $en, zh: $zh },
            help: Text { en: $help_en, zh: $help_zh },
            group: Group::$group,
            more: settings!(@more $($more)?),
            when: &[$($((stringify!($when), &[$($value),+])),+)?],
        }),*];

        /// The TypeScript interface of [`Config`].
        #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "for the page"))]
        pub(crate) const TYPESCRIPT: &str = concat!(
            "export interface Config {\n",
            $("  /** ", $help_en, " */\n  ", settings!(@key $field $($key)?), ": ", settings!(@typescript $type), ";\n",)*
            "}\n"
        );

        impl Config {
            /// Checks every value against its own range.
            pub(super) fn check_ranges(&self) -> Result<()> {
                let mut keys = KEYS.iter();
                $(self.$field.check(keys.next().expect("the table has a row for every setting"))?;)*
                Ok(())
            }
        }
    };
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
    (@more) => { false };
    (@more more) => { true };
    (@type (own $type:ident)) => { Option<$type> };
    (@type $type:tt) => { $type };
    (@typescript u32) => { "number" };
    (@typescript i32) => { "number" };
    (@typescript f32) => { "number" };
    (@typescript String) => { "string" };
    (@typescript (own $type:ident)) => { concat!(stringify!($type), " | \"same\"") };
    (@typescript $type:tt) => { stringify!($type) };
}

pub(super) use {choice, settings};

impl<T: Setting> Setting for Option<T> {
    fn check(&self, key: &Key) -> Result<()> {
        self.as_ref().map_or(Ok(()), |value| value.check(key))
    }
}

/// A choice of one network alone, or `same`: that of both.
pub mod own {
    use serde::de::IntoDeserializer;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    const SAME: &str = "same";

    /// Writes the choice or `same`.
    pub fn serialize<T: Serialize, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => value.serialize(serializer),
            None => SAME.serialize(serializer),
        }
    }

    /// Reads a choice or `same`.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == SAME { Ok(None) } else { T::deserialize(text.into_deserializer()).map(Some) }
    }
}
