//! Settings from flags: a starting point, then whatever was given on the command line. Flags are the keys of
//! [`wn_gan::Config`], which are the authors' names; help, ranges and choices are those of the table of settings.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wn_gan::config::{Group, KEYS, Key, Kind, presets};
use wn_gan::error::plain;
use wn_gan::{Config, Error, Result};

/// Settings without a flag of their name: `--dataset` names files, and `--image_size` sets both sides.
const WITHOUT_FLAG: [&str; 3] = ["dataset", "width", "height"];
const IMAGE_SIZE: &str = "image_size";
const LEAST_SQUARES: &str = "ls";

/// The presets' names as the possible values of a flag.
pub fn preset_names() -> PossibleValuesParser {
    presets().into_iter().map(|(name, _)| name).collect::<Vec<_>>().into()
}

/// Reads a value of the setting called `name`, for flags that take several of them.
pub fn value_of<T: DeserializeOwned>(name: &'static str) -> impl Fn(&str) -> Result<T> + Clone {
    move |text| {
        let value = Key::named(name)?.parse(text)?;
        serde_json::from_value(value).map_err(|e| Error::Config(plain(format!("{name} cannot be {text}: {e}."))))
    }
}

/// What was given by flags: one for every key of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    given: Map<String, Value>,
    checkpoint: Option<String>,
}

