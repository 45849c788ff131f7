//! Generator and discriminator of the DCGAN family by the rules of the paper's code.

use super::builder::{Builder, Value};
use super::conv::Geometry;
use super::layer::Scaling;
use super::level::Level;
use super::network::Network;
use super::operation::Operation;
use crate::config::{Config, Norm};

/// D: per level a 4x4 stride-2 convolution of width `nfeature 2^i`, then one over all that remains to one logit.
pub(super) fn discriminator(config: &Config) -> Network {
    let (inner, last) = match config.norm {
        Norm::Spectral => (Scaling::Spectral, Scaling::Spectral),
        norm => scalings(norm),
    };
    let (mut builder, mut x) = Builder::of_images(config);
    for (i, level) in Level::all(config).iter().enumerate() {
        let module = format!("dis.level.{i}");
        x = builder.conv(format!("{module}.conv"), x, width(config, i), level.geometry, inner);
        // Not on the first level: that would take the images' own mean and contrast away.
        if i > 0 {
            x = batch_norm(&mut builder, config, &module, x);
        }
        x = builder.activation(&module, x);
    }
    let whole = Geometry { kernel: [x.shape[1], x.shape[2]], stride: [1, 1], padding: [0, 0] };
    builder.conv("dis.final.conv".into(), x, 1, whole, last);
    builder.finish()
}

/// G: a linear layer to the smallest image of D, then D's levels backwards as transposed convolutions, then a sigmoid.
pub(super) fn generator(config: &Config) -> Network {
    let (inner, last) = scalings(config.norm);
    let levels = Level::all(config);
    let [rows, columns] = levels[levels.len() - 1].small;
    let (mut builder, mut x) = Builder::of_codes(config, [width(config, levels.len() - 1), rows, columns], inner);
    x = batch_norm(&mut builder, config, "gen.initial", x);
    x = builder.activation("gen.initial", x);
    for (i, level) in levels.iter().enumerate().rev() {
        let module = format!("gen.level.{i}");
        let (units, scaling) = match i {
            0 => (config.channels as usize, last),
            _ => (width(config, i - 1), inner),
        };
        x = builder.conv_transpose(format!("{module}.conv"), x, units, level.geometry, scaling);
        if i > 0 {
            x = batch_norm(&mut builder, config, &module, x);
            x = builder.activation(&module, x);
        }
    }
    builder.same(Operation::Sigmoid, x);
    builder.finish()
}

/// Channels of the small image of level `i`.
fn width(config: &Config, i: usize) -> usize {
    (config.nfeature as usize) << i
}

/// What becomes of the weights: of inner layers, and of a network's last one.
fn scalings(norm: Norm) -> (Scaling, Scaling) {
    match norm {
        Norm::None | Norm::Batch | Norm::Spectral => (Scaling::Plain, Scaling::Plain),
        Norm::Weight => (Scaling::Strict, Scaling::Affine),
        Norm::WeightAffine => (Scaling::Affine, Scaling::Affine),
    }
}

/// Batch normalisation where the norm asks for it.
fn batch_norm(builder: &mut Builder, config: &Config, module: &str, x: Value) -> Value {
    match config.norm {
        Norm::Batch => builder.same(Operation::BatchNorm(format!("{module}.batchnorm")), x),
        _ => x,
    }
}
