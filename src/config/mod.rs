//! The one description of a run. The page, the URL hash, the command line and the checkpoint read and write this
//! struct; its keys are the flag names of the authors' code. Every key and every choice is a row in `table.rs`.

mod key;
mod macros;
mod presets;
mod table;

use crate::error::{Error, Result, Sentence, sentences};
use serde_json::{Map, Value};

pub use key::{Choice, Group, Key, Kind, Text};
pub use presets::presets;
pub use table::{Activation, Affine, Config, KEYS, Loss, Net, Norm, Optimiser, Order, Sharing, Statistics};
pub(crate) use table::{layers, losses, norms, optimisers, reparameterisations};

/// One of the two networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// G: from latent codes to images.
    Generator,
    /// D: from images to a logit.
    Discriminator,
}

impl Role {
    /// Both, G first.
    pub const BOTH: [Role; 2] = [Role::Generator, Role::Discriminator];

    /// `gen` or `dis`: what the names of the network's tensors begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Role::Generator => "gen",
            Role::Discriminator => "dis",
        }
    }
}

macro_rules! reparameterisation {
    ($($module:ident $variant:ident;)*) => {
        /// How the effective weight w of a linear map is made of the raw parameter v.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each has a file of its name in nn/weight")]
        pub enum Reparameterisation { $($variant,)* }
    };
}
reparameterisations! { reparameterisation }

macro_rules! normalisation_layer {
    ([$($module:ident $variant:ident)*] [$($other:ident)*]) => {
        /// A layer that normalises the outputs of hidden linear maps.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each has a file of its name in nn/layer")]
        pub enum NormalisationLayer { $($variant,)* }
    };
}
layers! { normalisation_layer }

/// What a norm means for one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormParts {
    /// How effective weights are made.
    pub weight: Reparameterisation,
    /// Which layers have a gain, where effective weights are normalised by their own length.
    pub gain: Affine,
    /// Which layers have a bias.
    pub bias: Affine,
    /// What follows hidden linear maps, before the activation.
    pub behind: Option<NormalisationLayer>,
    /// The activation of hidden layers.
    pub activation: Activation,
}

macro_rules! norm_parts {
    (; $($module:ident $variant:ident $text:literal { weights: [$g:ident, $d:ident], affine: $affine:ident, behind: [$behind_g:expr, $behind_d:expr], activation: $activation:ident } $label:tt $hint:tt;)*) => {
        impl Norm {
            fn parts(self, role: Role) -> NormParts {
                use NormalisationLayer::*;
                let of = |[g, d]: [Reparameterisation; 2], affine, [behind_g, behind_d]: [Option<NormalisationLayer>; 2], activation| {
                    let (weight, behind) = match role {
                        Role::Generator => (g, behind_g),
                        Role::Discriminator => (d, behind_d),
                    };
                    NormParts { weight, gain: affine, bias: affine, behind, activation }
                };
                match self {$(
                    Norm::$variant => of(
                        [Reparameterisation::$g, Reparameterisation::$d],
                        Affine::$affine,
                        [$behind_g, $behind_d],
                        Activation::$activation,
                    ),
                )*}
            }
        }
    };
}
norms! { norm_parts }

macro_rules! loss_properties {
    (; $($module:ident $variant:ident $text:literal { real_and_fake: $parts:literal, generator_reads_real: $reads:literal } $label:tt $hint:tt;)*) => {
        impl Loss {
            /// Whether D's loss is the sum of one over real images and one over fakes, each a metric of its own.
            pub fn has_real_and_fake(self) -> bool {
                match self { $(Loss::$variant => $parts,)* }
            }

            /// Whether G's loss reads D's logits of real images too, which then must be those of the D that G learns from.
            pub fn generator_reads_real(self) -> bool {
                match self { $(Loss::$variant => $reads,)* }
            }
        }
    };
}
losses! { loss_properties }

