//! Generator and discriminator of the DCGAN family by the rules of the paper's code.

use super::builder::Builder;
use super::geometry::Geometry;
use super::layer::sigmoid::Sigmoid;
use super::level::Level;
use super::network::Network;
use crate::config::{Config, Role};

/// D: per level a 4x4 stride-2 convolution of width `nfeature 2^i`, then one over all that remains to one logit.
pub(super) fn discriminator(config: &Config) -> Network {
    let (mut builder, mut x) = Builder::new(config, Role::Discriminator);
    for (i, level) in Level::all(config).iter().enumerate() {
        let module = format!("dis.level.{i}");
        x = builder.conv(format!("{module}.conv"), x, width(config, i), level.geometry, false);
        // Not on the first level: that would take the images' own mean and contrast away.
        if i > 0 {
            x = builder.normalised(&module, x);
        }
        x = builder.activation(&module, x);
    }
    builder.conv("dis.final.conv".into(), x, 1, Geometry::whole(x.shape), true);
    builder.finish()
}

/// G: a linear layer to the smallest image of D, then D's levels backwards as transposed convolutions, then a sigmoid.
pub(super) fn generator(config: &Config) -> Network {
    let levels = Level::all(config);
    let [rows, columns] = levels[levels.len() - 1].small;
    let (mut builder, z) = Builder::new(config, Role::Generator);
    let output = [width(config, levels.len() - 1), rows, columns];
    let mut x = builder.linear("gen.initial.linear".into(), z, output, false);
    x = builder.normalised("gen.initial", x);
    x = builder.activation("gen.initial", x);
    for (i, level) in levels.iter().enumerate().rev() {
        let module = format!("gen.level.{i}");
        let units = if i == 0 { config.channels as usize } else { width(config, i - 1) };
        x = builder.conv_transpose(format!("{module}.conv"), x, units, level.geometry, i == 0);
        if i > 0 {
            x = builder.normalised(&module, x);
            x = builder.activation(&module, x);
        }
    }
    builder.add(Sigmoid { name: "gen.sigmoid".into() }, &[x]);
    builder.finish()
}

/// Channels of the small image of level `i`.
fn width(config: &Config, i: usize) -> usize {
    (config.nfeature as usize) << i
}
