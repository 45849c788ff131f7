//! The one description of a run. The page, the URL hash, the command line and the checkpoint read and write this
//! struct; its keys are the flag names of the authors' code.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// How a network's layers are normalised (paper, sections 2 and 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// Plain weights with biases and PReLU.
    None,
    /// Plain weights with biases, batch normalisation and PReLU; none after D's first layer and at both ends.
    Batch,
    /// Strict weight normalisation with TPReLU; the last layer of each network is affine.
    Weight,
    /// Affine weight normalisation in every layer, with PReLU.
    WeightAffine,
    /// D's plain weights divided by their largest singular value (Miyato et al. 2018), PReLU; G as with `none`.
    Spectral,
}

impl Norm {
    /// Every norm, in the order they are offered.
    pub const ALL: [Norm; 5] = [Norm::Weight, Norm::None, Norm::Batch, Norm::WeightAffine, Norm::Spectral];
}

/// The family that both networks belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Net {
    /// Strided convolutions (the authors' first code).
    Dcgan,
    /// Residual blocks joined by weight-normalised addition (the authors' later code); norm `weight` only.
    Resnet,
}

/// What follows the hidden layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// TPReLU with norm `weight`, PReLU with the others, as in the authors' code.
    Auto,
    /// max(x, 0)
    Relu,
    /// max(x, a) with a learned threshold a per channel.
    Trelu,
    /// x above 0, s x below, with a learned slope s per channel.
    Prelu,
    /// x above a, s x + (1 - s) a below: both learned.
    Tprelu,
}

/// What D and G minimise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Binary cross-entropy, non-saturating for G (the paper's).
    Bce,
    /// Squared error of D's sigmoid (the authors' `--ls`).
    Ls,
    /// Hinge on the logits (used with spectral normalisation).
    Hinge,
}

/// What turns gradients into updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimiser {
    /// RMSprop (the paper's): `decay` and `eps`.
    Rmsprop,
    /// Adam: `beta1`, `beta2` and `eps`.
    Adam,
}

/// Which statistics batch normalisation uses when G draws samples or reconstructs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistics {
    /// The running averages of training (as in the authors' code).
    Running,
    /// Those of the batch at hand.
    Batch,
}

/// In which order the two networks are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// D on real and fresh fakes, then G through the updated D with new latent codes (the authors' first code).
    Alternating,
    /// One fake batch and one pair of networks serve both gradients, then both are updated (the authors' later code).
    Simultaneous,
}

/// Everything that determines a run, together with the data set's bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `faces` for the built-in cartoon faces, otherwise the name of what was opened.
    pub dataset: String,
    /// Image width in pixels; even, at least 4.
    pub width: u32,
    /// Image height in pixels; even, at least 4.
    pub height: u32,
    /// Colour channels: 1 (grey) or 3 (RGB).
    pub channels: u32,
    /// Family of both networks.
    pub net: Net,
    /// Normalisation of both networks.
    pub norm: Norm,
    /// What follows the hidden layers.
    pub activation: Activation,
    /// What D and G minimise.
    pub loss: Loss,
    /// Update order.
    pub order: Order,
    /// Length of the latent code z.
    pub code_size: u32,
    /// Width of D's first level; each level doubles it.
    pub nfeature: u32,
    /// Number of stride-2 levels; -1 halves until the larger side is below 8, as the authors' code does.
    pub nlayer: i32,
    /// Residual blocks per level of the ResNet: with five levels 1 makes 11 layers, 2 makes 21.
    pub nblock: u32,
    /// Images per batch.
    pub batch_size: u32,
    /// What turns gradients into updates.
    pub optimiser: Optimiser,
    /// Learning rate of both networks.
    pub lr: f32,
    /// Steps over which the learning rate rises linearly from `lr / warmup` to `lr`; 0 turns it off.
    pub warmup: u32,
    /// RMSprop's decay of the squared gradient.
    pub decay: f32,
    /// Adam's decay of the mean gradient.
    pub beta1: f32,
    /// Adam's decay of the squared gradient.
    pub beta2: f32,
    /// The optimiser's epsilon, added outside the root.
    pub eps: f32,
    /// Seeds initial weights, data generator, split, shuffling and latent codes.
    pub seed: u32,
    /// Number of training steps the run is meant for; 0 means until stopped.
    pub niter: u32,
    /// Steps between two running reconstruction tests; 0 turns them off.
    pub test_interval: u32,
    /// Gradient-descent steps on z per reconstruction.
    pub test_steps: u32,
    /// RMSprop's learning rate on z.
    pub test_lr: f32,
    /// Statistics of batch normalisation for samples and reconstructions.
    pub statistics: Statistics,
    /// Held-out images of the running test.
    pub running: u32,
    /// Held-out images of the final test; the running ones are the first of them.
    #[serde(rename = "final")]
    pub final_count: u32,
    /// The sample sheet has `vis_size` x `vis_size` images.
    pub vis_size: u32,
}

