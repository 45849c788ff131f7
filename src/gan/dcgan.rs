//! The DCGAN family of the paper and of the authors' first code: strided convolutions down, transposed ones up.

use crate::config::{Config, Role};
use crate::gan::builder::{Builder, levels};
use crate::nn::layer::conv::Conv;
use crate::nn::layer::conv_transpose::ConvTranspose;
use crate::nn::layer::linear::Linear;
use crate::nn::layer::sigmoid::Sigmoid;
use crate::nn::{LayerSpec, Shape};

const KERNEL: [u32; 2] = [4, 4];
const STRIDE: u32 = 2;

/// D: per level a convolution 4x4 stride 2 of width nfeature * 2^i, then one convolution over what remains, to 1 logit.
/// No normalisation layer after the first convolution nor after the last.
pub fn discriminator(config: &Config) -> Vec<LayerSpec> {
    let image = Shape::new(config.height, config.width, config.channels);
    let (mut network, mut value) = Builder::new(config, Role::Discriminator, image);
    for (i, level) in levels(config).into_iter().enumerate() {
        let [h, w] = level.small;
        let pad = level.extra.map(|extra| 1 + extra);
        let conv = Conv { kernel: KERNEL, stride: STRIDE, pad, weight: network.weight(false) };
        let output = Shape::new(h, w, config.nfeature << i);
        let map = network.layer(format!("level.{i}.conv"), conv, &[value], output);
        value = network.hidden(&format!("level.{i}"), map, i > 0);
    }
    let whole = [value.shape.h, value.shape.w];
    let conv = Conv { kernel: whole, stride: 1, pad: [0, 0], weight: network.weight(true) };
    network.layer("final.conv".into(), conv, &[value], Shape::new(1, 1, 1));
    network.finish()
}

/// G: a linear layer to the smallest feature map, then D's levels mirrored by transposed convolutions, then sigmoid.
pub fn generator(config: &Config) -> Vec<LayerSpec> {
    let levels = levels(config);
    let width_at = |level: usize| config.nfeature << level;
    let [h, w] = levels.last().map_or([1, 1], |level| level.small);
    let (mut network, z) = Builder::new(config, Role::Generator, Shape::new(1, 1, config.code_size));
    let output = Shape::new(h, w, width_at(levels.len() - 1));
    let linear = Linear(network.first_weight(network.weight(false)));
    let map = network.layer("initial.linear".into(), linear, &[z], output);
    let mut value = network.hidden("initial", map, true);
    for (i, level) in levels.iter().enumerate().rev() {
        let [h, w] = level.big;
        let pad = level.extra.map(|extra| 1 + extra);
        let conv = ConvTranspose { kernel: KERNEL, stride: STRIDE, pad, weight: network.weight(i == 0) };
        let channels = if i == 0 { config.channels } else { width_at(i - 1) };
        let map = network.layer(format!("level.{i}.conv"), conv, &[value], Shape::new(h, w, channels));
        value = if i == 0 {
            network.same("sigmoid".into(), Sigmoid, map)
        } else {
            network.hidden(&format!("level.{i}"), map, true)
        };
    }
    network.finish()
}
