//! A network is a list of layers, each of which reads earlier values; forward and backward stand side by side.

use crate::error::Result;
use crate::gpu::{Buffer, Call, Gpu, View};
use crate::nn::batch_norm::{Groups, Source};
use crate::nn::convolution::{Body, Convolution};
use crate::nn::flow::{Flow, Place};
use crate::nn::layer::{LayerSpec, Op};
use crate::nn::pairs::{self, pair_gradients};
use crate::nn::parameters::{LayerOffsets, Parameters, Weights};
use crate::nn::{activation, addition, pooling};

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

impl Network {
    /// Allocates the parameters of `specs`; `name` labels the buffers, `means` is for an optimiser that keeps them.
    pub fn new(gpu: &Gpu, name: &str, specs: Vec<LayerSpec>, body: Body, means: bool) -> Result<Network> {
        let parameters = Parameters::new(gpu, name, &specs, means)?;
        Ok(Network { specs, parameters, body })
    }

    /// The linear map of layer `i` on `rows` images, if it is one.
    pub fn convolution(&self, i: usize, rows: u32) -> Option<Convolution<'_>> {
        let spec = &self.specs[i];
        let at = &self.parameters.layout.layers[i];
        spec.map().map(|map| Convolution { name: &spec.name, map, at, rows, body: self.body })
    }

    /// Recomputes effective weights after an update: nothing for networks without normalisation.
    pub fn normalise(&self) -> Vec<Call> {
        let Parameters { values, normaliser, .. } = &self.parameters;
        normaliser.as_ref().map_or(Vec::new(), |norm| norm.after_update(values))
    }

    /// Recomputes effective weights of parameters that were written from outside.
    pub fn normalise_loaded(&self) -> Vec<Call> {
        let Parameters { values, normaliser, .. } = &self.parameters;
        normaliser.as_ref().map_or(Vec::new(), |norm| norm.after_loading(values))
    }

    /// Turns gradients of effective weights into gradients of the parameters.
    pub fn pull_back(&self) -> Vec<Call> {
        let Parameters { values, gradients, normaliser, .. } = &self.parameters;
        normaliser.as_ref().map_or(Vec::new(), |norm| norm.pull_back(values, gradients))
    }
}

/// What a pass keeps of some groups of images, and the memory its gradients flow through.
#[derive(Debug)]
pub struct Activations {
    /// Images of one group, which share batch statistics.
    group_rows: u32,
    /// Output of every layer, [rows, output]; the last layer's goes where the pass says.
    values: Vec<Option<Buffer>>,
    /// (mean, 1/std) per group and channel of every batch norm; (0, 1) for affine maps per channel.
    statistics: Vec<Option<Buffer>>,
    /// Memory of the gradients.
    slots: Vec<Buffer>,
    /// Partial sums.
    scratch: Buffer,
    /// A pair of sums per group and channel.
    sums: Buffer,
}

impl Activations {
    /// Allocates for `groups` groups of `group_rows` images.
    pub fn new(gpu: &Gpu, name: &str, network: &Network, group_rows: u32, groups: u32) -> Result<Activations> {
        let specs = &network.specs;
        let rows = group_rows * groups;
        let buffer = |role: &str, len: u32| Buffer::new(gpu, &format!("{name} {role}"), len as usize);
        let (hidden, _) = specs.split_at(specs.len() - 1);
        let hidden = hidden.iter().map(|spec| buffer(&spec.name, rows * spec.output.len()).map(Some));
        let values = hidden.chain([Ok(None)]).collect::<Result<_>>()?;
        let mut statistics = Vec::new();
        for spec in specs {
            let pairs = (groups * spec.output.c) as usize;
            statistics.push(match spec.op {
                Op::BatchNorm | Op::ChannelAffine => Some(buffer("statistics", 2 * pairs as u32)?),
                _ => None,
            });
            if let (Op::ChannelAffine, Some(Some(identity))) = (spec.op, statistics.last()) {
                identity.write(gpu, &[0f32, 1.0].repeat(pairs));
            }
        }
        // A pass may want any of its gradients: slots hold the largest of every way back.
        let mut lengths: Vec<u32> = Vec::new();
        for (learn, input_wanted) in [(true, false), (true, true), (false, true)] {
            let slots = Flow::new(specs, learn, input_wanted).slots;
            lengths.resize(lengths.len().max(slots.len()), 0);
            lengths.iter_mut().zip(slots).for_each(|(length, slot)| *length = slot.max(*length));
        }
        let slots = lengths.iter().map(|&len| buffer("gradients", rows * len)).collect::<Result<_>>()?;
        let channels = specs.iter().map(|spec| spec.output.c).max().unwrap_or(1);
        // A group's rows may end in a part that is not full.
        let of_pairs = |spec: &LayerSpec| groups * pairs::scratch(spec.output, group_rows);
        let of_map = |i: usize| network.convolution(i, rows).map_or(0, |convolution| convolution.scratch());
        let scratch = (0..specs.len()).map(|i| of_map(i).max(of_pairs(&specs[i]))).max().unwrap_or(1);
        Ok(Activations {
            group_rows,
            values,
            statistics,
            slots,
            scratch: buffer("partial sums", scratch)?,
            sums: buffer("sums of groups", 2 * groups * channels)?,
        })
    }
}

