//! What turns the rows of the table of settings into types and descriptions, in Rust and in TypeScript.

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

            /// For a setting of one network: `same`, then all of them.
            pub const OWN_CHOICES: &'static [Choice] = &[own::SAME, $(Choice {
                name: $text,
                label: Text { en: $en, zh: $zh },
                hint: Text { en: $hint_en, zh: $hint_zh },
            }),*];

            /// All of them with their names, labels and hints.
            pub const CHOICES: &'static [Choice] = Self::OWN_CHOICES.split_at(1).1;

            /// What flags, addresses and files call it.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
        }

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
            const TYPE: &str = concat!("export type ", stringify!($name), " = ", choice!(@union $($text)*), ";");
        };
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

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
            const TYPE: &str = concat!(
                "export interface Config {\n",
                $("  /** ", $help_en, " */\n  ", settings!(@key $field $($key)?), ": ", settings!(@typescript $type), ";\n",)*
                "}"
            );
        };
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

/// A choice of one network alone, or `same`: that of both.
pub mod own {
    use crate::config::key::{Choice, Text};
    use serde::de::IntoDeserializer;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// What stands for the choice of both networks.
    pub const SAME: Choice = Choice {
        name: "same",
        label: Text { en: "As for both networks", zh: "与整体设置相同" },
        hint: Text { en: "Nothing of its own.", zh: "不单独设置。" },
    };

    /// Writes the choice or `same`.
    pub fn serialize<T: Serialize, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => value.serialize(serializer),
            None => SAME.name.serialize(serializer),
        }
    }

    /// Reads a choice or `same`.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == SAME.name { Ok(None) } else { T::deserialize(text.into_deserializer()).map(Some) }
    }
}
