//! A network is a list of layers, each of which reads earlier values; what it knows of itself, and the memory of its passes.

use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::nn::convolution::{Convolution, Pairs};
use crate::nn::flow::Flow;
use crate::nn::gemm::Variant;
use crate::nn::layer::{LayerSpec, Op};
use crate::nn::parameters::{Layout, Parameters};
use crate::nn::partial::PartialSums;
use crate::nn::sums;

/// A network's layers and parameters.
#[derive(Debug)]
pub struct Network {
    /// Layers from input to output.
    pub specs: Vec<LayerSpec>,
    /// Parameters on the device.
    pub parameters: Parameters,
    /// Variant of the matrix products.
    pub variant: Variant,
    /// A buffer that nobody reads.
    nothing: Buffer,
}

impl Network {
    /// Allocates the parameters of `specs`; `name` labels the buffers, `means` is for an optimiser that keeps them.
    pub fn new(device: &Device, name: &str, specs: Vec<LayerSpec>, variant: Variant, means: bool) -> Result<Network> {
        let gradients = Buffer::new(device, &format!("{name} gradients"), Layout::new(&specs).count as usize)?;
        Network::with_gradients(device, name, specs, variant, means, &gradients)
    }

    /// The same with gradients at the front of a given buffer.
    pub fn with_gradients(
        device: &Device,
        name: &str,
        specs: Vec<LayerSpec>,
        variant: Variant,
        means: bool,
        gradients: &Buffer,
    ) -> Result<Network> {
        let parameters = Parameters::new(device, name, &specs, means, gradients)?;
        Ok(Network { specs, parameters, variant, nothing: Buffer::new(device, "nothing", 1)? })
    }

    /// The linear map of layer `i` on `rows` images, if it is one.
    pub fn convolution(&self, i: usize, rows: u32) -> Option<Convolution<'_>> {
        let spec = &self.specs[i];
        let at = &self.parameters.layout.layers[i];
        let Network { variant, nothing, .. } = self;
        spec.map().map(|map| Convolution { name: &spec.name, map, at, rows, variant: *variant, nothing })
    }

    /// Whether the activation that is layer `i` is computed where the linear map before it is stored: nobody else reads
    /// the map's output.
    pub(super) fn rides_along(&self, i: usize) -> bool {
        let Some(spec) = self.specs.get(i) else { return false };
        let Some(map) = i.checked_sub(1) else { return false };
        matches!(spec.op, Op::Tprelu { .. } | Op::Sigmoid)
            && matches!(self.specs[map].op, Op::Map(..))
            && spec.inputs == [i]
            && self.readers(i) == 1
    }

    /// Which values have memory of their own: not the network's input and output, which lie where a pass says, nor what a
    /// linear map computes on the way to such a sigmoid.
    pub(super) fn stored(&self) -> Vec<bool> {
        let of_layer =
            |i: usize| i + 1 < self.specs.len() && !(self.specs[i + 1].op == Op::Sigmoid && self.rides_along(i + 1));
        std::iter::once(false).chain((0..self.specs.len()).map(of_layer)).collect()
    }

    /// The pairs of layer `i`, if it has some.
    pub(super) fn pairs(&self, i: usize) -> Option<Pairs> {
        let offset = self.parameters.layout.layers[i].pairs?;
        Some(Pairs { offset, channels: self.specs[i].output.c })
    }

    /// Number of layers that read value `number`.
    fn readers(&self, number: usize) -> usize {
        self.specs.iter().flat_map(|spec| &spec.inputs).filter(|&&value| value == number).count()
    }

    /// The TPReLU whose output layer `i`, a linear map, alone reads.
    pub(super) fn activation_below(&self, i: usize) -> Option<usize> {
        let layer = self.specs[i].inputs[0].checked_sub(1)?;
        let is_tprelu = matches!(self.specs[layer].op, Op::Tprelu { .. });
        (is_tprelu && matches!(self.specs[i].op, Op::Map(..)) && self.readers(layer + 1) == 1).then_some(layer)
    }

    /// Whether [`Self::activation_below`] of some layer is layer `i`.
    pub(super) fn map_above(&self, i: usize) -> bool {
        (i + 1..self.specs.len()).any(|above| self.activation_below(above) == Some(i))
    }

    /// The linear maps that only a TPReLU parts from the next one, those of the largest outputs first. Such an output
    /// waits for the way back, where the activation reads it: no gradient takes its memory, and where nothing is learned
    /// no dispatch binds two of them.
    pub fn waiting(&self) -> Vec<usize> {
        let waits = |&i: &usize| self.rides_along(i + 1) && self.map_above(i + 1);
        let mut maps: Vec<usize> = (0..self.specs.len()).filter(waits).collect();
        maps.sort_by_key(|&i| std::cmp::Reverse(self.specs[i].output.len()));
        maps
    }

    /// Whether no layer couples the images of a batch and a backward pass knows how to weigh them one by one: then a
    /// pass that starts with 1 at every logit serves every loss, see [`Backward::factors`](super::Backward::factors).
    pub fn serves_every_loss(&self) -> bool {
        self.specs.iter().all(|spec| matches!(spec.op, Op::Map(..) | Op::Tprelu { .. }))
            && self.specs.first().is_some_and(|spec| spec.map().is_some())
    }

    /// Recomputes effective weights after an update: nothing for networks without normalisation.
    pub fn normalise(&self) -> Vec<Dispatch> {
        let Parameters { values, normaliser, .. } = &self.parameters;
        normaliser.as_ref().map_or(Vec::new(), |norm| norm.after_update(values))
    }

    /// Recomputes effective weights of parameters that were written from outside.
    pub fn normalise_loaded(&self) -> Vec<Dispatch> {
        let Parameters { values, normaliser, .. } = &self.parameters;
        normaliser.as_ref().map_or(Vec::new(), |norm| norm.after_loading(values))
    }

    /// Turns gradients of effective weights into gradients of the parameters.
    pub fn pull_back(&self) -> Vec<Dispatch> {
        let Parameters { values, gradients, normaliser, .. } = &self.parameters;
        normaliser.as_ref().map_or(Vec::new(), |norm| norm.pull_back(values, gradients))
    }
}