impl Default for Config {
    /// 32x32 faces with a network that also a software adapter can train, at the paper's learning rate.
    fn default() -> Self {
        Config {
            dataset: "faces".into(),
            width: 32,
            height: 32,
            channels: 3,
            net: Net::Dcgan,
            norm: Norm::Weight,
            activation: Activation::Auto,
            loss: Loss::Bce,
            order: Order::Alternating,
            code_size: 64,
            nfeature: 16,
            nlayer: -1,
            nblock: 1,
            batch_size: 32,
            optimiser: Optimiser::Rmsprop,
            lr: 1e-4,
            warmup: 100,
            decay: 0.9,
            beta1: 0.5,
            beta2: 0.999,
            eps: 1e-6,
            seed: 1,
            niter: 0,
            test_interval: 1000,
            test_steps: 50,
            test_lr: 0.01,
            statistics: Statistics::Running,
            running: 200,
            final_count: 2000,
            vis_size: 8,
        }
    }
}

/// Named starting points: `(name, config)`.
pub fn presets() -> Vec<(&'static str, Config)> {
    let base = Config::default;
    vec![
        // A network of 16 features learns little in an hour at the paper's 1e-4; it bears ten times that.
        (
            "tiny",
            Config { width: 16, height: 16, code_size: 32, batch_size: 16, lr: 1e-3, test_interval: 500, ..base() },
        ),
        ("small", Config { lr: 2e-4, ..base() }),
        ("paper32", Config { code_size: 128, nfeature: 64, ..base() }),
        ("gan16", Config { width: 16, height: 16, channels: 1, code_size: 32, batch_size: 16, ..base() }),
        ("gan32", Config { code_size: 128, nfeature: 64, ..base() }),
        ("gan64", Config { width: 64, height: 64, code_size: 128, nfeature: 64, ..base() }),
        ("gan160", Config { width: 160, height: 160, code_size: 256, nfeature: 64, ..base() }),
        // The second codebase's CelebA networks.
        ("resnet11", resnet(1)),
        ("resnet21", resnet(2)),
    ]
}

/// The CelebA network of the second codebase with `nblock` blocks per level: 2 * 5 * nblock + 1 layers.
fn resnet(nblock: u32) -> Config {
    Config {
        net: Net::Resnet,
        width: 160,
        height: 160,
        code_size: 128,
        nfeature: 64,
        nblock,
        order: Order::Simultaneous,
        lr: 2e-5,
        ..Config::default()
    }
}

impl Config {
    /// The preset called `name`, or a sentence that lists the names there are.
    pub fn preset(name: &str) -> Result<Config> {
        let all = presets();
        let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
        let found = all.iter().find(|(candidate, _)| *candidate == name).map(|(_, config)| config.clone());
        found
            .ok_or_else(|| Error::Config(format!("There is no preset \"{name}\". Choose one of {}.", names.join(", "))))
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

    /// Learning rate at training step `step` (counted from 0), after the linear warm-up.
    pub fn lr_at(&self, step: u32) -> f32 {
        if step < self.warmup { self.lr * (step + 1) as f32 / self.warmup as f32 } else { self.lr }
    }

    /// Reads JSON; missing keys take their defaults, unknown keys and bad values are refused with a sentence.
    pub fn from_json(text: &str) -> Result<Config> {
        let config: Config =
            serde_json::from_str(text).map_err(|e| Error::Config(format!("These settings cannot be read: {e}.")))?;
        config.validate()?;
        Ok(config)
    }

    /// The same struct as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a Config has only numbers and strings")
    }

