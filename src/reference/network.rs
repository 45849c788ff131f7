//! A network as a list of layers in single-assignment form.

use super::Tensor;
use super::layer::{Layer, Parameters, State, Trace};
use super::{dcgan, resnet};
use crate::config::{Config, Net, Role, Statistics};
use std::sync::Arc;

/// One layer in its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// What is done.
    pub layer: Arc<dyn Layer>,
    /// The values it reads: 0 is the network's input, `i` the output of node `i - 1`.
    pub inputs: Vec<usize>,
    /// `[C, H, W]` of the value it writes.
    pub output: [usize; 3],
}

/// Layers in the order of the forward pass; node `i` writes value `i + 1`, and the last value is the output.
#[derive(Debug, Clone)]
pub struct Network {
    /// Shape of the input without the batch: `[code]` or `[C, H, W]`.
    pub input: Vec<usize>,
    /// The layers.
    pub nodes: Vec<Node>,
}

/// A forward pass: every value, the input first.
#[derive(Debug, Clone)]
pub struct Pass {
    values: Vec<Tensor>,
    statistics: Statistics,
}

impl Pass {
    /// The network's output `[B, C, H, W]`; for the discriminator `[B, 1, 1, 1]`.
    #[expect(clippy::missing_panics_doc, reason = "only `Network::evaluate` makes a pass")]
    pub fn output(&self) -> &Tensor {
        self.values.last().expect("a pass has at least the network's input")
    }
}

impl Network {
    /// G or D, see [`Network::generator`] and [`Network::discriminator`].
    pub fn of(config: &Config, role: Role) -> Network {
        match role {
            Role::Generator => Network::generator(config),
            Role::Discriminator => Network::discriminator(config),
        }
    }

    /// D: input `[B, channels, height, width]` in `[0, 1]`, output `[B, 1, 1, 1]`.
    pub fn discriminator(config: &Config) -> Network {
        match config.net {
            Net::Dcgan => dcgan::discriminator(config),
            Net::Resnet => resnet::discriminator(config),
        }
    }

    /// G: input `[B, code_size]`, output `[B, channels, height, width]` in `(0, 1)`.
    pub fn generator(config: &Config) -> Network {
        match config.net {
            Net::Dcgan => dcgan::generator(config),
            Net::Resnet => resnet::generator(config),
        }
    }

    /// The layers in the order of the forward pass.
    pub fn layers(&self) -> impl Iterator<Item = &dyn Layer> {
        self.nodes.iter().map(|node| node.layer.as_ref())
    }

    /// Name and shape of every learned parameter, in the order of the forward pass.
    pub fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        self.layers().flat_map(Layer::parameters).collect()
    }

    /// Everything that is kept between steps without being learned by gradients.
    pub fn state(&self) -> Vec<State> {
        self.layers().flat_map(Layer::state).collect()
    }

    /// Whether in training an image's output depends on the other images of its batch.
    pub fn couples_images(&self) -> bool {
        self.layers().any(Layer::couples_images)
    }

    /// The forward pass of training: batch normalisation uses the statistics of the batch. Nothing else changes; running
    /// statistics move by [`Network::observe`].
    pub fn forward(&self, tensors: &Parameters, x: &Tensor) -> Pass {
        self.evaluate(tensors, x, Statistics::Batch)
    }

    /// The forward pass with the statistics of the batch or running ones. `tensors` holds parameters and state; `x` is
    /// `[B, code]` for G and `[B, C, H, W]` for D.
    ///
    /// # Panics
    /// If a layer writes another shape than its node says, because `x` or a tensor has a shape that is not the network's.
    pub fn evaluate(&self, tensors: &Parameters, x: &Tensor, statistics: Statistics) -> Pass {
        let mut values = vec![x.clone()];
        for node in &self.nodes {
            let value = node.layer.forward(tensors, &node.reads(&values), statistics);
            let [channels, height, width] = node.output;
            let expected = [x.shape[0], channels, height, width];
            assert_eq!(value.shape, expected, "the shape of what {} writes", node.layer.name());
            values.push(value);
        }
        Pass { values, statistics }
    }

    /// From the gradient `dy` of the output, in its shape, to the gradients of every parameter, by name, and of the input.
    ///
    /// # Panics
    /// If no later node reads what a node before the last one writes, or none reads the input.
    pub fn backward(&self, tensors: &Parameters, pass: &Pass, dy: &Tensor) -> (Parameters, Tensor) {
        let mut gradients = Parameters::new();
        let mut d: Vec<Option<Tensor>> = vec![None; pass.values.len()];
        d[self.nodes.len()] = Some(dy.clone());
        for (i, node) in self.nodes.iter().enumerate().rev() {
            let dy = d[i + 1].take().expect("every value but the last is read by a later node");
            let inputs = node.reads(&pass.values);
            let trace = Trace { inputs: &inputs, output: &pass.values[i + 1], statistics: pass.statistics };
            let dxs = node.layer.backward(tensors, trace, &dy, &mut gradients);
            for (&input, dx) in node.inputs.iter().zip(dxs) {
                // A value that is read twice gets the sum of both gradients.
                d[input] = Some(match d[input].take() {
                    Some(other) => other.zip_map(&dx, |a, b| a + b),
                    None => dx,
                });
            }
        }
        (gradients, d[0].take().expect("the first node reads the input"))
    }

    /// Moves the state of every layer by a forward pass of training.
    pub fn observe(&self, tensors: &mut Parameters, pass: &Pass) {
        for node in &self.nodes {
            node.layer.observe(tensors, &node.reads(&pass.values));
        }
    }

    /// What every layer does after an update by the optimiser, before which the tensors were `before`.
    pub fn updated(&self, before: &Parameters, tensors: &mut Parameters) {
        self.layers().for_each(|layer| layer.updated(before, tensors));
    }
}