impl Affine {
    /// Whether a layer, the last of its network or not, is one of these.
    pub fn includes(self, is_last: bool) -> bool {
        match self {
            Affine::Auto | Affine::None => false,
            Affine::Last => is_last,
            Affine::All => true,
        }
    }
}

impl Reparameterisation {
    /// Whether weights are divided by their own length, so that a gain can give it back.
    pub fn is_by_length(self) -> bool {
        !matches!(self, Reparameterisation::Plain | Reparameterisation::SpectralNorm)
    }
}

impl Config {
    /// The norm of one network.
    pub fn norm_of(&self, role: Role) -> Norm {
        let own = match role {
            Role::Generator => self.norm_g,
            Role::Discriminator => self.norm_d,
        };
        own.unwrap_or(self.norm)
    }

    /// What the norm of one network means, with the settings that change parts of it.
    pub fn norm_parts(&self, role: Role) -> NormParts {
        let mut parts = self.norm_of(role).parts(role);
        if self.activation != Activation::Auto {
            parts.activation = self.activation;
        }
        if parts.weight.is_by_length() {
            let given = |setting, by_norm| if setting == Affine::Auto { by_norm } else { setting };
            parts.gain = given(self.gain, parts.gain);
            parts.bias = given(self.bias, parts.bias);
        } else {
            parts.gain = Affine::None;
        }
        parts
    }

    /// Whether a normalisation layer couples the images of a batch in one of the networks.
    pub fn couples_images(&self) -> bool {
        Role::BOTH.iter().any(|&role| self.norm_of(role) == Norm::Batch)
    }

    /// Number of levels: `nlayer`, or by the authors' rule: `s = (s+1)/2` while `s >= 8`, from the larger side.
    pub fn levels(&self) -> u32 {
        if self.nlayer > 0 {
            return self.nlayer as u32;
        }
        let (mut side, mut levels) = (self.width.max(self.height), 0);
        while side >= 8 {
            side = side.div_ceil(2);
            levels += 1;
        }
        levels.max(1)
    }

    /// Learning rate of a network at training step `step`, counted from 0: `lr (step + 1) / warmup` during the warm-up,
    /// then `lr`, where a rate of the network's own comes before that of both.
    pub fn lr_at(&self, role: Role, step: u32) -> f32 {
        let own = match role {
            Role::Generator => self.lr_g,
            Role::Discriminator => self.lr_d,
        };
        let lr = if own > 0.0 { own } else { self.lr };
        if step < self.warmup { lr * (step + 1) as f32 / self.warmup as f32 } else { lr }
    }

    /// Reads a JSON object and checks it. Missing keys take their defaults.
    ///
    /// # Errors
    /// [`Error::Config`] with a sentence for text that is no JSON object, for the first key that is unknown or has a value
    /// of another type or out of its range, and for settings that contradict each other, see [`Self::validate`].
    pub fn from_json(text: &str) -> Result<Config> {
        let unreadable = |e| Error::Config(sentences::config::unreadable(e));
        let given = Config::keys_from_json(text)?;
        for (name, value) in &given {
            Key::named(name)?.check(value)?;
        }
        let config: Config = serde_json::from_str(text).map_err(unreadable)?;
        config.validate()?;
        Ok(config)
    }

    /// Some keys with their values, as they stand in a JSON object.
    ///
    /// # Errors
    /// [`Error::Config`] for anything else.
    pub(crate) fn keys_from_json(text: &str) -> Result<Map<String, Value>> {
        match serde_json::from_str(text) {
            Ok(Value::Object(given)) => Ok(given),
            Ok(other) => Err(Error::Config(sentences::config::no_object(key::excerpt(&other.to_string())))),
            Err(e) => Err(Error::Config(sentences::config::unreadable(e))),
        }
    }