/// What one flag says.
#[derive(Debug, Clone)]
enum Given {
    Settings(Vec<(&'static str, Value)>),
    Checkpoint(String),
}

impl clap::Args for Settings {
    fn augment_args(command: Command) -> Command {
        flags().fold(command, Command::arg).arg(
            Arg::new(LEAST_SQUARES)
                .long(LEAST_SQUARES)
                .action(ArgAction::SetTrue)
                .conflicts_with("loss")
                .help("The same as --loss ls")
                .help_heading(heading(Group::Training)),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Settings, clap::Error> {
        let mut settings = Settings::default();
        settings.update_from_arg_matches(matches)?;
        Ok(settings)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        for flag in flags() {
            for given in matches.get_many::<Given>(flag.get_id().as_str()).into_iter().flatten() {
                match given {
                    Given::Settings(values) => {
                        self.given.extend(values.iter().map(|(name, value)| ((*name).into(), value.clone())));
                    }
                    Given::Checkpoint(name) => self.checkpoint = Some(name.clone()),
                }
            }
        }
        if matches.get_flag(LEAST_SQUARES) {
            self.given.insert("loss".into(), "ls".into());
        }
        Ok(())
    }
}

/// The flags in the order of the table, each with a parser to [`Given`].
fn flags() -> impl Iterator<Item = Arg> {
    let plain = KEYS.iter().filter(|key| !WITHOUT_FLAG.contains(&key.name));
    plain.map(|key| if key.name == "net" { net(key) } else { flag(key) }).chain([image_size()])
}

/// `Updates of D per update of G [a whole number between 1 and 16; with order alternating]`.
fn flag(key: &'static Key) -> Arg {
    let with = key.when.iter().map(|(of, values)| format!("; with {of} {}", values.join(" or ")));
    let values = format!("{}{}", key.kind, with.collect::<String>());
    Arg::new(key.name)
        .long(key.name)
        .value_name(match key.kind {
            Kind::Text => "TEXT",
            Kind::Whole { .. } => "N",
            Kind::Real { .. } => "X",
            Kind::Choice { .. } => "NAME",
        })
        .help(format!("{} [{values}]", key.help.en.trim_end_matches('.')))
        .help_heading(heading(key.group))
        .allow_negative_numbers(true)
        .value_parser(|text: &str| key.parse(text).map(|value| Given::Settings(vec![(key.name, value)])))
}

/// Both sides of the images.
fn image_size() -> Arg {
    let side = |name, text: &str| Key::named(name)?.parse(text).map(|value| (name, value));
    Arg::new(IMAGE_SIZE)
        .long(IMAGE_SIZE)
        .value_name("N|WxH")
        .help("Image size in pixels, even: N for a square or WIDTHxHEIGHT; data is cropped to the middle and resized")
        .help_heading(heading(Group::Data))
        .value_parser(move |text: &str| {
            let (width, height) = text.split_once('x').unwrap_or((text, text));
            Ok::<_, Error>(Given::Settings(vec![side("width", width)?, side("height", height)?]))
        })
}

/// The family of both networks or, as in the authors' code, the checkpoint to load.
fn net(key: &'static Key) -> Arg {
    let family = flag(key);
    let help = format!(
        "{}; or, as in the authors' code, which checkpoint of a run folder is loaded: best (default with --final_test), \
         last (default otherwise), or a step number. May be given twice",
        family.get_help().map(ToString::to_string).unwrap_or_default()
    );
    family.value_name("NAME|best|last|STEP").help(help).action(ArgAction::Append).value_parser(|text: &str| {
        if ["best", "last"].contains(&text) || text.parse::<u32>().is_ok() {
            return Ok(Given::Checkpoint(text.into()));
        }
        key.parse(text).map(|value| Given::Settings(vec![(key.name, value)])).map_err(|_| {
            Error::Config(plain(format!(
                "net must be {} (the family), or best, last or a step number (the checkpoint); it is \"{text}\".",
                key.kind
            )))
        })
    })
}

/// The heading in the help.
fn heading(group: Group) -> &'static str {
    match group {
        Group::Data => "Images",
        Group::Network => "Networks (default: as in the preset)",
        Group::Training => "Training (default: as in the preset)",
        Group::Test => "Reconstruction tests (default: as in the preset)",
    }
}

impl Settings {
    /// `start` with every given flag applied.
    ///
    /// # Errors
    /// A sentence for the first setting that contradicts another.
    pub fn applied_to(&self, start: &Config) -> Result<Config> {
        let mut config: Map<String, Value> = serde_json::from_str(&start.to_json()).expect("a Config is a struct");
        config.extend(self.given.clone());
        Config::from_json(&Value::Object(config).to_string())
    }

    /// The checkpoint that `--net` names: `best`, `last` or a step number.
    pub fn checkpoint(&self) -> Option<&str> {
        self.checkpoint.as_deref()
    }

    /// Whether `--norm`, `--lr` or `--seed` was given: an experiment has a flag for several of each.
    pub fn names_one_run(&self) -> bool {
        ["norm", "lr", "seed"].iter().any(|name| self.given.contains_key(*name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Args;

    type Table = Map<String, Value>;

    fn given(arguments: &[&str]) -> Option<Settings> {
        let command = Settings::augment_args(Command::new("test").no_binary_name(true));
        command.try_get_matches_from(arguments).ok().and_then(|matches| Settings::from_arg_matches(&matches).ok())
    }

    /// The settings that are not the default's.
    fn changes(arguments: &[&str]) -> Option<Table> {
        let table = |config: &Config| serde_json::from_str::<Table>(&config.to_json()).expect("a table");
        let before = table(&Config::default());
        let after = table(&given(arguments)?.applied_to(&Config::default()).ok()?);
        Some(after.into_iter().filter(|(name, value)| before[name] != *value).collect())
    }

    #[test]
    fn every_flag_sets_its_setting_and_no_other() {
        let defaults = serde_json::to_value(Config::default()).expect("numbers and strings");
        for key in KEYS.iter().filter(|key| !WITHOUT_FLAG.contains(&key.name)) {
            let candidates: Vec<String> = match key.kind {
                Kind::Choice { choices } => choices.iter().map(|choice| choice.name.into()).collect(),
                // Not every neighbour of a default is allowed beside the other defaults.
                Kind::Whole { .. } => {
                    let default = defaults[key.name].as_i64().expect("a whole number");
                    [default + 1, default + 2, default - 1, 1].map(|value| value.to_string()).into()
                }
                Kind::Real { .. } => vec!["0.5".into(), "0.125".into()],
                Kind::Text => panic!("{} is a text and has a flag", key.name),
            };
            let sets = |text: &String| {
                let value = key.parse(text).ok().filter(|value| *value != defaults[key.name])?;
                let changes = changes(&[&format!("--{}", key.name), text])?;
                assert_eq!(changes, Table::from_iter([(key.name.into(), value)]));
                Some(())
            };
            assert!(candidates.iter().any(|text| sets(text).is_some()), "--{} sets nothing", key.name);
        }
    }

    #[test]
    fn flags_of_two_meanings() {
        let table = |pairs: &[(&str, Value)]| pairs.iter().cloned().map(|(name, value)| (name.into(), value)).collect();
        assert_eq!(changes(&["--image_size", "64"]), Some(table(&[("height", 64.into()), ("width", 64.into())])));
        assert_eq!(changes(&["--image_size", "64x32"]), Some(table(&[("width", 64.into())])));
        assert_eq!(changes(&["--ls"]), Some(table(&[("loss", "ls".into())])));
        assert_eq!(changes(&["--net", "resnet", "--net", "best"]), Some(table(&[("net", "resnet".into())])));
        let both = given(&["--net=7", "--net=resnet"]).expect("a family and a checkpoint");
        assert_eq!((both.checkpoint(), both.names_one_run()), (Some("7"), false));
        assert!(given(&["--seed", "3"]).expect("a seed").names_one_run());
    }
}
