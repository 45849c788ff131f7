//! Generator and discriminator of residual blocks, as in the authors' later code: strict weight normalisation in every
//! block, weight-normalised addition of its two branches.

use super::activation::Activation;
use super::builder::{Builder, Value};
use super::conv::Geometry;
use super::layer::Scaling::{Affine, Strict};
use super::level::Level;
use super::network::Network;
use super::operation::Operation;
use crate::config::Config;

/// D: images to `[-1, 1]`; per level `nblock` blocks, of which the first halves the image and widens it; then a
/// convolution over all that remains to one logit.
pub(super) fn discriminator(config: &Config) -> Network {
    let (mut builder, mut x) = Builder::of_images(config);
    x = builder.same(Operation::Rescale, x);
    for (i, level) in Level::all(config).iter().enumerate() {
        for j in 0..config.nblock as usize {
            let name = format!("dis.level.{i}.block.{j}");
            let halved = (j == 0).then_some(level);
            let mut residue =
                builder.conv(format!("{name}.residue.0.conv"), x, width(config, i), geometry(halved), Strict);
            residue = builder.activation(&format!("{name}.residue.0"), residue);
            residue = builder.conv(format!("{name}.residue.1.conv"), residue, width(config, i), geometry(None), Strict);
            let mut shortcut = x;
            if let Some(level) = halved {
                shortcut = builder.average_pool(shortcut, level.extra());
            }
            if x.shape[0] != width(config, i) {
                shortcut = builder.conv(format!("{name}.shortcut.conv"), shortcut, width(config, i), ONE, Strict);
            }
            x = builder.addition(format!("{name}.addition"), residue, shortcut);
            x = builder.activation(&name, x);
        }
    }
    let whole = Geometry { kernel: [x.shape[1], x.shape[2]], stride: [1, 1], padding: [0, 0] };
    builder.conv("dis.final.conv".into(), x, 1, whole, Affine);
    builder.finish()
}

/// G: an affine linear layer with PReLU to D's smallest image; D's levels backwards, `nblock` blocks each, of which the
/// last doubles the image and narrows it; then scale and bias per channel and a sigmoid.
pub(super) fn generator(config: &Config) -> Network {
    let levels = Level::all(config);
    let [rows, columns] = levels[levels.len() - 1].small;
    let (mut builder, mut x) = Builder::of_codes(config, [width(config, levels.len() - 1), rows, columns], Affine);
    let prelu = Activation { name: "gen.initial.prelu".into(), slope: true, threshold: false };
    x = builder.same(Operation::Activation(prelu), x);
    for (i, level) in levels.iter().enumerate().rev() {
        for j in 0..config.nblock as usize {
            let name = format!("gen.level.{i}.block.{j}");
            let doubled = (j + 1 == config.nblock as usize).then_some(level);
            let units = match (doubled, i) {
                (None, _) => width(config, i),
                (Some(_), 0) => config.channels as usize,
                (Some(_), _) => width(config, i - 1),
            };
            x = growing_block(&mut builder, &name, x, units, doubled);
            if (i, doubled.is_some()) != (0, true) {
                x = builder.activation(&name, x);
            }
        }
    }
    x = builder.same(Operation::ChannelAffine("gen.output".into()), x);
    builder.same(Operation::Sigmoid, x);
    builder.finish()
}

/// G's block up to its addition, to `units` channels and, where `doubled`, to the level's large image.
fn growing_block(builder: &mut Builder, name: &str, x: Value, units: usize, doubled: Option<&Level>) -> Value {
    let inner = x.shape[0];
    let mut residue = builder.conv_transpose(format!("{name}.residue.0.conv"), x, inner, geometry(None), Strict);
    residue = builder.activation(&format!("{name}.residue.0"), residue);
    residue = builder.conv_transpose(format!("{name}.residue.1.conv"), residue, units, geometry(doubled), Strict);
    let mut shortcut = x;
    if inner != units {
        shortcut = builder.conv_transpose(format!("{name}.shortcut.conv"), shortcut, units, ONE, Strict);
    }
    if let Some(level) = doubled {
        shortcut = builder.upsample(shortcut, level.extra());
    }
    builder.addition(format!("{name}.addition"), residue, shortcut)
}

/// A 1x1 map.
const ONE: Geometry = Geometry { kernel: [1, 1], stride: [1, 1], padding: [0, 0] };

/// The level's own map where a block changes the image's size, else 3x3 with stride 1.
fn geometry(level: Option<&Level>) -> Geometry {
    level.map_or(Geometry { kernel: [3, 3], stride: [1, 1], padding: [1, 1] }, |level| level.geometry)
}

/// Channels of the small image of level `i`: 1, 2, 4, 6, 8, ... times `nfeature`.
fn width(config: &Config, i: usize) -> usize {
    config.nfeature as usize * (2 * i).max(1)
}
