//! Settings from flags: a starting point, then whatever was given on the command line. Flags are the keys of
//! [`wn_gan::Config`], which are the authors' names.

use serde::Serialize;
use serde_json::Value;
use wn_gan::config::presets;
use wn_gan::{Config, Error, Result};

/// The presets' names as the possible values of a flag.
pub fn preset_names() -> clap::builder::PossibleValuesParser {
    presets().into_iter().map(|(name, _)| name).collect::<Vec<_>>().into()
}

/// One flag per key of the configuration.
#[derive(Debug, clap::Args, Serialize)]
pub struct Settings {
    #[command(flatten)]
    #[serde(flatten)]
    network: Network,
    #[command(flatten)]
    #[serde(flatten)]
    training: Training,
    #[command(flatten)]
    #[serde(flatten)]
    testing: Testing,
}

/// What the two networks are.
#[derive(Debug, clap::Args, Serialize)]
#[command(next_help_heading = "Networks (default: those of the preset)", rename_all = "snake_case")]
struct Network {
    /// Family of both networks, dcgan or resnet; or, as in the authors' code, which checkpoint of a run folder is loaded:
    /// best (default with --final_test), last (default otherwise), or a step number. May be given twice
    #[arg(long, value_name = "dcgan|resnet|best|last|STEP", value_parser = parse_net)]
    #[serde(skip)]
    net: Vec<Net>,
    /// Normalisation: weight (the paper's, with TPReLU), none, batch, weight-affine (affine in every layer, PReLU), or
    /// spectral (of D only)
    #[arg(long, value_name = "NORM")]
    norm: Option<String>,
    /// What follows the hidden layers: relu, trelu, prelu, tprelu, or auto (tprelu with norm weight, prelu otherwise)
    #[arg(long, value_name = "NAME")]
    activation: Option<String>,
    /// Image size in pixels, even: N for a square or WIDTHxHEIGHT; data is cropped to the middle and resized
    #[arg(long, value_name = "N|WxH", value_parser = parse_size)]
    #[serde(skip)]
    image_size: Option<(u32, u32)>,
    /// Colour channels: 1 (grey) or 3 (RGB); by default those of the data
    #[arg(long, value_name = "N")]
    channels: Option<u32>,
    /// Length of the latent code z
    #[arg(long, value_name = "N")]
    code_size: Option<u32>,
    /// Width of D's first level; each level doubles it
    #[arg(long, value_name = "N")]
    nfeature: Option<u32>,
    /// Number of stride-2 levels; -1 halves until the larger side is below 8
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    nlayer: Option<i32>,
    /// Residual blocks per level of the ResNet: with five levels 1 makes 11 layers, 2 makes 21
    #[arg(long, value_name = "N")]
    nblock: Option<u32>,
}

/// How they are trained.
#[derive(Debug, clap::Args, Serialize)]
#[command(next_help_heading = "Training (default: as in the preset)", rename_all = "snake_case")]
struct Training {
    /// What D and G minimise: bce (non-saturating cross-entropy, the paper's), ls (least squares) or hinge
    #[arg(long, value_name = "LOSS")]
    loss: Option<String>,
    /// The same as --loss ls
    #[arg(long, conflicts_with = "loss")]
    #[serde(skip)]
    ls: bool,
    /// Update order: alternating (D, then G through the new D) or simultaneous (one fake batch for both)
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    /// Images per batch
    #[arg(long, value_name = "N")]
    batch_size: Option<u32>,
    /// What turns gradients into updates: rmsprop (the paper's) or adam
    #[arg(long, value_name = "NAME")]
    optimiser: Option<String>,
    /// Learning rate of both networks (the paper: stable up to 0.0002)
    #[arg(long, value_name = "RATE")]
    lr: Option<f32>,
    /// Steps over which lr rises linearly from near 0: guards against the early failure of weight normalisation; 0 is off
    #[arg(long, value_name = "STEPS")]
    warmup: Option<u32>,
    /// RMSprop's decay of the squared gradient
    #[arg(long, value_name = "X")]
    decay: Option<f32>,
    /// Adam's decay of the mean gradient
    #[arg(long, value_name = "X")]
    beta1: Option<f32>,
    /// Adam's decay of the squared gradient
    #[arg(long, value_name = "X")]
    beta2: Option<f32>,
    /// The optimiser's epsilon, added outside the root
    #[arg(long, value_name = "X")]
    eps: Option<f32>,
    /// Seeds initial weights, built-in data, split, shuffling and latent codes
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
    /// Training steps; 0 trains until interrupted
    #[arg(long, value_name = "STEPS")]
    niter: Option<u32>,
}

