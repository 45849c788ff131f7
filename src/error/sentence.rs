//! A sentence by its code and its values.

use std::fmt;

/// A sentence with blanks, in English.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Template {
    /// What it is known by, in every language: `group.name`.
    pub code: &'static str,
    /// The sentence, in which `{name}` stands for a value.
    pub text: &'static str,
    /// Names of the values.
    pub names: &'static [&'static str],
}

/// The sentence that is not in the table: the command line's, which speaks English alone.
static PLAIN: Template = Template { code: "plain", text: "{text}", names: &["text"] };

/// A template with its values. Displayed, it is English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    template: &'static Template,
    values: Vec<String>,
}

/// A sentence without a code of its own. Only the command line may use it: the page could not translate it.
pub fn plain(text: impl Into<String>) -> Sentence {
    Sentence { template: &PLAIN, values: vec![text.into()] }
}

impl Sentence {
    /// `values` in the order of the template's names. No function of types, so that it exists once and the page stays small.
    pub(super) fn new(template: &'static Template, values: &[&dyn fmt::Display]) -> Sentence {
        Sentence { template, values: values.iter().map(ToString::to_string).collect() }
    }

    /// What it is known by, in every language.
    pub fn code(&self) -> &'static str {
        self.template.code
    }

    /// Its values by their names.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.template.names.iter().copied().zip(self.values.iter().map(String::as_str))
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pieces = self.template.text.split('{');
        f.write_str(pieces.next().unwrap_or_default())?;
        for piece in pieces {
            let (blank, rest) = piece.split_once('}').unwrap_or(("", piece));
            let value = self.values().find(|(name, _)| *name == blank);
            f.write_str(value.map_or("", |(_, value)| value))?;
            f.write_str(rest)?;
        }
        Ok(())
    }
}

/// The table of sentences: `group { name(values): "English"; }` makes the function `group::name`, which takes everything
/// that can be displayed, and the sentence's row of `SENTENCES`. A blank without a value, a value without a blank, and a
/// sentence that nobody says do not pass the compiler.
macro_rules! sentences {
    ($($(#[$attribute:meta])* $group:ident { $($name:ident($($value:ident),*): $text:expr;)* })*) => {
        /// Every sentence of the library.
        pub static SENTENCES: &[&Template] = &[$($(&$group::templates::$name),*),*];

        $(
            $(#[$attribute])*
            pub(crate) mod $group {
                use $crate::error::sentence::Sentence;
                use std::fmt::Display;

                #[allow(non_upper_case_globals, reason = "a sentence and its template have one name")]
                pub(crate) mod templates {
                    use $crate::error::sentence::Template;

                    $(
                        pub(crate) static $name: Template = Template {
                            code: concat!(stringify!($group), ".", stringify!($name)),
                            text: $text,
                            names: &[$(stringify!($value)),*],
                        };
                    )*
                }

                $(
                    pub(crate) fn $name($($value: impl Display),*) -> Sentence {
                        let _ = format_args!($text, $($value = $value),*);
                        Sentence::new(&templates::$name, &[$(&$value),*])
                    }
                )*
            }
        )*
    };
}
pub(super) use sentences;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_their_places_whatever_they_hold() {
        static OF: Template = Template { code: "a.b", text: "{one}, {two} and {one}.", names: &["two", "one"] };
        let sentence = Sentence::new(&OF, &[&"{one}", &"1}"]);
        assert_eq!(sentence.to_string(), "1}, {one} and 1}.");
        assert_eq!(sentence.values().collect::<Vec<_>>(), [("two", "{one}"), ("one", "1}")]);
        assert_eq!(plain("No {blank}.").to_string(), "No {blank}.");
    }
}