    /// The same struct as JSON: an object with every key.
    #[expect(clippy::missing_panics_doc, reason = "numbers and strings always make JSON")]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a Config has only numbers and strings")
    }

    /// Checks every range, and settings that contradict each other.
    ///
    /// # Errors
    /// [`Error::Config`]: the first problem as a sentence with need and have.
    #[expect(clippy::missing_panics_doc, reason = "numbers and strings always make JSON")]
    pub fn validate(&self) -> Result<()> {
        let refuse = |sentence: Sentence| Err(Error::Config(sentence));
        let values = serde_json::to_value(self).expect("a Config has only numbers and strings");
        for key in KEYS {
            key.check(&values[key.name])?;
        }
        for (name, side) in [("width", self.width), ("height", self.height)] {
            if side % 2 != 0 {
                return refuse(sentences::config::odd_side(name, side, side - 1, side + 1));
            }
        }
        if self.channels == 2 {
            return refuse(sentences::config::channels());
        }
        if self.nlayer == 0 {
            return refuse(sentences::config::no_level());
        }
        let smallest = self.width.min(self.height);
        let levels = self.levels();
        if levels > 9 || smallest >> levels == 0 {
            return refuse(sentences::config::too_deep(levels, self.width, self.height, smallest.ilog2()));
        }
        if self.net == Net::Resnet && Role::BOTH.iter().any(|&role| self.norm_of(role) != Norm::Weight) {
            return refuse(sentences::config::resnet_norm());
        }
        if self.couples_images() && self.batch_size < 2 {
            return refuse(sentences::config::single_image());
        }
        if self.n_dis > 1 && self.order == Order::Simultaneous {
            return refuse(sentences::config::simultaneous(self.n_dis));
        }
        if self.final_count < self.running {
            return refuse(sentences::config::final_count(self.running, self.final_count));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn levels_follow_the_authors_rule() {
        for (side, levels) in [(28, 2), (32, 3), (36, 3), (64, 4), (80, 4), (128, 5), (160, 5)] {
            let config = Config { width: side, height: side, ..Config::default() };
            assert_eq!(config.levels(), levels, "side {side}");
        }
    }

    #[test]
    fn json_round_trips_and_refuses_nonsense_with_a_sentence() {
        for (_, config) in presets() {
            assert_eq!(Config::from_json(&config.to_json()), Ok(config));
        }
        for (text, part) in [
            ("{\"width\": 33}", "even"),
            ("{\"lr\": -1}", "lr must be a number between 0 and 1; it is -1."),
            ("{\"net\": \"magic\"}", "net must be one of dcgan, resnet; it is \"magic\"."),
            ("{\"nlayer\": 0}", "nlayer must be"),
            ("{\"nlayer\": 6}", "below one pixel"),
            ("{\"net\": \"resnet\", \"norm\": \"batch\"}", "needs norm weight"),
            ("{\"norm\": \"batch\", \"batch_size\": 1}", "batch_size must be"),
            ("{\"norm_g\": \"batch\", \"batch_size\": 1}", "batch_size must be"),
            ("{\"net\": \"resnet\", \"norm_d\": \"none\"}", "needs norm weight"),
            ("{\"norm_d\": \"magic\"}", "norm_d must be one of same, weight, "),
            ("{\"order\": \"simultaneous\", \"n_dis\": 2}", "n_dis must be 1"),
            ("{\"final\": 100}", "final must be at least"),
            ("{\"beta2\": 1}", "beta2 must be a number between 0 and 0.999999; it is 1."),
            ("{\"colour\": 1}", "no setting \"colour\""),
            ("{\"seed\": 1.5}", "seed must be a whole number between 0 and 4294967295; it is 1.5."),
            ("{\"eps\": 0}", "eps must be a number between 1e-12 and 1; it is 0."),
            ("{\"lr\": null}", "lr must be a number"),
            ("[1]", "cannot be read"),
            ("{", "cannot be read"),
        ] {
            let message = Config::from_json(text).expect_err(text).to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn a_word_is_a_value_or_a_sentence() {
        let parse = |name: &str, text| Key::named(name).expect(name).parse(text);
        for (name, text, value) in [
            ("norm_g", "same", "\"same\""),
            ("dataset", "my file.bin", "\"my file.bin\""),
            ("nlayer", "-1", "-1"),
            ("seed", "4294967295", "4294967295"),
            ("decay", "0.9999", "0.9998999834060669"),
            ("lr", "1e-4", "0.00009999999747378752"),
        ] {
            assert_eq!(parse(name, text).expect(text).to_string(), value, "{name}: of single precision");
        }
        for (name, text, sentence) in [
            ("lr", "fast", "lr must be a number between 0 and 1; it is \"fast\"."),
            ("lr", "nan", "lr must be a number between 0 and 1; it is \"nan\"."),
            ("lr", "", "lr must be a number between 0 and 1; it is \"\"."),
            ("seed", "-1", "seed must be a whole number between 0 and 4294967295; it is \"-1\"."),
            ("batch_size", "8.0", "batch_size must be a whole number between 1 and 1024; it is \"8.0\"."),
            ("order", "both", "order must be one of alternating, simultaneous; it is \"both\"."),
        ] {
            assert_eq!(parse(name, text).expect_err(text).to_string(), sentence);
        }
        let nan = Config { lr: f32::NAN, ..Config::default() };
        assert!(nan.validate().is_err_and(|e| e.to_string().starts_with("lr must be a number")));
    }

    #[test]
    fn warm_up_rises_linearly_to_lr() {
        let config = Config { lr: 1e-3, warmup: 10, ..Config::default() };
        assert_eq!(config.lr_at(Role::Generator, 0), 1e-3 / 10.0);
        assert_eq!(config.lr_at(Role::Generator, 9), 1e-3);
        assert_eq!(config.lr_at(Role::Generator, 1000), 1e-3);
    }

    #[test]
    fn every_setting_has_a_row_and_every_row_a_setting() {
        let json: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(&Config::default().to_json()).expect("settings are JSON");
        let keys: BTreeSet<&str> = KEYS.iter().map(|key| key.name).collect();
        for key in KEYS {
            assert_eq!(Key::named(key.name), Ok(key));
            assert_eq!(key.check(&json[key.name]), Ok(()), "{}: its default", key.name);
        }
        assert_eq!(json.keys().map(String::as_str).collect::<BTreeSet<_>>(), keys);
        assert_eq!(keys.len(), KEYS.len(), "no key twice");
        for key in KEYS {
            for (of, values) in key.when {
                let Some(Kind::Choice { choices }) = KEYS.iter().find(|key| key.name == *of).map(|key| key.kind) else {
                    panic!("{} depends on {of}, which is no choice", key.name)
                };
                assert!(values.iter().all(|value| choices.iter().any(|choice| choice.name == *value)), "{}", key.name);
            }
        }
    }

    #[test]
    fn a_network_can_have_its_own_norm_and_rate() {
        let config = Config { norm_g: Some(Norm::Batch), lr_d: 4e-4, lr: 1e-4, ..Config::default() };
        let json = config.to_json();
        assert!(json.contains("\"norm_g\":\"batch\"") && json.contains("\"norm_d\":\"same\""), "{json}");
        assert_eq!(Config::from_json(&json), Ok(config.clone()));
        assert_eq!(Role::BOTH.map(|role| config.norm_of(role)), [Norm::Batch, Norm::Weight]);
        assert_eq!(Role::BOTH.map(|role| config.lr_at(role, 1000)), [1e-4, 4e-4]);
    }

    #[test]
    fn gain_and_bias_are_for_weights_that_are_normalised_by_length() {
        let config = Config { gain: Affine::All, bias: Affine::None, ..Config::default() };
        let parts = config.norm_parts(Role::Generator);
        assert_eq!([parts.gain, parts.bias], [Affine::All, Affine::None]);
        let plain = Config { norm: Norm::None, ..config }.norm_parts(Role::Generator);
        assert_eq!([plain.gain, plain.bias], [Affine::None, Affine::All]);
    }
}
