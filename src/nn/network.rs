//! A network is a list of layers run one after the other; forward and backward stand side by side.

use crate::error::Result;
use crate::gpu::{Buffer, Call, Gpu, View};
use crate::nn::activation;
use crate::nn::convolution::{Body, Convolution};
use crate::nn::layer::{Activation, LayerSpec};
use crate::nn::parameters::{Parameters, Weights};

/// A network's layers and parameters.
#[derive(Debug)]
pub struct Network {
    /// Layers from input to output.
    pub specs: Vec<LayerSpec>,
    /// Parameters on the device.
    pub parameters: Parameters,
    /// Body of the matrix products.
    pub body: Body,
}

/// What a pass keeps of `rows` images, and the memory its gradients flow through.
#[derive(Debug)]
pub struct Activations {
    /// Images there is room for.
    rows: u32,
    /// Output of each layer's linear map, [rows, output].
    pre: Vec<Buffer>,
    /// Output of each layer's TPReLU, [rows, output]; `None` where the layer has another activation.
    post: Vec<Option<Buffer>>,
    /// Gradients of layer outputs, alternating between two buffers as they flow back.
    gradient: [Buffer; 2],
    /// Partial sums.
    scratch: Buffer,
}

impl Activations {
    /// Allocates for `rows` images.
    pub fn new(gpu: &Gpu, name: &str, network: &Network, rows: u32) -> Result<Activations> {
        let specs = &network.specs;
        let buffer =
            |role: &str, per_image: u32| Buffer::new(gpu, &format!("{name} {role}"), (rows * per_image) as usize);
        let mut pre = Vec::new();
        let mut post = Vec::new();
        for spec in specs {
            pre.push(buffer(&format!("{} pre-activation", spec.name), spec.output.len())?);
            post.push(match spec.activation {
                Activation::Tprelu { .. } => Some(buffer(&format!("{} activation", spec.name), spec.output.len())?),
                Activation::Identity | Activation::Sigmoid => None,
            });
        }
        let largest = specs.iter().map(|spec| spec.output.len()).max().unwrap_or(1);
        let scratch_of = |i: usize| {
            network.convolution(i, rows).weight_gradient_scratch().max(activation::column_scratch(&specs[i], rows))
        };
        let scratch = (0..specs.len()).map(scratch_of).max();
        Ok(Activations {
            rows,
            pre,
            post,
            gradient: [buffer("gradient, even layers", largest)?, buffer("gradient, odd layers", largest)?],
            scratch: Buffer::new(gpu, &format!("{name} partial sums"), scratch.unwrap_or(1) as usize)?,
        })
    }
}

/// One run of a network over `rows` images, which occupy rows `first_row..first_row + rows` of the activations.
#[derive(Debug)]
pub struct Pass<'a> {
    /// The layers.
    pub network: &'a Network,
    /// Live or frozen weights.
    pub weights: Weights,
    /// Where intermediate results go.
    pub activations: &'a Activations,
    /// First row of the activations that is used.
    pub first_row: u32,
    /// Number of images.
    pub rows: u32,
    /// The network's input, from its first image on.
    pub input: View,
    /// The network's output, from its first image on.
    pub output: View,
}

