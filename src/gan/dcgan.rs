//! The DCGAN family of the authors' first code (paper, section 4): strided convolutions down, transposed ones up.

use crate::config::{Config, Norm};
use crate::gan::architecture::{Builder, Value, hidden_activation, levels};
use crate::nn::{Kind, LayerSpec, Op, Reparameterisation, Shape};

const KERNEL: [u32; 2] = [4, 4];
const STRIDE: u32 = 2;

/// Reparameterisation of hidden layers and of the last one. Spectral norm is D's alone.
fn reparameterisations(norm: Norm, is_discriminator: bool) -> [Reparameterisation; 2] {
    match norm {
        Norm::Weight => [Reparameterisation::Strict, Reparameterisation::Affine],
        Norm::WeightAffine => [Reparameterisation::Affine; 2],
        Norm::Spectral if is_discriminator => [Reparameterisation::Spectral; 2],
        Norm::None | Norm::Batch | Norm::Spectral => [Reparameterisation::Plain; 2],
    }
}

/// What follows a hidden layer called `module`: batch norm where it belongs, then the activation.
fn hidden(network: &mut Builder, config: &Config, module: &str, normalised: bool, map: Value) -> Value {
    let mut value = map;
    if normalised && config.norm == Norm::Batch {
        value = network.same(format!("{module}.batchnorm"), Op::BatchNorm, value);
    }
    let (name, activation) = hidden_activation(config);
    network.same(format!("{module}.{name}"), activation, value)
}

/// D: per level a convolution 4x4 stride 2 of width nfeature * 2^i, then one convolution over what remains, to 1 logit.
/// No batch norm after the first convolution nor after the last.
pub fn discriminator(config: &Config) -> Vec<LayerSpec> {
    let [inner, last] = reparameterisations(config.norm, true);
    let (mut network, mut value) = Builder::new(Shape::new(config.height, config.width, config.channels));
    for (i, level) in levels(config).into_iter().enumerate() {
        let [h, w] = level.small;
        let kind = Kind::Conv { kernel: KERNEL, stride: STRIDE, pad: level.extra.map(|extra| 1 + extra) };
        let output = Shape::new(h, w, config.nfeature << i);
        let map = network.map(format!("level.{i}.conv"), kind, inner, value, output);
        value = hidden(&mut network, config, &format!("level.{i}"), i > 0, map);
    }
    network.map("final.conv".into(), Kind::FullConv, last, value, Shape::new(1, 1, 1));
    network.finish()
}

/// G: a linear layer to the smallest feature map, then D's levels mirrored by transposed convolutions, then sigmoid.
pub fn generator(config: &Config) -> Vec<LayerSpec> {
    let [inner, last] = reparameterisations(config.norm, false);
    let levels = levels(config);
    let width_at = |level: usize| config.nfeature << level;
    let [h, w] = levels.last().map_or([1, 1], |level| level.small);
    let (mut network, z) = Builder::new(Shape::new(1, 1, config.code_size));
    let output = Shape::new(h, w, width_at(levels.len() - 1));
    let map = network.map("initial.linear".into(), Kind::Linear, inner, z, output);
    let mut value = hidden(&mut network, config, "initial", true, map);
    for (i, level) in levels.iter().enumerate().rev() {
        let [h, w] = level.big;
        let kind = Kind::ConvTranspose { kernel: KERNEL, stride: STRIDE, pad: level.extra.map(|extra| 1 + extra) };
        let name = format!("level.{i}.conv");
        if i == 0 {
            let image = Shape::new(h, w, config.channels);
            let map = network.map(name, kind, last, value, image);
            network.same("sigmoid".into(), Op::Sigmoid, map);
        } else {
            let map = network.map(name, kind, inner, value, Shape::new(h, w, width_at(i - 1)));
            value = hidden(&mut network, config, &format!("level.{i}"), true, map);
        }
    }
    network.finish()
}
