//! Settings from flags: a preset, then whatever was given on the command line. Flags are the keys of
//! [`wn_gan::Config`], which are the authors' names; hyphens are accepted for underscores.

use serde::Serialize;
use wn_gan::config::presets;
use wn_gan::{Config, Result};

fn preset_names() -> Vec<&'static str> {
    presets().into_iter().map(|(name, _)| name).collect()
}

/// One option per key of the configuration.
#[derive(Debug, clap::Args, Serialize)]
#[command(next_help_heading = "Settings (default: those of the preset)", rename_all = "snake_case")]
pub struct Settings {
    /// Where the settings start from
    #[arg(long, default_value = "small", value_parser = clap::builder::PossibleValuesParser::new(preset_names()))]
    #[serde(skip)]
    preset: String,
    /// Normalisation of both networks: weight (the paper's, with TPReLU) or none (plain weights, PReLU)
    #[arg(long, value_name = "NORM")]
    #[serde(skip_serializing_if = "Option::is_none")]
    norm: Option<String>,
    /// Update order: alternating (D, then G through the new D) or simultaneous (one fake batch for both)
    #[arg(long, value_name = "ORDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    /// Image size in pixels, even: N for a square or WIDTHxHEIGHT; data is cropped to the middle and resized
    #[arg(long, alias = "image-size", value_name = "N|WxH", value_parser = parse_size)]
    #[serde(skip)]
    image_size: Option<(u32, u32)>,
    /// Colour channels: 1 (grey) or 3 (RGB)
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<u32>,
    /// Length of the latent code z
    #[arg(long, alias = "code-size", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    code_size: Option<u32>,
    /// Width of D's first level; each level doubles it
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    nfeature: Option<u32>,
    /// Number of stride-2 levels; -1 halves until the larger side is below 8
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    nlayer: Option<i32>,
    /// Images per batch
    #[arg(long, alias = "batch-size", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    batch_size: Option<u32>,
    /// RMSprop's learning rate for both networks (the paper: stable up to 0.0002)
    #[arg(long, value_name = "RATE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    lr: Option<f32>,
    /// Steps over which lr rises linearly from near 0: guards against the early failure of weight normalisation; 0 is off
    #[arg(long, value_name = "STEPS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    warmup: Option<u32>,
    /// Seeds initial weights, built-in data, split, shuffling and latent codes
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    /// Training steps; 0 trains until interrupted
    #[arg(long, value_name = "STEPS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    niter: Option<u32>,
    /// Steps between running reconstruction tests; 0 turns them off
    #[arg(long, alias = "test-interval", value_name = "STEPS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    test_interval: Option<u32>,
    /// Gradient-descent steps on z per reconstruction
    #[arg(long, alias = "test-steps", value_name = "STEPS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    test_steps: Option<u32>,
    /// RMSprop's learning rate on z
    #[arg(long, alias = "test-lr", value_name = "RATE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    test_lr: Option<f32>,
    /// Held-out images of the running test
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<u32>,
    /// The sample sheet has N x N images
    #[arg(long, alias = "vis-size", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    vis_size: Option<u32>,
}

fn parse_size(text: &str) -> std::result::Result<(u32, u32), String> {
    let (width, height) = text.split_once('x').unwrap_or((text, text));
    let side = |side: &str| side.parse().map_err(|_| format!("{text} is neither a number nor WIDTHxHEIGHT"));
    Ok((side(width)?, side(height)?))
}

impl Settings {
    /// The preset with every given flag applied, for images of `channels` colours unless a flag says otherwise.
    ///
    /// # Errors
    /// A sentence for the first setting that is out of range.
    pub fn config(&self, dataset: &str, channels: Option<u32>) -> Result<Config> {
        let start = Config { dataset: dataset.into(), ..Config::preset(&self.preset)? };
        let start = Config { channels: channels.unwrap_or(start.channels), ..start };
        self.applied_to(&start)
    }

    /// `start` with every given flag applied.
    ///
    /// # Errors
    /// A sentence for the first setting that is out of range.
    pub fn applied_to(&self, start: &Config) -> Result<Config> {
        let mut config = serde_json::to_value(start).expect("a Config has only numbers and strings");
        let given = serde_json::to_value(self).expect("flags are numbers and strings");
        if let (Some(config), Some(given)) = (config.as_object_mut(), given.as_object()) {
            config.extend(given.clone());
            if let Some((width, height)) = self.image_size {
                config.insert("width".into(), width.into());
                config.insert("height".into(), height.into());
            }
        }
        Config::from_json(&config.to_string())
    }
}
