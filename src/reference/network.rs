//! Generator and discriminator of the DCGAN family by the rules of the paper's code as lists of layers.

use super::Tensor;
use super::conv::Geometry;
use super::layer::{Activation, Layer, Map, Parameters, Scaling, Trace};
use crate::config::{Config, Norm};

/// A chain of layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The layers from input to output.
    pub layers: Vec<Layer>,
}

/// A forward pass: the trace of every layer.
#[derive(Debug, Clone)]
pub struct Pass {
    traces: Vec<Trace>,
}

impl Pass {
    /// The network's output `[B, C, H, W]`; for the discriminator `[B, 1, 1, 1]`.
    pub fn output(&self) -> &Tensor {
        &self.traces.last().expect("a network has at least one layer").output
    }

    /// Input of every activation, in the order of the layers.
    pub fn preactivations(&self) -> impl Iterator<Item = &Tensor> {
        self.traces.iter().map(|trace| &trace.preactivation)
    }
}

impl Network {
    /// D: per level a 4x4 stride-2 convolution of width `nfeature 2^i`, then one over all that remains to one logit.
    ///
    /// Input `[B, channels, height, width]` in `[0, 1]`, output `[B, 1, 1, 1]`.
    pub fn discriminator(config: &Config) -> Network {
        let levels = Level::all(config);
        let mut layers = Vec::new();
        for (i, level) in levels.iter().enumerate() {
            layers.push(Layer {
                name: format!("dis.level.{i}.conv"),
                map: Map::Conv(level.geometry),
                weight: vec![level.width, level.channels, 4, 4],
                scaling: inner_scaling(config.norm),
                activation: activation(config.norm, &format!("dis.level.{i}")),
                output: [level.width, level.small[0], level.small[1]],
            });
        }
        let last = levels.last().expect("a config has at least one level");
        layers.push(Layer {
            name: "dis.final.conv".into(),
            map: Map::Conv(Geometry { kernel: last.small, stride: [1, 1], padding: [0, 0] }),
            weight: vec![1, last.width, last.small[0], last.small[1]],
            scaling: last_scaling(config.norm),
            activation: Activation::Identity,
            output: [1, 1, 1],
        });
        Network { layers }
    }

    /// G: a linear layer to the smallest image of D, then D's levels backwards as transposed convolutions, then a sigmoid.
    ///
    /// Input `[B, code_size]`, output `[B, channels, height, width]` in `(0, 1)`.
    pub fn generator(config: &Config) -> Network {
        let levels = Level::all(config);
        let last = levels.last().expect("a config has at least one level");
        let output = [last.width, last.small[0], last.small[1]];
        let mut layers = vec![Layer {
            name: "gen.initial.linear".into(),
            map: Map::Linear,
            weight: vec![output.iter().product(), config.code_size as usize],
            scaling: inner_scaling(config.norm),
            activation: activation(config.norm, "gen.initial"),
            output,
        }];
        for (i, level) in levels.iter().enumerate().rev() {
            let (scaling, activation) = match i {
                0 => (last_scaling(config.norm), Activation::Sigmoid),
                _ => (inner_scaling(config.norm), activation(config.norm, &format!("gen.level.{i}"))),
            };
            layers.push(Layer {
                name: format!("gen.level.{i}.conv"),
                map: Map::ConvTranspose(level.geometry),
                weight: vec![level.width, level.channels, 4, 4],
                scaling,
                activation,
                output: [level.channels, level.large[0], level.large[1]],
            });
        }
        Network { layers }
    }

    /// Name and shape of every parameter, in the order of the forward pass.
    pub fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        self.layers.iter().flat_map(Layer::parameters).collect()
    }

    /// The forward pass on a batch.
    pub fn forward(&self, parameters: &Parameters, x: &Tensor) -> Pass {
        let mut traces: Vec<Trace> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let input = traces.last().map_or(x, |trace| &trace.output);
            traces.push(layer.forward(parameters, input));
        }
        Pass { traces }
    }

    /// From the gradient of the output to the gradients of every parameter, by name, and of the input.
    pub fn backward(&self, parameters: &Parameters, pass: &Pass, dy: &Tensor) -> (Parameters, Tensor) {
        let (mut gradients, mut d) = (Parameters::new(), dy.clone());
        for (layer, trace) in self.layers.iter().zip(&pass.traces).rev() {
            d = layer.backward(parameters, trace, &d, &mut gradients);
        }
        (gradients, d)
    }
}

/// One stride-2 level: D goes from the large image to the small one, G back.
struct Level {
    /// Channels of the large image.
    channels: usize,
    /// Channels of the small image.
    width: usize,
    /// `[height, width]` of the large image.
    large: [usize; 2],
    /// `[height, width]` of the small image.
    small: [usize; 2],
    geometry: Geometry,
}

