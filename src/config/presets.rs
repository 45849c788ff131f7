//! Named starting points.

use super::{Config, Net, Order, key};
use crate::error::{Error, Result, sentences};

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
    /// The preset called `name`.
    ///
    /// # Errors
    /// [`Error::Config`] that lists the names there are.
    pub fn preset(name: &str) -> Result<Config> {
        let all = presets();
        let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
        let found = all.iter().find(|(candidate, _)| *candidate == name).map(|(_, config)| config.clone());
        found.ok_or_else(|| Error::Config(sentences::config::preset(key::excerpt(name), names.join(", "))))
    }
}
