//! The ResNet of the authors' second code: residual blocks joined by weight-normalised addition, all maps strict but
//! G's first (affine, with PReLU) and D's last (affine).

use crate::config::{Activation, Config, Role};
use crate::gan::builder::{Builder, Level, Value, levels};
use crate::nn::layer::addition::Addition;
use crate::nn::layer::average_pool::AveragePool;
use crate::nn::layer::channel_affine::ChannelAffine;
use crate::nn::layer::conv::Conv;
use crate::nn::layer::conv_transpose::ConvTranspose;
use crate::nn::layer::linear::Linear;
use crate::nn::layer::rescale::Rescale;
use crate::nn::layer::sigmoid::Sigmoid;
use crate::nn::layer::upsample::Upsample;
use crate::nn::{LayerSpec, Shape};

/// Width of level `i`: 64, 128, 256, 384, 512 for nfeature 64.
fn width(config: &Config, i: usize) -> u32 {
    config.nfeature * (2 * i as u32).max(1)
}

/// Kernel side, stride and padding of a map: the level's own where a block changes the image's size, else 3x3.
fn taps(level: Option<Level>) -> ([u32; 2], u32, [u32; 2]) {
    level.map_or(([3; 2], 1, [1, 1]), |level| ([4; 2], 2, level.extra.map(|extra| 1 + extra)))
}

/// A map of 1x1.
const ONE: ([u32; 2], u32, [u32; 2]) = ([1; 2], 1, [0, 0]);

/// D: 2x - 1, then per level `nblock` blocks of which the first halves the image and widens, then one convolution over
/// what remains, to 1 logit.
pub fn discriminator(config: &Config) -> Vec<LayerSpec> {
    let image = Shape::new(config.height, config.width, config.channels);
    let (mut network, image) = Builder::new(config, Role::Discriminator, image);
    let mut value = network.same("rescale".into(), Rescale, image);
    for (i, level) in levels(config).into_iter().enumerate() {
        for j in 0..config.nblock {
            let name = format!("level.{i}.block.{j}");
            value = shrinking_block(&mut network, &name, value, (j == 0).then_some(level), width(config, i));
        }
    }
    let whole = [value.shape.h, value.shape.w];
    let conv = Conv { kernel: whole, stride: 1, pad: [0, 0], weight: network.weight(true) };
    network.layer("final.conv".into(), conv, &[value], Shape::new(1, 1, 1));
    network.finish()
}

/// Adds a convolution of hidden layers.
fn conv(
    network: &mut Builder<'_>,
    name: String,
    (kernel, stride, pad): ([u32; 2], u32, [u32; 2]),
    input: Value,
    output: Shape,
) -> Value {
    let conv = Conv { kernel, stride, pad, weight: network.weight(false) };
    network.layer(name, conv, &[input], output)
}

/// Adds a transposed convolution of hidden layers.
fn conv_transpose(
    network: &mut Builder<'_>,
    name: String,
    (kernel, stride, pad): ([u32; 2], u32, [u32; 2]),
    input: Value,
    output: Shape,
) -> Value {
    let conv = ConvTranspose { kernel, stride, pad, weight: network.weight(false) };
    network.layer(name, conv, &[input], output)
}

/// A block of D. Residue: convolution (4x4 stride 2 where `halving`, else 3x3), activation, convolution 3x3. Shortcut:
/// average pooling where `halving`, convolution 1x1 where the width changes.
fn shrinking_block(network: &mut Builder<'_>, name: &str, input: Value, halving: Option<Level>, width: u32) -> Value {
    let [h, w] = halving.map_or([input.shape.h, input.shape.w], |level| level.small);
    let output = Shape::new(h, w, width);
    let mut residue = conv(network, format!("{name}.residue.0.conv"), taps(halving), input, output);
    residue = network.activation(&format!("{name}.residue.0"), residue);
    residue = conv(network, format!("{name}.residue.1.conv"), taps(None), residue, output);
    let mut shortcut = input;
    if let Some(level) = halving {
        let pool = AveragePool { pad: level.extra };
        shortcut = network.layer(format!("{name}.shortcut.pool"), pool, &[shortcut], Shape::new(h, w, input.shape.c));
    }
    if input.shape.c != width {
        shortcut = conv(network, format!("{name}.shortcut.conv"), ONE, shortcut, output);
    }
    let sum = network.layer(format!("{name}.addition"), Addition, &[residue, shortcut], output);
    network.activation(name, sum)
}

/// G: an affine linear layer with PReLU to the smallest feature map, then D's levels mirrored, `nblock` blocks each, of
/// which the last doubles the image and narrows; the very last ends in an affine map per channel and sigmoid.
pub fn generator(config: &Config) -> Vec<LayerSpec> {
    let levels = levels(config);
    let top = levels.len() - 1;
    let [h, w] = levels[top].small;
    let (mut network, z) = Builder::new(config, Role::Generator, Shape::new(1, 1, config.code_size));
    let output = Shape::new(h, w, width(config, top));
    // As affine as a last layer.
    let linear = Linear(network.first_weight(network.weight(true)));
    let mut value = network.layer("initial.linear".into(), linear, &[z], output);
    value = network.activation_of(Activation::Prelu, "initial", value);
    for (i, level) in levels.into_iter().enumerate().rev() {
        for j in 0..config.nblock {
            let name = format!("level.{i}.block.{j}");
            let doubling = (j + 1 == config.nblock).then_some(level);
            let narrow = if i == 0 { config.channels } else { width(config, i - 1) };
            let channels = if doubling.is_some() { narrow } else { value.shape.c };
            value = growing_block(&mut network, &name, value, doubling, channels);
            if i > 0 || doubling.is_none() {
                value = network.activation(&name, value);
            }
        }
    }
    value = network.same("output".into(), ChannelAffine, value);
    network.same("sigmoid".into(), Sigmoid, value);
    network.finish()
}

/// A block of G, without its activation. Residue: transposed convolution 3x3, activation, transposed convolution (4x4
/// stride 2 where `doubling`, else 3x3). Shortcut: transposed convolution 1x1 where the width changes,
/// nearest-neighbour upsampling where `doubling`.
fn growing_block(network: &mut Builder<'_>, name: &str, input: Value, doubling: Option<Level>, width: u32) -> Value {
    let [h, w] = doubling.map_or([input.shape.h, input.shape.w], |level| level.big);
    let output = Shape::new(h, w, width);
    let mut residue = conv_transpose(network, format!("{name}.residue.0.conv"), taps(None), input, input.shape);
    residue = network.activation(&format!("{name}.residue.0"), residue);
    residue = conv_transpose(network, format!("{name}.residue.1.conv"), taps(doubling), residue, output);
    let mut shortcut = input;
    if input.shape.c != width {
        let narrow = Shape::new(input.shape.h, input.shape.w, width);
        shortcut = conv_transpose(network, format!("{name}.shortcut.conv"), ONE, shortcut, narrow);
    }
    if let Some(level) = doubling {
        let upsample = Upsample { pad: level.extra };
        shortcut = network.layer(format!("{name}.shortcut.upsample"), upsample, &[shortcut], output);
    }
    network.layer(format!("{name}.addition"), Addition, &[residue, shortcut], output)
}