/// One run of a network over `groups` groups of images, which occupy groups `first_group..first_group + groups` of the
/// activations.
#[derive(Debug)]
pub struct Pass<'a> {
    /// The layers.
    pub network: &'a Network,
    /// Live or frozen weights.
    pub weights: Weights,
    /// Where intermediate results go.
    pub activations: &'a Activations,
    /// First group of the activations that is used.
    pub first_group: u32,
    /// Number of groups.
    pub groups: u32,
    /// The network's input, from its first image on.
    pub input: View,
    /// The network's output, from its first image on.
    pub output: View,
    /// Where batch normalisation's statistics come from.
    pub source: Source,
}

impl Pass<'_> {
    fn rows(&self) -> u32 {
        self.groups * self.activations.group_rows
    }

    /// Dispatches that compute the output from the input.
    pub fn forward(&self) -> Vec<Call> {
        let Pass { network, weights, activations, .. } = self;
        let (rows, params) = (self.rows(), &weights.params);
        let mut calls = Vec::new();
        for (i, spec) in network.specs.iter().enumerate() {
            let at = &network.parameters.layout.layers[i];
            let x = self.value(spec.inputs[0]);
            let y = self.value(i + 1);
            let pairs = at.pairs.unwrap_or_default();
            match spec.op {
                Op::Map(..) => {
                    let convolution = network.convolution(i, rows);
                    calls.extend(convolution.map(|convolution| convolution.forward(weights, &x, &y)));
                }
                Op::BatchNorm | Op::ChannelAffine => {
                    let Some(groups) = self.groups_of(i, at) else { continue };
                    if let (Op::BatchNorm, Some(state)) = (spec.op, at.state) {
                        let state = weights.state.at(state);
                        calls.extend(groups.statistics(self.source, &state, &x, &activations.scratch));
                    }
                    calls.push(groups.forward(params, &x, &y));
                }
                Op::Tprelu { .. } => calls.push(activation::tprelu(spec, pairs, params, rows, &x, &y.buffer)),
                Op::Sigmoid => calls.push(activation::sigmoid(&spec.name, rows * spec.output.len(), &x, &y)),
                Op::Addition => {
                    let branches = [&x, &self.value(spec.inputs[1])];
                    calls.push(addition::addition(spec, pairs, params, rows, branches, &y.buffer));
                }
                Op::AveragePool { pad } => calls.push(pooling::average_pool(spec, pad, rows, &x, &y)),
                Op::Upsample { pad } => calls.push(pooling::upsample(spec, pad, rows, &x, &y)),
                Op::Rescale => calls.push(pooling::rescale(&spec.name, rows * spec.output.len(), &x, &y)),
            }
        }
        calls
    }

    /// Dispatches that carry `output_gradient` (laid out as the output) back: into the parameters' gradients if
    /// `learn`, and to `input_gradient` if somebody consumes it. Weight gradients are those of the effective weights;
    /// [`Network::pull_back`] follows.
    pub fn backward(&self, output_gradient: &View, learn: bool, input_gradient: Option<&View>) -> Vec<Call> {
        let Pass { network, weights, activations, .. } = self;
        let (rows, params, scratch) = (self.rows(), &weights.params, &activations.scratch);
        let gradients = learn.then_some(&network.parameters.gradients);
        let view = |place: Place, value: usize| match (place, input_gradient) {
            (Place::Slot(slot), _) => activations.slots[slot].at(self.first_element(value)),
            (Place::Input, Some(input)) => input.clone(),
            (Place::Output | Place::Input, _) => output_gradient.clone(),
        };
        let mut calls = Vec::new();
        for stage in Flow::new(&network.specs, learn, input_gradient.is_some()).stages {
            let i = stage.layer;
            let spec = &network.specs[i];
            let at = &network.parameters.layout.layers[i];
            let x = self.value(spec.inputs[0]);
            let dy = view(stage.dy, i + 1);
            let dx = |branch: usize| stage.inputs[branch].map(|target| view(target.place, spec.inputs[branch]));
            let pairs = at.pairs.unwrap_or_default();
            let count = rows * spec.output.len();
            match spec.op {
                Op::Map(..) => {
                    let Some(convolution) = network.convolution(i, rows) else { continue };
                    if let Some(gradients) = gradients {
                        calls.extend(convolution.weight_gradient(&x, &dy, gradients, scratch));
                        let of_bias = |bias| convolution.bias_gradient(bias, &dy, gradients, scratch);
                        calls.extend(at.bias.into_iter().flat_map(of_bias));
                    }
                    calls.extend(dx(0).map(|dx| convolution.input_gradient(weights, &dy, &dx)));
                }
                Op::BatchNorm | Op::ChannelAffine => {
                    let Some(groups) = self.groups_of(i, at) else { continue };
                    let coupled = spec.op == Op::BatchNorm && self.source != Source::Running;
                    let buffers = [params, &dy.buffer, scratch, &activations.sums];
                    calls.extend(groups.backward(coupled, buffers, &x, gradients));
                }
                Op::Tprelu { .. } => {
                    calls.push(activation::tprelu_backward(spec, pairs, params, rows, &x, &dy.buffer, scratch));
                    calls.extend(gradients.map(|gradients| pair_gradients(spec, pairs, rows, gradients, scratch)));
                }
                Op::Sigmoid => {
                    debug_assert_eq!(self.output.offset, dy.offset, "y and dy are laid out alike");
                    let (y, name) = (&self.output, &spec.name);
                    calls.extend(dx(0).map(|dx| activation::sigmoid_backward(name, count, y, &dy.buffer, &dx)));
                }
                Op::Addition => {
                    let branches = [&x, &self.value(spec.inputs[1])];
                    // The residue always leads to weights that learn, or to an input whose gradient is wanted.
                    if let Some(dresidue) = dx(0) {
                        let buffers = [params, &dy.buffer, &dresidue.buffer, scratch];
                        calls.push(addition::addition_backward(spec, pairs, rows, branches, buffers));
                    }
                    calls.extend(gradients.map(|gradients| pair_gradients(spec, pairs, rows, gradients, scratch)));
                }
                Op::AveragePool { pad } => {
                    calls.extend(dx(0).map(|dx| pooling::average_pool_backward(spec, pad, rows, &dy, &dx)));
                }
                Op::Upsample { pad } => {
                    calls.extend(dx(0).map(|dx| pooling::upsample_backward(spec, pad, rows, &dy, &dx)));
                }
                Op::Rescale => {
                    calls.extend(dx(0).map(|dx| pooling::rescale_backward(&spec.name, count, &dy, &dx)));
                }
            }
            for (target, &value) in stage.inputs.iter().zip(&spec.inputs) {
                if let Some((target, first)) = target.and_then(|target| Some((target, target.add_to?))) {
                    let count = rows * spec.input.len();
                    let (x, y) = (view(target.place, value), view(first, value));
                    calls.push(pooling::add(&spec.name, count, &x, &y.buffer));
                }
            }
        }
        calls
    }

    fn groups_of(&self, layer: usize, at: &LayerOffsets) -> Option<Groups<'_>> {
        Some(Groups {
            spec: &self.network.specs[layer],
            pair_offset: at.pairs?,
            group_rows: self.activations.group_rows,
            first: self.first_group,
            count: self.groups,
            statistics: self.activations.statistics[layer].as_ref()?,
        })
    }

    /// Value `number`, from the first image of this pass on.
    fn value(&self, number: usize) -> View {
        match number.checked_sub(1).map(|layer| &self.activations.values[layer]) {
            None => self.input.clone(),
            Some(None) => self.output.clone(),
            Some(Some(buffer)) => buffer.at(self.first_element(number)),
        }
    }

    fn first_element(&self, value: usize) -> u32 {
        let len = value.checked_sub(1).map_or(0, |layer| self.network.specs[layer].output.len());
        self.first_group * self.activations.group_rows * len
    }
}
