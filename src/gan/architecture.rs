//! Both networks of a run as lists of layers, by the family that the settings name.

use crate::config::{Activation, Config, Net, Norm};
use crate::error::{Error, Result};
use crate::gan::{dcgan, resnet};
use crate::nn::{Kind, LayerSpec, Op, Reparameterisation, Shape};

/// D: images to one logit.
pub fn discriminator(config: &Config) -> Vec<LayerSpec> {
    match config.net {
        Net::Dcgan => dcgan::discriminator(config),
        Net::Resnet => resnet::discriminator(config),
    }
}

/// G: latent codes to images.
pub fn generator(config: &Config) -> Vec<LayerSpec> {
    match config.net {
        Net::Dcgan => dcgan::generator(config),
        Net::Resnet => resnet::generator(config),
    }
}

/// One halving of the image: D goes from the big side to the small one, G back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    /// Height and width of the big image.
    pub big: [u32; 2],
    /// Height and width of the small image.
    pub small: [u32; 2],
    /// Padding beyond one pixel: where a side is 2 modulo 4 it is padded by one more, so that the next level finds an
    /// even side again, except on the last level.
    pub extra: [u32; 2],
}

/// The levels from the image inwards.
pub(super) fn levels(config: &Config) -> Vec<Level> {
    let count = config.levels();
    let mut big = [config.height, config.width];
    let mut levels = Vec::new();
    for level in 0..count {
        let is_last = level + 1 == count;
        let extra = big.map(|side| u32::from(side % 4 == 2 && !is_last));
        let small = [(big[0] + 2 * extra[0]) / 2, (big[1] + 2 * extra[1]) / 2];
        levels.push(Level { big, small, extra });
        big = small;
    }
    levels
}

/// Name and layer of a hidden activation: what the settings ask for, or what the norm comes with.
pub(super) fn hidden_activation(config: &Config) -> (&'static str, Op) {
    let op = |learn_threshold, learn_slope| Op::Tprelu { learn_threshold, learn_slope };
    match (config.activation, config.norm) {
        (Activation::Tprelu, _) | (Activation::Auto, Norm::Weight) => ("tprelu", op(true, true)),
        (Activation::Prelu, _) | (Activation::Auto, _) => ("prelu", op(false, true)),
        (Activation::Trelu, _) => ("trelu", op(true, false)),
        (Activation::Relu, _) => ("relu", op(false, false)),
    }
}

/// Builds a list of layers from the input on.
#[derive(Debug)]
pub(super) struct Builder {
    layers: Vec<LayerSpec>,
    input: Shape,
}

/// A value of the network being built.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    number: usize,
    /// Its shape.
    pub shape: Shape,
}

impl Builder {
    /// A network of images of `input`, and its input.
    pub fn new(input: Shape) -> (Builder, Value) {
        (Builder { layers: Vec::new(), input }, Value { number: 0, shape: input })
    }

    /// Adds a layer that reads `inputs`.
    pub fn layer(&mut self, name: String, op: Op, inputs: &[Value], output: Shape) -> Value {
        let input = inputs.first().map_or(self.input, |value| value.shape);
        let inputs = inputs.iter().map(|value| value.number).collect();
        self.layers.push(LayerSpec { name, op, inputs, input, output });
        Value { number: self.layers.len(), shape: output }
    }

    /// Adds a layer that keeps the shape of its only input.
    pub fn same(&mut self, name: String, op: Op, input: Value) -> Value {
        self.layer(name, op, &[input], input.shape)
    }

    /// Adds a linear map.
    pub fn map(
        &mut self,
        name: String,
        kind: Kind,
        reparameterisation: Reparameterisation,
        input: Value,
        output: Shape,
    ) -> Value {
        self.layer(name, Op::Map(kind, reparameterisation), &[input], output)
    }

    /// The finished list.
    pub fn finish(self) -> Vec<LayerSpec> {
        self.layers
    }
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
            if let Some(g) = layer.map().map(|map| map.geometry()) {
                weights += [g.kernel_h, g.kernel_w, g.big_c, g.small_c].into_iter().map(u64::from).product::<u64>();
            }
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
    use crate::gan::border::tensors;
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

    /// Learned parameters by the same count as the authors': a held threshold of PReLU is none.
    fn learned(specs: &[LayerSpec]) -> u32 {
        tensors(specs, &Layout::new(specs)).iter().map(|(_, tensor)| tensor.inside.len() as u32).sum()
    }

    #[test]
    fn parameter_counts_of_the_other_norms_and_of_the_resnets() {
        let base = config(32, 32, 3, 128);
        for (norm, g, d) in [(Norm::Batch, 1_188_355, 664_193), (Norm::None, 1_187_459, 663_425)] {
            let config = Config { norm, ..base.clone() };
            assert_eq!((learned(&generator(&config)), learned(&discriminator(&config))), (g, d), "{norm:?}");
        }
        for (name, layers, g, d) in [("resnet11", 11, 11.84, 10.19), ("resnet21", 21, 20.77, 19.12)] {
            let config = Config::preset(name).expect("a preset");
            for (specs, millions) in [(generator(&config), g), (discriminator(&config), d)] {
                let main = specs.iter().filter(|spec| spec.map().is_some() && !spec.name.contains("shortcut")).count();
                assert_eq!(main, layers, "{name}");
                let found = f64::from(learned(&specs)) / 1e6;
                assert!((found - millions).abs() < 0.006, "{name}: {found} million parameters, not {millions}");
            }
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
            for config in [config.clone(), Config { net: Net::Resnet, nblock: 2, ..config }] {
                let sides = |specs: &[LayerSpec]| {
                    let mut sides: Vec<_> = specs.iter().map(|spec| [spec.output.h, spec.output.w]).collect();
                    sides.sort_by_key(|&[h, w]| std::cmp::Reverse(h * w));
                    sides.dedup();
                    sides
                };
                let mut seen = sides(&discriminator(&config));
                assert_eq!(seen.pop(), Some([1, 1]), "D ends at one logit");
                if seen.first() != Some(&[height, width]) {
                    seen.insert(0, [height, width]);
                }
                assert_eq!(seen, sides(&generator(&config)), "{width}x{height}");
                assert!(seen[..seen.len() - 1].iter().flatten().all(|side| side % 2 == 0), "{width}x{height}");
            }
        }
    }
}
