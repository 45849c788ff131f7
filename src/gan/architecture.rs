//! The DCGAN family of the paper's code (section 4 of the paper; sizes by the authors' rule), as lists of layers.

use crate::config::{Config, Norm};
use crate::error::{Error, Result};
use crate::nn::{Activation, Kind, LayerSpec, Reparameterisation, Shape};

const KERNEL: [u32; 2] = [4, 4];
const STRIDE: u32 = 2;

/// Feature-map sides from the image down: `sides[0]` is the image, `sides[i]` what level `i - 1` leaves, with the
/// padding of each level. A level halves; where a side is 2 modulo 4 it is padded by 2 instead of 1, so that the next
/// level finds an even side again, except on the last level.
fn pyramid(width: u32, height: u32, levels: u32) -> (Vec<[u32; 2]>, Vec<[u32; 2]>) {
    let mut sides = vec![[height, width]];
    let mut pads = Vec::new();
    for level in 0..levels {
        let [h, w] = sides[level as usize];
        let is_last = level + 1 == levels;
        let pad_of = |side: u32| if side % 4 == 2 && !is_last { 2 } else { 1 };
        let pad = [pad_of(h), pad_of(w)];
        sides.push([(h + 2 * pad[0] - 2) / 2, (w + 2 * pad[1] - 2) / 2]);
        pads.push(pad);
    }
    (sides, pads)
}

fn hidden(norm: Norm) -> (Reparameterisation, Activation) {
    match norm {
        Norm::Weight => (Reparameterisation::Strict, Activation::Tprelu { learn_threshold: true, learn_slope: true }),
        Norm::None => (Reparameterisation::Plain, Activation::Tprelu { learn_threshold: false, learn_slope: true }),
    }
}

fn last(norm: Norm) -> Reparameterisation {
    match norm {
        Norm::Weight => Reparameterisation::Affine,
        Norm::None => Reparameterisation::Plain,
    }
}

/// D: `levels` convolutions 4x4 stride 2 of widths nfeature * 2^i, then one convolution over what remains, to 1 logit.
pub fn discriminator(config: &Config) -> Vec<LayerSpec> {
    let levels = config.levels();
    let (sides, pads) = pyramid(config.width, config.height, levels);
    let (reparameterisation, activation) = hidden(config.norm);
    let mut layers = Vec::new();
    let mut input = Shape::new(config.height, config.width, config.channels);
    for level in 0..levels as usize {
        let [h, w] = sides[level + 1];
        let output = Shape::new(h, w, config.nfeature << level);
        let kind = Kind::Conv { kernel: KERNEL, stride: STRIDE, pad: pads[level] };
        layers.push(LayerSpec { name: format!("level.{level}"), kind, input, output, reparameterisation, activation });
        input = output;
    }
    layers.push(LayerSpec {
        name: "final".into(),
        kind: Kind::FullConv,
        input,
        output: Shape::new(1, 1, 1),
        reparameterisation: last(config.norm),
        activation: Activation::Identity,
    });
    layers
}

/// G: a linear layer to the smallest feature map, then D's levels mirrored by transposed convolutions, then sigmoid.
pub fn generator(config: &Config) -> Vec<LayerSpec> {
    let levels = config.levels() as usize;
    let (sides, pads) = pyramid(config.width, config.height, levels as u32);
    let (reparameterisation, activation) = hidden(config.norm);
    let width_at = |level: usize| config.nfeature << level;
    let [h, w] = sides[levels];
    let mut input = Shape::new(h, w, width_at(levels - 1));
    let mut layers = vec![LayerSpec {
        name: "initial".into(),
        kind: Kind::Linear,
        input: Shape::new(1, 1, config.code_size),
        output: input,
        reparameterisation,
        activation,
    }];
    for level in (0..levels).rev() {
        let [h, w] = sides[level];
        let is_last = level == 0;
        let output = Shape::new(h, w, if is_last { config.channels } else { width_at(level - 1) });
        layers.push(LayerSpec {
            name: format!("level.{level}"),
            kind: Kind::ConvTranspose { kernel: KERNEL, stride: STRIDE, pad: pads[level] },
            input,
            output,
            reparameterisation: if is_last { last(config.norm) } else { reparameterisation },
            activation: if is_last { Activation::Sigmoid } else { activation },
        });
        input = output;
    }
    layers
}

