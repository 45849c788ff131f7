//! Generator and discriminator of residual blocks, as in the authors' later code: weight normalisation in every block,
//! weight-normalised addition of its two branches.

use super::builder::{Builder, Value};
use super::geometry::Geometry;
use super::layer::addition::Addition;
use super::layer::average_pool::AveragePool;
use super::layer::channel_affine::ChannelAffine;
use super::layer::rescale::Rescale;
use super::layer::sigmoid::Sigmoid;
use super::layer::upsample::Upsample;
use super::level::Level;
use super::network::Network;
use crate::config::{Activation, Config, Role};

/// D: images to `[-1, 1]`; per level `nblock` blocks, of which the first halves the image and widens it; then a
/// convolution over all that remains to one logit.
pub(super) fn discriminator(config: &Config) -> Network {
    let (mut builder, image) = Builder::new(config, Role::Discriminator);
    let mut x = builder.add(Rescale { name: "dis.rescale".into() }, &[image]);
    for (i, level) in Level::all(config).iter().enumerate() {
        for j in 0..config.nblock as usize {
            let name = format!("dis.level.{i}.block.{j}");
            x = shrinking_block(&mut builder, &name, x, width(config, i), (j == 0).then_some(level));
            x = builder.activation(&name, x);
        }
    }
    builder.conv("dis.final.conv".into(), x, 1, Geometry::whole(x.shape), true);
    builder.finish()
}

/// D's block up to its addition, to `units` channels and, where `halved`, to the level's small image.
fn shrinking_block(builder: &mut Builder, name: &str, x: Value, units: usize, halved: Option<&Level>) -> Value {
    let mut residue = builder.conv(format!("{name}.residue.0.conv"), x, units, geometry(halved), false);
    residue = builder.activation(&format!("{name}.residue.0"), residue);
    residue = builder.conv(format!("{name}.residue.1.conv"), residue, units, geometry(None), false);
    let mut shortcut = x;
    if let Some(level) = halved {
        let pool = AveragePool { name: format!("{name}.shortcut.pool"), padding: level.extra() };
        shortcut = builder.add(pool, &[shortcut]);
    }
    if x.shape[0] != units {
        shortcut = builder.conv(format!("{name}.shortcut.conv"), shortcut, units, ONE, false);
    }
    builder.add(Addition { name: format!("{name}.addition"), channels: units }, &[residue, shortcut])
}

/// G: a linear layer with PReLU to D's smallest image; D's levels backwards, `nblock` blocks each, of which the last
/// doubles the image and narrows it; then scale and bias per channel and a sigmoid.
///
/// The linear layer has gain and bias where a last layer has them, as in the authors' code.
pub(super) fn generator(config: &Config) -> Network {
    let levels = Level::all(config);
    let [rows, columns] = levels[levels.len() - 1].small;
    let (mut builder, z) = Builder::new(config, Role::Generator);
    let output = [width(config, levels.len() - 1), rows, columns];
    let mut x = builder.linear("gen.initial.linear".into(), z, output, true);
    x = builder.activation_of(Activation::Prelu, "gen.initial", x);
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
    x = builder.add(ChannelAffine { name: "gen.output".into(), channels: x.shape[0] }, &[x]);
    builder.add(Sigmoid { name: "gen.sigmoid".into() }, &[x]);
    builder.finish()
}

/// G's block up to its addition, to `units` channels and, where `doubled`, to the level's large image.
fn growing_block(builder: &mut Builder, name: &str, x: Value, units: usize, doubled: Option<&Level>) -> Value {
    let inner = x.shape[0];
    let mut residue = builder.conv_transpose(format!("{name}.residue.0.conv"), x, inner, geometry(None), false);
    residue = builder.activation(&format!("{name}.residue.0"), residue);
    residue = builder.conv_transpose(format!("{name}.residue.1.conv"), residue, units, geometry(doubled), false);
    let mut shortcut = x;
    if inner != units {
        shortcut = builder.conv_transpose(format!("{name}.shortcut.conv"), shortcut, units, ONE, false);
    }
    if let Some(level) = doubled {
        let upsample = Upsample { name: format!("{name}.shortcut.upsample"), crop: level.extra() };
        shortcut = builder.add(upsample, &[shortcut]);
    }
    builder.add(Addition { name: format!("{name}.addition"), channels: units }, &[residue, shortcut])
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
