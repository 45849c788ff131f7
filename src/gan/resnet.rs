//! The ResNet of the authors' second code: residual blocks joined by weight-normalised addition, all maps strict but
//! G's first (affine, with PReLU) and D's last (affine).

use crate::config::Config;
use crate::gan::architecture::{Builder, Level, Value, hidden_activation, levels};
use crate::nn::{Kind, LayerSpec, Op, Reparameterisation, Shape};

const PRELU: Op = Op::Tprelu { learn_threshold: false, learn_slope: true };

/// Width of level `i`: 64, 128, 256, 384, 512 for nfeature 64.
fn width(config: &Config, i: usize) -> u32 {
    config.nfeature * (2 * i as u32).max(1)
}

/// D: 2x - 1, then per level `nblock` blocks of which the first halves the image and widens, then one convolution over
/// what remains, to 1 logit.
pub fn discriminator(config: &Config) -> Vec<LayerSpec> {
    let (mut network, image) = Builder::new(Shape::new(config.height, config.width, config.channels));
    let mut value = network.same("rescale".into(), Op::Rescale, image);
    for (i, level) in levels(config).into_iter().enumerate() {
        for j in 0..config.nblock {
            let name = format!("level.{i}.block.{j}");
            value = shrinking_block(&mut network, config, &name, value, (j == 0).then_some(level), width(config, i));
        }
    }
    network.map("final.conv".into(), Kind::FullConv, Reparameterisation::Affine, value, Shape::new(1, 1, 1));
    network.finish()
}

/// A block of D. Residue: convolution (4x4 stride 2 where `halving`, else 3x3), activation, convolution 3x3. Shortcut:
/// average pooling where `halving`, convolution 1x1 where the width changes.
fn shrinking_block(
    network: &mut Builder,
    config: &Config,
    name: &str,
    input: Value,
    halving: Option<Level>,
    width: u32,
) -> Value {
    let strict = Reparameterisation::Strict;
    let conv = |kernel: u32, stride, pad| Kind::Conv { kernel: [kernel; 2], stride, pad };
    let (activation, op) = hidden_activation(config);
    let [h, w] = halving.map_or([input.shape.h, input.shape.w], |level| level.small);
    let output = Shape::new(h, w, width);
    let first = match halving {
        Some(level) => conv(4, 2, level.extra.map(|extra| 1 + extra)),
        None => conv(3, 1, [1, 1]),
    };
    let mut residue = network.map(format!("{name}.residue.0.conv"), first, strict, input, output);
    residue = network.same(format!("{name}.residue.0.{activation}"), op, residue);
    residue = network.map(format!("{name}.residue.1.conv"), conv(3, 1, [1, 1]), strict, residue, output);
    let mut shortcut = input;
    if let Some(level) = halving {
        let pooled = Shape::new(h, w, input.shape.c);
        let op = Op::AveragePool { pad: level.extra };
        shortcut = network.layer(format!("{name}.shortcut.pool"), op, &[shortcut], pooled);
    }
    if input.shape.c != width {
        shortcut = network.map(format!("{name}.shortcut.conv"), conv(1, 1, [0, 0]), strict, shortcut, output);
    }
    let sum = network.layer(format!("{name}.addition"), Op::Addition, &[residue, shortcut], output);
    network.same(format!("{name}.{activation}"), op, sum)
}

/// G: an affine linear layer with PReLU to the smallest feature map, then D's levels mirrored, `nblock` blocks each, of
/// which the last doubles the image and narrows; the very last ends in an affine map per channel and sigmoid.
pub fn generator(config: &Config) -> Vec<LayerSpec> {
    let levels = levels(config);
    let top = levels.len() - 1;
    let [h, w] = levels[top].small;
    let (mut network, z) = Builder::new(Shape::new(1, 1, config.code_size));
    let output = Shape::new(h, w, width(config, top));
    let mut value = network.map("initial.linear".into(), Kind::Linear, Reparameterisation::Affine, z, output);
    value = network.same("initial.prelu".into(), PRELU, value);
    let (activation, op) = hidden_activation(config);
    for (i, level) in levels.into_iter().enumerate().rev() {
        for j in 0..config.nblock {
            let name = format!("level.{i}.block.{j}");
            let doubling = (j + 1 == config.nblock).then_some(level);
            let narrow = if i == 0 { config.channels } else { width(config, i - 1) };
            let channels = if doubling.is_some() { narrow } else { value.shape.c };
            value = growing_block(&mut network, config, &name, value, doubling, channels);
            if i > 0 || doubling.is_none() {
                value = network.same(format!("{name}.{activation}"), op, value);
            }
        }
    }
    value = network.same("output".into(), Op::ChannelAffine, value);
    network.same("sigmoid".into(), Op::Sigmoid, value);
    network.finish()
}

/// A block of G, without its activation. Residue: transposed convolution 3x3, activation, transposed convolution (4x4
/// stride 2 where `doubling`, else 3x3). Shortcut: transposed convolution 1x1 where the width changes,
/// nearest-neighbour upsampling where `doubling`.
fn growing_block(
    network: &mut Builder,
    config: &Config,
    name: &str,
    input: Value,
    doubling: Option<Level>,
    width: u32,
) -> Value {
    let strict = Reparameterisation::Strict;
    let conv = |kernel: u32, stride, pad| Kind::ConvTranspose { kernel: [kernel; 2], stride, pad };
    let (activation, op) = hidden_activation(config);
    let [h, w] = doubling.map_or([input.shape.h, input.shape.w], |level| level.big);
    let output = Shape::new(h, w, width);
    let mut residue = network.map(format!("{name}.residue.0.conv"), conv(3, 1, [1, 1]), strict, input, input.shape);
    residue = network.same(format!("{name}.residue.0.{activation}"), op, residue);
    let second = match doubling {
        Some(level) => conv(4, 2, level.extra.map(|extra| 1 + extra)),
        None => conv(3, 1, [1, 1]),
    };
    residue = network.map(format!("{name}.residue.1.conv"), second, strict, residue, output);
    let mut shortcut = input;
    if input.shape.c != width {
        let narrow = Shape::new(input.shape.h, input.shape.w, width);
        shortcut = network.map(format!("{name}.shortcut.conv"), conv(1, 1, [0, 0]), strict, shortcut, narrow);
    }
    if let Some(level) = doubling {
        let op = Op::Upsample { pad: level.extra };
        shortcut = network.layer(format!("{name}.shortcut.upsample"), op, &[shortcut], output);
    }
    network.layer(format!("{name}.addition"), Op::Addition, &[residue, shortcut], output)
}
