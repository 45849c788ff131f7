//! One run of a network, forward and back: layer kinds and their dispatches, in order.

use crate::device::{Dispatch, View};
use crate::nn::batch_norm::{Groups, Source};
use crate::nn::convolution::{Convolution, Epilogue, Factors};
use crate::nn::flow::{Flow, Place};
use crate::nn::layer::Op;
use crate::nn::network::{Activations, Network};
use crate::nn::parameters::{LayerOffsets, Weights};
use crate::nn::partial::Parts;
use crate::nn::{activation, addition, pooling};

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

/// What a backward pass carries, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Backward<'a> {
    /// Gradient of the output, laid out as the output.
    pub output: &'a View,
    /// Whether parameters get gradients.
    pub learn: bool,
    /// Where the gradient of the input goes, if somebody consumes it, from group `first_input_group` of the pass on.
    pub input: Option<&'a View>,
    /// First group whose input's gradient is wanted.
    pub first_input_group: u32,
    /// A factor per image for the parameters' gradients. Where no layer couples images, a pass that starts with 1 at
    /// every logit carries u = dl/d(.), and L's gradient is the sum over images of dL/dl * u: one pass serves two losses.
    pub factors: Option<Factors<'a>>,
    /// A factor per image for the gradient of a network's output.
    pub output_factors: Option<Factors<'a>>,
}

impl<'a> Backward<'a> {
    /// From the output to the parameters, or to the input, or both.
    pub fn new(output: &'a View, learn: bool, input: Option<&'a View>) -> Backward<'a> {
        Backward { output, learn, input, first_input_group: 0, factors: None, output_factors: None }
    }
}

impl Pass<'_> {
    fn rows(&self) -> u32 {
        self.groups * self.activations.group_rows
    }

    /// Dispatches that compute the output from the input.
    pub fn forward(&self) -> Vec<Dispatch> {
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
                    let Some(convolution) = network.convolution(i, rows) else { continue };
                    if network.rides_along(i + 1) {
                        let tprelu = |pairs| Epilogue::Tprelu { pairs, pre: &y };
                        let epilogue = network.pairs(i + 1).map_or(Epilogue::Sigmoid, tprelu);
                        calls.push(convolution.forward(weights, &x, &self.value(i + 2), epilogue));
                    } else {
                        calls.push(convolution.forward(weights, &x, &y, Epilogue::Plain));
                    }
                }
                Op::Tprelu { .. } | Op::Sigmoid if network.rides_along(i) => {}
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

    /// Dispatches of the way back. Weight gradients are those of the effective weights and lie, partly, in parts:
    /// [`Update`](super::update::Update) follows.
    pub fn backward(&self, way: &Backward<'_>) -> Vec<Dispatch> {
        let Pass { network, weights, activations, .. } = self;
        let (rows, params) = (self.rows(), &weights.params);
        let gradients = way.learn.then_some(&network.parameters.gradients);
        let view = |place: Place, value: usize| match (place, way.input) {
            (Place::Value(value), _) => self.value(value),
            (Place::Slot(slot), _) => activations.slots[slot].at(self.first_element(value)),
            (Place::Input, Some(input)) => input.clone(),
            (Place::Output | Place::Input, _) => way.output.clone(),
        };
        let plan = &activations.partial_sums;
        // Sums that nobody learns from must not replace those of a pass before.
        let partial = |parts: Option<Parts>| match (way.learn, parts) {
            (true, Some(parts)) => activations.partial.at(parts.source),
            _ => activations.scratch.at(0),
        };
        let mut calls = Vec::new();
        for stage in Flow::new(&network.specs, way.learn, way.input.is_some()).stages {
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
                        let whole = gradients.at(at.weight);
                        let target = plan.weights[i].map_or(whole, |parts| activations.partial.at(parts.source));
                        calls.push(convolution.weight_gradient(&x, &dy, way.factors, &target));
                        // A sigmoid that rides along has left the sums of its gradient.
                        let is_before_sigmoid = network.rides_along(i + 1) && network.specs[i + 1].op == Op::Sigmoid;
                        let parts = plan.biases[i].filter(|_| !is_before_sigmoid);
                        calls.extend(parts.map(|_| convolution.bias_gradient(&dy, way.factors, &partial(parts))));
                    }
                    let Some(dx) = dx(0) else { continue };
                    // Only the input's gradient may be wanted of some groups alone.
                    let is_input = stage.inputs[0].is_some_and(|target| target.place == Place::Input);
                    let skipped = if is_input { way.first_input_group * activations.group_rows } else { 0 };
                    let dy = dy.buffer.at(dy.offset + skipped * spec.output.len());
                    let convolution = Convolution { rows: rows - skipped, ..convolution };
                    let below = network.activation_below(i).filter(|_| !way.learn);
                    let pre = below.map(|below| self.value(network.specs[below].inputs[0]));
                    let epilogue = match (below.and_then(|below| network.pairs(below)), &pre) {
                        (Some(pairs), Some(pre)) => Epilogue::TpreluGradient { pairs, pre },
                        _ => Epilogue::Plain,
                    };
                    calls.push(convolution.input_gradient(weights, &dy, &dx, epilogue));
                }
                Op::BatchNorm | Op::ChannelAffine => {
                    let Some(groups) = self.groups_of(i, at) else { continue };
                    let coupled = spec.op == Op::BatchNorm && self.source != Source::Running;
                    let buffers = [params, &dy.buffer, &activations.scratch, &activations.sums];
                    calls.extend(groups.backward(coupled, buffers, &x, gradients));
                }
                // The linear map above has done it where it stored dy.
                Op::Tprelu { .. } if !way.learn && network.map_above(i) => {}
                Op::Tprelu { .. } => {
                    let (images, sums) = ((&x, &dy.buffer), &partial(plan.pairs[i]));
                    calls.push(activation::tprelu_backward(spec, pairs, params, rows, images, way.factors, sums));
                }
                Op::Sigmoid => {
                    debug_assert_eq!(self.output.offset, dy.offset, "y and dy are laid out alike");
                    let (y, factors) = (&self.output, way.output_factors);
                    let parts = spec.inputs[0].checked_sub(1).and_then(|map| plan.biases[map]);
                    let sums = (&activations.partial, parts.filter(|_| way.learn));
                    if let Some(dx) = dx(0) {
                        let dx = (!network.rides_along(i)).then_some(&dx);
                        calls.push(activation::sigmoid_backward(spec, rows, y, &dy.buffer, factors, dx, sums));
                    }
                }
                Op::Addition => {
                    let branches = [&x, &self.value(spec.inputs[1])];
                    // The residue always leads to weights that learn, or to an input whose gradient is wanted.
                    if let Some(dresidue) = dx(0) {
                        let buffers = [params, &dy.buffer, &dresidue.buffer];
                        let sums = &partial(plan.pairs[i]);
                        calls.push(addition::addition_backward(spec, pairs, rows, branches, buffers, sums));
                    }
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

    /// Value `number`, from the first image of this pass on. One without memory of its own lies where the output does.
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
