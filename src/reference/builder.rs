//! How the lists of operations are written down: what every network family shares.

use super::activation::Activation;
use super::conv::Geometry;
use super::layer::{Layer, Map, Scaling};
use super::network::{Network, Node};
use super::operation::Operation;
use crate::config::Config;

/// A value of a network under construction.
#[derive(Debug, Clone, Copy)]
pub struct Value {
    index: usize,
    /// `[C, H, W]`
    pub shape: [usize; 3],
}

/// A network under construction.
pub struct Builder<'a> {
    config: &'a Config,
    network: Network,
}

impl<'a> Builder<'a> {
    /// A network that so far only has an input, an image `[C, H, W]`.
    pub fn of_images(config: &'a Config) -> (Builder<'a>, Value) {
        let shape = [config.channels, config.height, config.width].map(|length| length as usize);
        (Builder { config, network: Network { input: shape.to_vec(), nodes: Vec::new() } }, Value { index: 0, shape })
    }

    /// A network that maps a latent code by the layer `gen.initial.linear` to `output` `[C, H, W]`.
    pub fn of_codes(config: &'a Config, output: [usize; 3], scaling: Scaling) -> (Builder<'a>, Value) {
        let code = config.code_size as usize;
        let mut builder = Builder { config, network: Network { input: vec![code], nodes: Vec::new() } };
        let layer = Layer {
            name: "gen.initial.linear".into(),
            map: Map::Linear,
            weight: vec![output.iter().product(), code],
            scaling,
            output,
        };
        let value = builder.push(Operation::Layer(layer), vec![0], output);
        (builder, value)
    }

    /// The finished network; its output is what was added last.
    pub fn finish(self) -> Network {
        self.network
    }

    /// A convolution to `units` channels.
    pub fn conv(&mut self, name: String, x: Value, units: usize, geometry: Geometry, scaling: Scaling) -> Value {
        let ([channels, height, width], [kh, kw]) = (x.shape, geometry.kernel);
        let [rows, columns] = geometry.small([height, width]);
        let (weight, output) = (vec![units, channels, kh, kw], [units, rows, columns]);
        let layer = Layer { name, map: Map::Conv(geometry), weight, scaling, output };
        self.push(Operation::Layer(layer), vec![x.index], output)
    }

    /// A transposed convolution to `units` channels and the smallest image that belongs to the input.
    pub fn conv_transpose(&mut self, name: String, x: Value, units: usize, g: Geometry, scaling: Scaling) -> Value {
        let ([channels, height, width], [kh, kw]) = (x.shape, g.kernel);
        let [rows, columns] = g.large([height, width]);
        let (weight, output) = (vec![channels, units, kh, kw], [units, rows, columns]);
        let layer = Layer { name, map: Map::ConvTranspose(g), weight, scaling, output };
        self.push(Operation::Layer(layer), vec![x.index], output)
    }

    /// The configured activation of `module`.
    pub fn activation(&mut self, module: &str, x: Value) -> Value {
        self.same(Operation::Activation(Activation::new(self.config, module)), x)
    }

    /// An operation that keeps the shape.
    pub fn same(&mut self, operation: Operation, x: Value) -> Value {
        self.push(operation, vec![x.index], x.shape)
    }

    /// Average pooling with zeros around the image.
    pub fn average_pool(&mut self, x: Value, padding: [usize; 2]) -> Value {
        let [channels, height, width] = x.shape;
        let output = [channels, height / 2 + padding[0], width / 2 + padding[1]];
        self.push(Operation::AveragePool { padding }, vec![x.index], output)
    }

    /// Upsampling with the rim cut off.
    pub fn upsample(&mut self, x: Value, crop: [usize; 2]) -> Value {
        let [channels, height, width] = x.shape;
        let output = [channels, 2 * (height - crop[0]), 2 * (width - crop[1])];
        self.push(Operation::Upsample { crop }, vec![x.index], output)
    }

    /// Weight-normalised addition of the two branches of a block.
    pub fn addition(&mut self, name: String, residue: Value, shortcut: Value) -> Value {
        assert_eq!(residue.shape, shortcut.shape, "both branches of {name} must have one shape");
        self.push(Operation::Addition(name), vec![residue.index, shortcut.index], residue.shape)
    }

    fn push(&mut self, operation: Operation, inputs: Vec<usize>, output: [usize; 3]) -> Value {
        self.network.nodes.push(Node { operation, inputs, output });
        Value { index: self.network.nodes.len(), shape: output }
    }
}
