//! How the lists of layers are written down: what both families of networks share.

use crate::config::{Activation, Config, Role, Sharing};
use crate::nn::Shape;
use crate::nn::layer::linear_map::WeightSpec;
use crate::nn::layer::tprelu::Tprelu;
use crate::nn::layer::{self, Io, Layer, LayerSpec};
use std::rc::Rc;

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

/// A network being built, from the input on.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    config: &'a Config,
    role: Role,
    layers: Vec<LayerSpec>,
}

/// A value of the network being built.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    number: usize,
    /// Its shape.
    pub shape: Shape,
}

impl<'a> Builder<'a> {
    /// A network of images of `input`, and its input.
    pub fn new(config: &'a Config, role: Role, input: Shape) -> (Builder<'a>, Value) {
        (Builder { config, role, layers: Vec::new() }, Value { number: 0, shape: input })
    }

    /// Adds a layer that reads `inputs`, which have one shape.
    pub fn layer(&mut self, name: String, layer: impl Layer + 'static, inputs: &[Value], output: Shape) -> Value {
        self.boxed(name, Rc::new(layer), inputs, output)
    }

    fn boxed(&mut self, name: String, layer: Rc<dyn Layer>, inputs: &[Value], output: Shape) -> Value {
        let io = Io { input: inputs.first().map_or(output, |value| value.shape), output };
        let inputs = inputs.iter().map(|value| value.number).collect();
        self.layers.push(LayerSpec { name, layer, inputs, io });
        Value { number: self.layers.len(), shape: output }
    }

    /// Adds a layer that keeps the shape of its only input.
    pub fn same(&mut self, name: String, layer: impl Layer + 'static, input: Value) -> Value {
        self.layer(name, layer, &[input], input.shape)
    }

    /// How the weight of a linear map is made, by the settings; `is_last` of the network.
    pub fn weight(&self, is_last: bool) -> WeightSpec {
        let parts = self.config.norm_parts(self.role);
        WeightSpec {
            reparameterisation: parts.weight,
            gain: parts.gain.includes(is_last).then_some(self.config.init_scale),
            bias: parts.bias.includes(is_last),
            init_factor: 1.0,
        }
    }

    /// The weight of G's first layer: where it is normalised by its own length, its raw weight starts shorter, which the
    /// forward pass does not see; the effective learning rate does.
    pub fn first_weight(&self, weight: WeightSpec) -> WeightSpec {
        let is_by_length = weight.reparameterisation.is_by_length();
        WeightSpec { init_factor: if is_by_length { self.config.init_factor } else { 1.0 }, ..weight }
    }

    /// Adds what follows a hidden linear map of the module called `module`: the norm's layer, if it has one, and the
    /// activation.
    pub fn hidden(&mut self, module: &str, map: Value, is_normalised: bool) -> Value {
        let mut value = map;
        if let Some(kind) = self.config.norm_parts(self.role).behind.filter(|_| is_normalised) {
            let (name, layer) = layer::normalisation(kind);
            value = self.boxed(format!("{module}.{name}"), layer, &[value], value.shape);
        }
        self.activation(module, value)
    }

    /// Adds the activation of hidden layers to the module called `module`.
    pub fn activation(&mut self, module: &str, value: Value) -> Value {
        self.activation_of(self.config.norm_parts(self.role).activation, module, value)
    }

    /// Adds an activation to the module called `module`.
    pub fn activation_of(&mut self, kind: Activation, module: &str, value: Value) -> Value {
        let (name, learn_threshold, learn_slope) = match kind {
            Activation::Relu => ("relu", false, false),
            Activation::Trelu => ("trelu", true, false),
            Activation::Prelu | Activation::Auto => ("prelu", false, true),
            Activation::Tprelu => ("tprelu", true, true),
        };
        let slope = learn_slope.then_some(self.config.init_slope);
        let is_shared = self.config.num_parameters == Sharing::Layer;
        self.same(format!("{module}.{name}"), Tprelu { learn_threshold, slope, is_shared }, value)
    }

    /// The finished list.
    pub fn finish(self) -> Vec<LayerSpec> {
        self.layers
    }
}