/// Most elements of one buffer that the kernels' 32-bit indices and WebGPU's largest bindings can hold.
const MOST_ELEMENTS: u64 = 1 << 29;

/// Refuses networks whose parameters or activations are beyond what one buffer can hold anywhere, before anything is
/// computed from their sizes.
///
/// # Errors
/// [`Error::Limit`] with the first network or layer that is too large.
pub fn check_size(config: &Config) -> Result<()> {
    let gibibytes = |elements: u64| format!("{:.1} GiB", elements as f64 / f64::from(1 << 28));
    let check = |what: String, elements: u64| {
        if elements <= MOST_ELEMENTS {
            return Ok(());
        }
        Err(Error::Limit {
            what,
            need: gibibytes(elements),
            have: format!("{} in one buffer", gibibytes(MOST_ELEMENTS)),
        })
    };
    for (network, layers) in [("generator", generator(config)), ("discriminator", discriminator(config))] {
        let mut weights = 0u64;
        for layer in &layers {
            let g = layer.geometry();
            weights += [g.kernel_h, g.kernel_w, g.big_c, g.small_c].into_iter().map(u64::from).product::<u64>();
            let largest = u64::from(layer.input.len().max(layer.output.len()));
            check(format!("Layer {} of the {network}", layer.name), 2 * u64::from(config.batch_size) * largest)?;
        }
        check(format!("The weights of the {network}"), weights)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::parameters::Layout;

    fn config(width: u32, height: u32, channels: u32, code_size: u32) -> Config {
        Config { width, height, channels, code_size, nfeature: 64, ..Config::default() }
    }

    #[test]
    fn parameter_counts_are_those_of_the_papers_code() {
        // G and D of weight normalisation: 32px RGB, z 128; 28px grey, z 128 (counted from the authors' code).
        for (config, generator_count, discriminator_count) in
            [(config(32, 32, 3, 128), 1_183_622, 663_426), (config(28, 28, 1, 128), 935_298, 138_754)]
        {
            assert_eq!(Layout::new(&generator(&config)).count, generator_count);
            assert_eq!(Layout::new(&discriminator(&config)).count, discriminator_count);
        }
    }

    #[test]
    fn networks_beyond_any_buffer_are_refused_with_a_sentence() {
        for (_, config) in crate::config::presets() {
            assert_eq!(check_size(&config), Ok(()));
        }
        let most =
            Config { width: 512, height: 512, nfeature: 512, code_size: 4096, batch_size: 1024, ..Config::default() };
        for config in [
            most.clone(),
            Config { nlayer: 1, ..most.clone() },
            Config { batch_size: 1, ..most.clone() },
            Config { nfeature: 1, ..most },
        ] {
            assert_eq!(config.validate(), Ok(()));
            let message = check_size(&config).expect_err("too large").to_string();
            assert!(message.contains("GiB in one buffer"), "{message}");
        }
    }

    #[test]
    fn generator_mirrors_discriminator_at_every_even_size() {
        for (width, height) in
            [(28, 28), (36, 30), (34, 34), (36, 36), (28, 46), (64, 64), (160, 160), (6, 4), (10, 2 * 7)]
        {
            let config = config(width, height, 3, 8);
            let down = discriminator(&config);
            let up = generator(&config);
            for (d, g) in down.iter().zip(up[1..].iter().rev()) {
                assert_eq!(d.input, g.output, "{width}x{height} {}", d.name);
                assert_eq!(d.output.h, g.input.h, "{width}x{height} {}", d.name);
                assert_eq!(d.output.w, g.input.w, "{width}x{height} {}", d.name);
                assert!(d.input.h % 2 == 0 && d.input.w % 2 == 0, "{width}x{height}: an odd side inside");
            }
            assert_eq!(up.last().map(|layer| layer.output), Some(Shape::new(height, width, 3)));
        }
    }
}