impl Level {
    /// The levels from the image inwards. Padding is 1, or 2 where a side of the large image leaves remainder 2 on
    /// division by 4 (so that the small side is even again), but never on the last level.
    fn all(config: &Config) -> Vec<Level> {
        let count = config.levels() as usize;
        let (mut channels, mut large) = (config.channels as usize, [config.height as usize, config.width as usize]);
        let mut levels = Vec::with_capacity(count);
        for i in 0..count {
            let padding = large.map(|side| if side % 4 == 2 && i + 1 < count { 2 } else { 1 });
            let geometry = Geometry { kernel: [4, 4], stride: [2, 2], padding };
            let (small, width) = (geometry.small(large), config.nfeature as usize * (1 << i));
            levels.push(Level { channels, width, large, small, geometry });
            (channels, large) = (width, small);
        }
        levels
    }
}

fn inner_scaling(norm: Norm) -> Scaling {
    match norm {
        Norm::None => Scaling::Plain,
        Norm::Weight => Scaling::Strict,
    }
}

fn last_scaling(norm: Norm) -> Scaling {
    match norm {
        Norm::None => Scaling::Plain,
        Norm::Weight => Scaling::Affine,
    }
}

fn activation(norm: Norm, module: &str) -> Activation {
    match norm {
        Norm::None => Activation::PReLU(format!("{module}.prelu")),
        Norm::Weight => Activation::TPReLU(format!("{module}.tprelu")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(width: u32, height: u32, channels: u32, norm: Norm) -> Config {
        Config { width, height, channels, norm, code_size: 128, nfeature: 64, ..Config::default() }
    }

    fn count(network: &Network) -> usize {
        network.parameters().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    #[test]
    fn parameter_counts_are_those_of_the_authors_networks() {
        for (side, channels, norm, generator, discriminator) in [
            (32, 3, Norm::Weight, 1_183_622, 663_426),
            (28, 1, Norm::Weight, 935_298, 138_754),
            (32, 3, Norm::None, 1_187_459, 663_425),
        ] {
            let config = config(side, side, channels, norm);
            let counts = (count(&Network::generator(&config)), count(&Network::discriminator(&config)));
            assert_eq!(counts, (generator, discriminator), "{side} pixels, {norm:?}");
        }
    }

    #[test]
    fn sides_that_are_no_powers_of_two_shrink_and_grow_through_the_same_sizes() {
        // 36 -> 18 -> 10 (padding 2) -> 5 (last level: padding 1); 28 -> 14 -> 8 (padding 2) -> 4; 20 -> 10 -> 6 -> 3.
        for (width, height, small) in [(36, 28, [4, 5]), (28, 28, [7, 7]), (20, 36, [5, 3]), (6, 6, [3, 3])] {
            let config = config(width, height, 1, Norm::Weight);
            let (generator, discriminator) = (Network::generator(&config), Network::discriminator(&config));
            assert_eq!(generator.layers[0].output[1..], small, "{width}x{height}");
            let last = &generator.layers[generator.layers.len() - 1];
            assert_eq!(last.output, [1, height as usize, width as usize]);
            let shrinking: Vec<_> = discriminator.layers.iter().rev().skip(1).map(|layer| layer.output).collect();
            let growing: Vec<_> = generator.layers.iter().map(|layer| layer.output).take(shrinking.len()).collect();
            assert_eq!(growing, shrinking, "{width}x{height}");
            for layer in &generator.layers[1..] {
                let Map::ConvTranspose(geometry) = layer.map else { panic!("{} must be transposed", layer.name) };
                let [_, height, width] = layer.output;
                assert_eq!(geometry.large(geometry.small([height, width])), [height, width], "{}", layer.name);
            }
        }
    }

    #[test]
    fn names_are_the_authors() {
        let config = config(32, 32, 3, Norm::Weight);
        let names = |network: Network| network.parameters().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(
            names(Network::generator(&config)),
            [
                "gen.initial.linear.weight",
                "gen.initial.tprelu.weight",
                "gen.initial.tprelu.bias",
                "gen.level.2.conv.weight",
                "gen.level.2.tprelu.weight",
                "gen.level.2.tprelu.bias",
                "gen.level.1.conv.weight",
                "gen.level.1.tprelu.weight",
                "gen.level.1.tprelu.bias",
                "gen.level.0.conv.weight",
                "gen.level.0.conv.scale",
                "gen.level.0.conv.bias",
            ]
        );
        let config = Config { norm: Norm::None, nlayer: 1, ..config };
        assert_eq!(
            names(Network::discriminator(&config)),
            [
                "dis.level.0.conv.weight",
                "dis.level.0.conv.bias",
                "dis.level.0.prelu.weight",
                "dis.final.conv.weight",
                "dis.final.conv.bias"
            ]
        );
    }
}