impl Node {
    fn reads<'a>(&self, values: &'a [Tensor]) -> Vec<&'a Tensor> {
        self.inputs.iter().map(|&input| &values[input]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::level::Level;
    use super::*;
    use crate::config::{Activation, Norm};

    fn config(width: u32, height: u32, channels: u32, norm: Norm) -> Config {
        Config { width, height, channels, norm, code_size: 128, nfeature: 64, ..Config::default() }
    }

    fn counts(config: &Config) -> [usize; 2] {
        [Network::generator(config), Network::discriminator(config)]
            .map(|network| network.parameters().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum())
    }

    fn names(list: Vec<(String, Vec<usize>)>) -> Vec<String> {
        list.into_iter().map(|(name, _)| name).collect()
    }

    fn states(network: &Network) -> Vec<(String, Vec<usize>)> {
        network.state().into_iter().map(|state| (state.name, state.shape)).collect()
    }

    #[test]
    fn parameter_counts_are_those_of_the_authors_networks() {
        for (side, channels, norm, expected) in [
            (32, 3, Norm::Weight, [1_183_622, 663_426]),
            (28, 1, Norm::Weight, [935_298, 138_754]),
            (32, 3, Norm::None, [1_187_459, 663_425]),
            (32, 3, Norm::Batch, [1_188_355, 664_193]),
            (32, 3, Norm::Spectral, [1_187_459, 663_425]),
        ] {
            assert_eq!(counts(&config(side, side, channels, norm)), expected, "{side} pixels, {norm:?}");
        }
        // In units of 10,000: what is known of the residual networks are numbers like "11.84 million".
        for (preset, expected) in [("resnet11", [1184, 1019]), ("resnet21", [2077, 1912])] {
            let config = Config::preset(preset).expect("a preset of this crate");
            assert_eq!(counts(&config).map(|count| (count + 5_000) / 10_000), expected, "{preset}");
        }
    }

    #[test]
    fn sides_that_are_no_powers_of_two_shrink_and_grow_through_the_same_sizes() {
        // 36 -> 18 -> 10 (padding 2) -> 5 (last level: padding 1); 28 -> 14 -> 8 (padding 2) -> 4; 20 -> 10 -> 6 -> 3.
        for (width, height, small) in [(36, 28, [4, 5]), (28, 28, [7, 7]), (20, 36, [5, 3]), (6, 6, [3, 3])] {
            let dcgan = config(width, height, 1, Norm::Weight);
            for config in [Config { net: Net::Resnet, nblock: 2, ..dcgan.clone() }, dcgan] {
                let sizes = |network: Network| {
                    let mut sizes: Vec<_> = network.nodes.iter().map(|node| node.output[1..].to_vec()).collect();
                    sizes.sort();
                    sizes.dedup();
                    sizes
                };
                let growing = sizes(Network::generator(&config));
                let image = vec![height as usize, width as usize];
                assert_eq!((growing[0].as_slice(), growing.last()), (small.as_slice(), Some(&image)), "{config:?}");
                let shrinking = sizes(Network::discriminator(&config));
                assert_eq!(shrinking[0], [1, 1], "{config:?}");
                let levels = config.levels() as usize;
                assert_eq!(growing[..levels], shrinking[1..=levels], "{config:?}");
                let mut large = [height as usize, width as usize];
                for Level { small, geometry } in Level::all(&config) {
                    assert_eq!(geometry.large(small), large, "{config:?}");
                    large = small;
                }
            }
        }
    }

    #[test]
    fn names_are_the_authors() {
        let dcgan = config(32, 32, 3, Norm::Weight);
        let expected = "initial.linear.weight initial.tprelu.weight initial.tprelu.bias level.2.conv.weight \
            level.2.tprelu.weight level.2.tprelu.bias level.1.conv.weight level.1.tprelu.weight level.1.tprelu.bias \
            level.0.conv.weight level.0.conv.scale level.0.conv.bias";
        let prefixed = |prefix: &str, list: &str| {
            list.split_whitespace().map(|name| format!("{prefix}.{name}")).collect::<Vec<_>>()
        };
        assert_eq!(names(Network::generator(&dcgan).parameters()), prefixed("gen", expected));
        let batch = Config { norm: Norm::Batch, nlayer: 2, activation: Activation::Relu, ..dcgan.clone() };
        let discriminator = Network::discriminator(&batch);
        let expected = "level.0.conv.weight level.0.conv.bias level.1.conv.weight level.1.conv.bias \
            level.1.batchnorm.weight level.1.batchnorm.bias final.conv.weight final.conv.bias";
        assert_eq!(names(discriminator.parameters()), prefixed("dis", expected));
        let expected = "level.1.batchnorm.running_mean level.1.batchnorm.running_var";
        assert_eq!(
            states(&discriminator),
            prefixed("dis", expected).into_iter().map(|name| (name, vec![128])).collect::<Vec<_>>()
        );
        let spectral = Config { norm: Norm::Spectral, nlayer: 1, activation: Activation::Trelu, ..dcgan.clone() };
        let discriminator = Network::discriminator(&spectral);
        let expected = "level.0.conv.weight level.0.conv.bias level.0.trelu.bias final.conv.weight final.conv.bias";
        assert_eq!(names(discriminator.parameters()), prefixed("dis", expected));
        assert_eq!(
            states(&discriminator),
            [
                ("dis.level.0.conv.weight_v".to_owned(), vec![3 * 16]),
                ("dis.final.conv.weight_v".to_owned(), vec![64 * 256])
            ]
        );
        assert_eq!(states(&Network::generator(&spectral)), []);

        let resnet = Config { net: Net::Resnet, nlayer: 1, nblock: 2, activation: Activation::Prelu, ..dcgan };
        let expected = "level.0.block.0.residue.0.conv.weight level.0.block.0.residue.0.prelu.weight \
            level.0.block.0.residue.1.conv.weight level.0.block.0.shortcut.conv.weight level.0.block.0.addition.weight \
            level.0.block.0.prelu.weight level.0.block.1.residue.0.conv.weight \
            level.0.block.1.residue.0.prelu.weight level.0.block.1.residue.1.conv.weight \
            level.0.block.1.addition.weight level.0.block.1.prelu.weight final.conv.weight final.conv.scale \
            final.conv.bias";
        assert_eq!(names(Network::discriminator(&resnet).parameters()), prefixed("dis", expected));
        let expected = "initial.linear.weight initial.linear.scale initial.linear.bias initial.prelu.weight \
            level.0.block.0.residue.0.conv.weight level.0.block.0.residue.0.prelu.weight \
            level.0.block.0.residue.1.conv.weight level.0.block.0.addition.weight level.0.block.0.prelu.weight \
            level.0.block.1.residue.0.conv.weight level.0.block.1.residue.0.prelu.weight \
            level.0.block.1.residue.1.conv.weight level.0.block.1.shortcut.conv.weight \
            level.0.block.1.addition.weight output.scale output.bias";
        assert_eq!(names(Network::generator(&resnet).parameters()), prefixed("gen", expected));
    }
}