impl Pass<'_> {
    /// Dispatches that compute the output from the input.
    pub fn forward(&self) -> Vec<Call> {
        debug_assert!(self.first_row + self.rows <= self.activations.rows, "a pass fits into its activations");
        let mut calls = Vec::new();
        for (i, spec) in self.network.specs.iter().enumerate() {
            let at = &self.network.parameters.layout.layers[i];
            let is_last = i + 1 == self.network.specs.len();
            let direct = is_last && spec.activation == Activation::Identity;
            let linear = if direct { self.output.clone() } else { self.pre(i) };
            calls.push(self.network.convolution(i, self.rows).forward(&self.weights, &self.input_of(i), &linear));
            match (&self.activations.post[i], at.pairs, spec.activation) {
                (Some(post), Some(pairs), _) => {
                    calls.push(activation::tprelu(spec, pairs, &self.weights.params, self.rows, &linear, post));
                }
                (_, _, Activation::Sigmoid) => {
                    let count = self.rows * spec.output.len();
                    calls.push(activation::sigmoid(&spec.name, count, &linear, &self.output));
                }
                _ => {}
            }
        }
        calls
    }

    /// Dispatches that carry `output_gradient` (laid out as the output) back: into the parameters' gradients if
    /// `learn`, and to `input_gradient` if somebody consumes it. Weight gradients are those of the effective weights;
    /// [`Network::pull_back`] follows.
    pub fn backward(&self, output_gradient: &View, learn: bool, input_gradient: Option<&View>) -> Vec<Call> {
        let Pass { network, activations, rows, .. } = self;
        let gradients = &network.parameters.gradients;
        let scratch = &activations.scratch;
        let mut calls = Vec::new();
        for (i, spec) in network.specs.iter().enumerate().rev() {
            let at = &network.parameters.layout.layers[i];
            let is_last = i + 1 == network.specs.len();
            let mut dy = self.gradient(i);
            match spec.activation {
                Activation::Sigmoid => {
                    let (y, count) = (&self.output, rows * spec.output.len());
                    debug_assert_eq!(y.offset, output_gradient.offset, "y and dy are laid out alike");
                    calls.push(activation::sigmoid_backward(&spec.name, count, y, &output_gradient.buffer, &dy));
                }
                Activation::Identity if is_last => dy = output_gradient.clone(),
                Activation::Identity => {}
                Activation::Tprelu { .. } => {
                    if let Some(pairs) = at.pairs {
                        let (params, x) = (&self.weights.params, self.pre(i));
                        calls.push(activation::tprelu_backward(spec, pairs, params, *rows, &x, &dy.buffer, scratch));
                        if learn {
                            calls.push(activation::tprelu_gradients(spec, pairs, *rows, gradients, scratch));
                        }
                    }
                }
            }
            let convolution = network.convolution(i, *rows);
            if learn {
                let x = self.input_of(i);
                calls.extend(convolution.weight_gradient(&x, &dy, gradients, scratch));
                if let Some(bias) = at.bias {
                    calls.extend(convolution.bias_gradient(bias, &dy, gradients, scratch));
                }
            }
            let dx = if i > 0 { Some(self.gradient(i - 1)) } else { input_gradient.cloned() };
            calls.extend(dx.map(|dx| convolution.input_gradient(&self.weights, &dy, &dx)));
        }
        calls
    }

    fn input_of(&self, layer: usize) -> View {
        if layer == 0 {
            return self.input.clone();
        }
        let before = &self.activations.post[layer - 1];
        let buffer = before.as_ref().unwrap_or(&self.activations.pre[layer - 1]);
        buffer.at(self.first_row * self.network.specs[layer - 1].output.len())
    }

    fn pre(&self, layer: usize) -> View {
        self.activations.pre[layer].at(self.first_row * self.network.specs[layer].output.len())
    }

    fn gradient(&self, layer: usize) -> View {
        self.activations.gradient[layer % 2].at(self.first_row * self.network.specs[layer].output.len())
    }
}

impl Network {
    /// Allocates the parameters of `specs`; `name` labels the buffers.
    pub fn new(gpu: &Gpu, name: &str, specs: Vec<LayerSpec>, body: Body) -> Result<Network> {
        let parameters = Parameters::new(gpu, name, &specs)?;
        Ok(Network { specs, parameters, body })
    }

    /// The linear map of layer `i` on `rows` images.
    pub fn convolution(&self, i: usize, rows: u32) -> Convolution<'_> {
        Convolution { spec: &self.specs[i], at: &self.parameters.layout.layers[i], rows, body: self.body }
    }

    /// Recomputes effective weights: nothing for networks without normalisation.
    pub fn normalise(&self) -> Option<Call> {
        self.parameters.norm.as_ref().map(|norm| norm.normalise(&self.parameters.values))
    }

    /// Turns gradients of effective weights into gradients of the parameters.
    pub fn pull_back(&self) -> Option<Call> {
        let Parameters { values, gradients, norm, .. } = &self.parameters;
        norm.as_ref().map(|norm| norm.pull_back(values, gradients))
    }
}