/// How they are judged and shown.
#[derive(Debug, clap::Args, Serialize)]
#[command(
    next_help_heading = "Reconstruction tests and samples (default: as in the preset)",
    rename_all = "snake_case"
)]
struct Testing {
    /// Steps between running reconstruction tests; 0 turns them off
    #[arg(long, value_name = "STEPS")]
    test_interval: Option<u32>,
    /// Gradient-descent steps on z per reconstruction
    #[arg(long, value_name = "STEPS")]
    test_steps: Option<u32>,
    /// RMSprop's learning rate on z
    #[arg(long, value_name = "RATE")]
    test_lr: Option<f32>,
    /// Held-out images of the running test
    #[arg(long, value_name = "N")]
    running: Option<u32>,
    /// Held-out images of the final test; the running ones are the first of them
    #[arg(long = "final", value_name = "N")]
    #[serde(rename = "final")]
    final_count: Option<u32>,
    /// Batch normalisation's statistics for samples and reconstructions: running (the averages of training, as in the
    /// authors' code) or batch (those of the batch at hand)
    #[arg(long, value_name = "running|batch")]
    statistics: Option<String>,
    /// The sample sheet has N x N images
    #[arg(long, value_name = "N")]
    vis_size: Option<u32>,
}

/// The two meanings of `--net`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Net {
    Family(&'static str),
    Checkpoint(String),
}

fn parse_net(text: &str) -> std::result::Result<Net, String> {
    match text {
        "dcgan" => Ok(Net::Family("dcgan")),
        "resnet" => Ok(Net::Family("resnet")),
        "best" | "last" => Ok(Net::Checkpoint(text.into())),
        _ if text.parse::<u32>().is_ok() => Ok(Net::Checkpoint(text.into())),
        _ => Err("it must be dcgan or resnet (the family), or best, last or a step number (the checkpoint)".into()),
    }
}

fn parse_size(text: &str) -> std::result::Result<(u32, u32), String> {
    let (width, height) = text.split_once('x').unwrap_or((text, text));
    let side = |side: &str| side.parse().map_err(|_| format!("{text} is neither a number nor WIDTHxHEIGHT"));
    Ok((side(width)?, side(height)?))
}

impl Settings {
    /// `start` with every given flag applied.
    ///
    /// # Errors
    /// A sentence for the first setting that is out of range.
    pub fn applied_to(&self, start: &Config) -> Result<Config> {
        let config = serde_json::to_value(start).expect("a Config has only numbers and strings");
        let given = serde_json::to_value(self).expect("flags are numbers and strings");
        let (Value::Object(mut config), Value::Object(given)) = (config, given) else {
            return Err(Error::Config("The settings are no table of names and values.".into()));
        };
        config.extend(given.into_iter().filter(|(_, value)| !value.is_null()));
        if let Some((width, height)) = self.network.image_size {
            config.extend([("width".into(), width.into()), ("height".into(), height.into())]);
        }
        if self.training.ls {
            config.insert("loss".into(), "ls".into());
        }
        for net in &self.network.net {
            if let Net::Family(family) = net {
                config.insert("net".into(), (*family).into());
            }
        }
        Config::from_json(&Value::Object(config).to_string())
    }

    /// The checkpoint that `--net` names: `best`, `last` or a step number.
    pub fn checkpoint(&self) -> Option<&str> {
        self.network.net.iter().rev().find_map(|net| match net {
            Net::Checkpoint(name) => Some(name.as_str()),
            Net::Family(_) => None,
        })
    }

    /// Whether `--norm`, `--lr` or `--seed` was given: an experiment has a flag for several of each.
    pub fn names_one_run(&self) -> bool {
        self.network.norm.is_some() || self.training.lr.is_some() || self.training.seed.is_some()
    }
}