    /// Checks every range; the first problem is returned as a sentence with need and have.
    pub fn validate(&self) -> Result<()> {
        let whole = |name: &str, value: u32, low: u32, high: u32| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(Error::Config(format!("{name} must be between {low} and {high}; it is {value}.")))
        };
        let real = |name: &str, value: f32, low: f32, high: f32| {
            if value.is_finite() && value >= low && value <= high {
                return Ok(());
            }
            Err(Error::Config(format!("{name} must be between {low} and {high}; it is {value}.")))
        };
        for (name, side) in [("width", self.width), ("height", self.height)] {
            whole(name, side, 4, 512)?;
            if side % 2 != 0 {
                let (down, up) = (side - 1, side + 1);
                return Err(Error::Config(format!("{name} must be even; it is {side}. Choose {down} or {up}.")));
            }
        }
        if self.channels != 1 && self.channels != 3 {
            return Err(Error::Config(format!("channels must be 1 (grey) or 3 (RGB); it is {}.", self.channels)));
        }
        whole("code_size", self.code_size, 1, 4096)?;
        whole("nfeature", self.nfeature, 1, 512)?;
        if self.nlayer == 0 || self.nlayer < -1 {
            return Err(Error::Config(format!(
                "nlayer must be at least 1, or -1 to halve the image until it is below 8 pixels; it is {}.",
                self.nlayer
            )));
        }
        let smallest = self.width.min(self.height);
        let levels = self.levels();
        if levels > 9 || smallest >> levels == 0 {
            return Err(Error::Config(format!(
                "{levels} levels halve {}x{} below one pixel. Choose nlayer {} or less.",
                self.width,
                self.height,
                smallest.ilog2()
            )));
        }
        whole("nblock", self.nblock, 1, 16)?;
        if self.net == Net::Resnet && self.norm != Norm::Weight {
            return Err(Error::Config(
                "The ResNet's blocks are joined by weight-normalised addition: net resnet needs norm weight.".into(),
            ));
        }
        let batch_least = if self.norm == Norm::Batch { 2 } else { 1 };
        whole("batch_size", self.batch_size, batch_least, 1024)?;
        real("lr", self.lr, 0.0, 1.0)?;
        whole("warmup", self.warmup, 0, 1_000_000)?;
        real("decay", self.decay, 0.0, 0.9999)?;
        real("beta1", self.beta1, 0.0, 0.9999)?;
        real("beta2", self.beta2, 0.0, 0.999999)?;
        real("eps", self.eps, 1e-12, 1.0)?;
        whole("test_steps", self.test_steps, 1, 100_000)?;
        real("test_lr", self.test_lr, 1e-9, 10.0)?;
        whole("running", self.running, 1, 100_000)?;
        whole("final", self.final_count, self.running, 1_000_000)?;
        whole("vis_size", self.vis_size, 1, 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("{\"lr\": -1}", "lr must be between"),
            ("{\"norm\": \"magic\"}", "unknown variant"),
            ("{\"nlayer\": 0}", "nlayer must be"),
            ("{\"nlayer\": 6}", "below one pixel"),
            ("{\"net\": \"resnet\", \"norm\": \"batch\"}", "needs norm weight"),
            ("{\"norm\": \"batch\", \"batch_size\": 1}", "batch_size must be"),
            ("{\"colour\": 1}", "unknown field"),
            ("{", "cannot be read"),
        ] {
            let message = Config::from_json(text).expect_err(text).to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn warm_up_rises_linearly_to_lr() {
        let config = Config { lr: 1e-3, warmup: 10, ..Config::default() };
        assert_eq!(config.lr_at(0), 1e-3 / 10.0);
        assert_eq!(config.lr_at(9), 1e-3);
        assert_eq!(config.lr_at(1000), 1e-3);
    }
}