/// What a pass keeps of some groups of images, and the memory its gradients flow through. A clone shares the memory.
#[derive(Debug, Clone)]
pub struct Activations {
    /// Images of one group, which share batch statistics.
    pub(super) group_rows: u32,
    pub(super) groups: u32,
    /// Output of every layer, [rows, output]; the last layer's goes where the pass says, and so does that of a linear
    /// map whose sigmoid rides along.
    pub(super) values: Vec<Option<Buffer>>,
    /// (mean, 1/std) per group and channel of every batch norm; (0, 1) for affine maps per channel.
    pub(super) statistics: Vec<Option<Buffer>>,
    /// Memory of the gradients.
    pub(super) slots: Vec<Buffer>,
    /// Where the parts of all gradients lie, and their memory.
    pub(super) partial_sums: PartialSums,
    pub(super) partial: Buffer,
    /// Partial sums of batch normalisation, and those that nobody wants.
    pub(super) scratch: Buffer,
    /// A pair of sums per group and channel.
    pub(super) sums: Buffer,
}

impl Activations {
    /// Allocates for `groups` groups of `group_rows` images. The output of a layer lies in what `lend` gives for the
    /// layer's number and a length, if it gives anything; large ones ask first.
    pub fn new(
        device: &Device,
        name: &str,
        network: &Network,
        [group_rows, groups]: [u32; 2],
        mut lend: impl FnMut(usize, u32) -> Option<Buffer>,
    ) -> Result<Activations> {
        let specs = &network.specs;
        let rows = group_rows * groups;
        let buffer = |role: &str, len: u32| Buffer::new(device, &format!("{name} {role}"), len as usize);
        let stored = network.stored();
        let mut largest_first: Vec<usize> = (0..specs.len()).filter(|&i| stored[i + 1]).collect();
        largest_first.sort_by_key(|&i| std::cmp::Reverse(specs[i].output.len()));
        let mut values = vec![None; specs.len()];
        for i in largest_first {
            let len = rows * specs[i].output.len();
            values[i] = Some(match lend(i, len) {
                Some(lent) => lent,
                None => buffer(&specs[i].name, len)?,
            });
        }
        let mut statistics = Vec::new();
        for spec in specs {
            let pairs = (groups * spec.output.c) as usize;
            statistics.push(match spec.op {
                Op::BatchNorm | Op::ChannelAffine => Some(buffer("statistics", 2 * pairs as u32)?),
                _ => None,
            });
            if let (Op::ChannelAffine, Some(Some(identity))) = (spec.op, statistics.last()) {
                identity.write(device, &[0f32, 1.0].repeat(pairs));
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
        let of_pairs = |spec: &LayerSpec| match spec.op {
            Op::BatchNorm | Op::ChannelAffine => groups * sums::scratch(spec.output, group_rows),
            _ => 0,
        };
        let partial_sums = PartialSums::new(network, rows);
        let unwanted = partial_sums.pairs.iter().flatten().map(|parts| parts.parts * parts.count);
        let scratch = specs.iter().map(of_pairs).chain(unwanted).max().unwrap_or(0);
        Ok(Activations {
            group_rows,
            groups,
            values,
            statistics,
            slots,
            partial: buffer("partial sums", partial_sums.len)?,
            partial_sums,
            scratch: buffer("partial sums of batch norm", scratch)?,
            sums: buffer("sums of groups", 2 * groups * channels)?,
        })
    }

    /// Where the parts of all gradients lie.
    pub fn partial_sums(&self) -> &PartialSums {
        &self.partial_sums
    }

    /// The parts of all gradients.
    pub fn partial(&self) -> &Buffer {
        &self.partial
    }
}
