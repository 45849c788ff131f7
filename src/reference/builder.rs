//! How a network is written down, layer by layer: what every family shares.

use super::geometry::Geometry;
use super::layer::conv::Conv;
use super::layer::conv_transpose::ConvTranspose;
use super::layer::linear::Linear;
use super::layer::tprelu::Tprelu;
use super::layer::{self, Layer};
use super::network::{Network, Node};
use super::weight::WeightParts;
use crate::config::{Activation, Config, NormParts, Role};
use std::sync::Arc;

/// A value of a network under construction.
#[derive(Debug, Clone, Copy)]
pub struct Value {
    index: usize,
    /// `[C, H, W]`; a latent code is `[code, 1, 1]`.
    pub shape: [usize; 3],
}

/// A network under construction.
pub struct Builder<'a> {
    config: &'a Config,
    norm: NormParts,
    network: Network,
}

impl<'a> Builder<'a> {
    /// A network that so far only has an input: G's is a latent code, D's an image.
    pub fn new(config: &'a Config, role: Role) -> (Builder<'a>, Value) {
        let code = [config.code_size as usize, 1, 1];
        let image = [config.channels, config.height, config.width].map(|length| length as usize);
        let (input, shape) = match role {
            Role::Generator => (code[..1].to_vec(), code),
            Role::Discriminator => (image.to_vec(), image),
        };
        let network = Network { input, nodes: Vec::new() };
        (Builder { config, norm: config.norm_parts(role), network }, Value { index: 0, shape })
    }

    /// The finished network; its output is what was added last.
    pub fn finish(self) -> Network {
        self.network
    }

    /// Adds a layer that reads `inputs`.
    pub fn add(&mut self, layer: impl Layer + 'static, inputs: &[Value]) -> Value {
        self.push(Arc::new(layer), inputs)
    }

    /// A linear map of a latent code to `output` `[C, H, W]`. Here and below, `is_last` says whether the map counts as its
    /// network's last one, where norms put gain and bias.
    pub fn linear(&mut self, module: String, code: Value, output: [usize; 3], is_last: bool) -> Value {
        self.add(Linear::new(module, code.shape[0], output, self.parts(is_last)), &[code])
    }

    /// A convolution to `units` channels.
    pub fn conv(&mut self, module: String, x: Value, units: usize, geometry: Geometry, is_last: bool) -> Value {
        self.add(Conv::new(module, [x.shape[0], units], geometry, self.parts(is_last)), &[x])
    }

    /// A transposed convolution to `units` channels and the smallest image that belongs to the input.
    pub fn conv_transpose(
        &mut self,
        module: String,
        x: Value,
        units: usize,
        geometry: Geometry,
        is_last: bool,
    ) -> Value {
        self.add(ConvTranspose::new(module, [x.shape[0], units], geometry, self.parts(is_last)), &[x])
    }

    /// The layer that normalises the outputs of `module`'s linear map, if the norm has one.
    pub fn normalised(&mut self, module: &str, x: Value) -> Value {
        match self.norm.behind {
            Some(layer) => self.push(layer::behind(layer, module, x.shape[0]), &[x]),
            None => x,
        }
    }

    /// The activation of `module`.
    pub fn activation(&mut self, module: &str, x: Value) -> Value {
        self.activation_of(self.norm.activation, module, x)
    }

    /// The activation `kind` of `module`.
    pub fn activation_of(&mut self, kind: Activation, module: &str, x: Value) -> Value {
        self.add(Tprelu::new(kind, self.config, module, x.shape[0]), &[x])
    }

    fn parts(&self, is_last: bool) -> WeightParts {
        WeightParts::of(&self.norm, is_last)
    }

    fn push(&mut self, layer: Arc<dyn Layer>, inputs: &[Value]) -> Value {
        let shapes: Vec<_> = inputs.iter().map(|value| value.shape).collect();
        let shape = layer.output(&shapes);
        let inputs = inputs.iter().map(|value| value.index).collect();
        self.network.nodes.push(Node { layer, inputs, output: shape });
        Value { index: self.network.nodes.len(), shape }
    }
}
