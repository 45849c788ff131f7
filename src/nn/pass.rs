//! One run of a network, forward and backward: the layers' dispatches, in order.

use crate::device::{Dispatch, View};
use crate::kernels::{self, Add};
use crate::nn::layer::{Backward, Forward, ImageFactors, Learning, Run, Source};
use crate::nn::network::Network;
use crate::nn::parameters::Weights;
use crate::nn::plan::backward::Location;
use crate::nn::plan::{Activations, BackwardPlan};
use crate::nn::tensor::Section;

/// One run of a network over `groups` groups of images, which occupy groups `first_group..first_group + groups` of the
/// activations.
#[derive(Debug)]
pub struct Pass<'a> {
    /// The layers.
    pub network: &'a Network,
    /// Live or copied weights.
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
pub struct BackwardPass<'a> {
    /// Gradient of the output, laid out as the output.
    pub output: &'a View,
    /// Whether parameters get gradients.
    pub learn: bool,
    /// Where the gradient of the input goes, if somebody consumes it, from group `first_input_group` of the pass on.
    pub input: Option<&'a View>,
    /// First group whose input's gradient is wanted.
    pub first_input_group: u32,
    /// A factor per image for the parameters' gradients.
    pub image_factors: Option<ImageFactors<'a>>,
    /// A factor per image for the gradient of a network's output.
    pub output_factors: Option<ImageFactors<'a>>,
}

impl<'a> BackwardPass<'a> {
    /// From the output to the parameters, or to the input, or both.
    pub fn new(output: &'a View, learn: bool, input: Option<&'a View>) -> BackwardPass<'a> {
        BackwardPass { output, learn, input, first_input_group: 0, image_factors: None, output_factors: None }
    }
}

impl Pass<'_> {
    fn run(&self, layer: usize) -> Run<'_> {
        let Activations { group_rows, memory, workspace, .. } = self.activations;
        let groups = [*group_rows, self.first_group, self.groups];
        self.network.run(layer, &self.weights, groups, self.source, memory[layer].as_ref(), workspace)
    }

    /// Dispatches that compute the output from the input.
    pub fn forward(&self) -> Vec<Dispatch> {
        let network = self.network;
        let mut dispatches = Vec::new();
        for (i, spec) in network.specs.iter().enumerate() {
            if network.fused(i).is_some() {
                continue;
            }
            let inputs: Vec<View> = spec.inputs.iter().map(|&value| self.value(value)).collect();
            let own = self.value(i + 1);
            let fused = network.fused(i + 1);
            // What is fused writes the next value, and keeps the layer's own where it needs it.
            let output = if fused.is_some() { self.value(i + 2) } else { own.clone() };
            let epilogue = fused.map(|epilogue| (epilogue, &own));
            let forward = Forward { run: self.run(i), inputs: &inputs, output: &output, epilogue };
            dispatches.extend(spec.layer.forward(&forward));
        }
        dispatches
    }

    /// Dispatches of the backward pass. Weight gradients are those of the effective weights and lie, partly, in parts:
    /// [`update`](super::update::update) follows.
    pub fn backward(&self, pass: &BackwardPass<'_>) -> Vec<Dispatch> {
        let (network, activations) = (self.network, self.activations);
        let view = |location: Location, value: usize| match (location, pass.input) {
            (Location::Value(value), _) => self.value(value),
            (Location::Slot(slot), _) => activations.slots[slot].at(self.first_element(value)),
            (Location::Input, Some(input)) => input.clone(),
            (Location::Output | Location::Input, _) => pass.output.clone(),
        };
        let parts = activations.gradient_parts();
        let mut dispatches = Vec::new();
        for step in BackwardPlan::new(&network.specs, pass.learn, pass.input.is_some()).steps {
            let i = step.layer;
            let spec = &network.specs[i];
            let is_fused = network.fused(i).is_some();
            let inputs: Vec<View> = spec.inputs.iter().map(|&value| self.value(value)).collect();
            let targets = step.inputs.iter().zip(&spec.inputs);
            let dinputs: Vec<Option<View>> =
                targets.map(|(target, &value)| target.map(|target| view(target.location, value))).collect();
            let sources = parts.sources(i);
            let learning = pass.learn.then(|| Learning {
                gradients: &network.parameters.gradients,
                partial: activations.partial(),
                parts: &sources,
                is_bias_summed: network.fused(i + 1).is_some_and(|epilogue| epilogue.sums_bias),
            });
            let below = network.fused_below(i).filter(|_| !pass.learn);
            let kept = below.map(|(layer, epilogue)| (epilogue, self.value(network.specs[layer].inputs[0])));
            // Only the input's gradient may be wanted of some groups alone.
            let is_input = step.inputs[0].is_some_and(|target| target.location == Location::Input);
            let before = i.checked_sub(1).filter(|_| is_fused && pass.learn);
            let fused_bias = before.and_then(|gemm| parts.of(gemm, Section::Bias));
            let (output, doutput) = (self.value(i + 1), view(step.dy, i + 1));
            let backward = Backward {
                run: self.run(i),
                inputs: &inputs,
                output: &output,
                doutput: &doutput,
                dinputs: &dinputs,
                learning,
                image_factors: pass.image_factors,
                output_factors: pass.output_factors,
                epilogue: kept.as_ref().map(|(epilogue, kept)| (*epilogue, kept)),
                skipped_rows: if is_input { pass.first_input_group * activations.group_rows } else { 0 },
                fused_bias: fused_bias.map(|parts| activations.partial().at(parts.source)),
            };
            // Where nothing learns, the map above has already turned the gradient where it stored it.
            if pass.learn || !network.is_fused_above(i) {
                dispatches.extend(spec.layer.backward(&backward));
            }
            for (target, &value) in step.inputs.iter().zip(&spec.inputs) {
                if let Some((target, first)) = target.and_then(|target| Some((target, target.add_to?))) {
                    let count = self.run(i).rows * spec.io.input.len();
                    dispatches.push(add(&spec.name, count, &view(target.location, value), &view(first, value)));
                }
            }
        }
        dispatches
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
        let len = value.checked_sub(1).map_or(0, |layer| self.network.specs[layer].io.output.len());
        self.first_group * self.activations.group_rows * len
    }
}

/// y = y + x for `count` values: the gradients of a value that two layers read. Both start at the same offset.
fn add(name: &str, count: u32, x: &View, y: &View) -> Dispatch {
    Dispatch::new(&kernels::ADD, &format!("{name} both branches"))
        .params(&Add { count, offset: x.offset })
        .buffers(&[&x.buffer, &y.buffer])
        .elements(count as usize)
}
