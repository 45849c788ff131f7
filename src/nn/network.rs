//! A network is a list of layers, each of which reads earlier values; and what it knows of itself.

use crate::device::{Buffer, Device, Dispatch};
use crate::error::Result;
use crate::nn::gemm::Variant;
use crate::nn::gemm::epilogue::Epilogue;
use crate::nn::layer::{LayerSpec, Run, Source};
use crate::nn::optimiser::Optimiser;
use crate::nn::parameters::{Layout, Parameters, Weights};

/// A network's layers and parameters.
#[derive(Debug)]
pub struct Network {
    /// Layers from input to output.
    pub specs: Vec<LayerSpec>,
    /// Parameters on the device.
    pub parameters: Parameters,
    /// Kernel variant of the GEMMs.
    pub variant: Variant,
    /// Bound where a kernel has a binding that a dispatch does not use.
    dummy: Buffer,
}

impl Network {
    /// Allocates the parameters of `specs`, with state for the optimiser; `name` labels the buffers.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] when a buffer is too large for the device.
    pub fn new(
        device: &Device,
        name: &str,
        specs: Vec<LayerSpec>,
        variant: Variant,
        optimiser: &dyn Optimiser,
    ) -> Result<Network> {
        let gradients = Buffer::new(device, &format!("{name} gradients"), Layout::new(&specs).count as usize)?;
        Network::with_gradients(device, name, specs, variant, optimiser, &gradients)
    }

    /// The same with gradients at the front of a given buffer.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_gradients(
        device: &Device,
        name: &str,
        specs: Vec<LayerSpec>,
        variant: Variant,
        optimiser: &dyn Optimiser,
        gradients: &Buffer,
    ) -> Result<Network> {
        let parameters = Parameters::new(device, name, &specs, optimiser, gradients)?;
        Ok(Network { specs, parameters, variant, dummy: Buffer::new(device, "dummy", 1)? })
    }

    /// Layer `layer` on `groups` groups of `group_rows` images from group `first_group` on.
    pub(in crate::nn) fn run<'a>(
        &'a self,
        layer: usize,
        weights: &'a Weights,
        [group_rows, first_group, groups]: [u32; 3],
        source: Source,
        memory: Option<&'a Buffer>,
        workspace: &'a [Buffer; 2],
    ) -> Run<'a> {
        let spec = &self.specs[layer];
        Run {
            name: &spec.name,
            io: spec.io,
            at: &self.parameters.layout.layers[layer],
            rows: groups * group_rows,
            group_rows,
            first_group,
            weights,
            memory,
            workspace: [&workspace[0], &workspace[1]],
            source,
            variant: self.variant,
            dummy: &self.dummy,
            is_fused: self.fused(layer).is_some(),
        }
    }

    /// Layer `i` as an epilogue of the GEMM before it, if it is computed there: nobody else reads the GEMM's output.
    pub(in crate::nn) fn fused(&self, i: usize) -> Option<Epilogue> {
        let spec = self.specs.get(i)?;
        let before = &self.specs[i.checked_sub(1)?];
        let alone = spec.inputs == [i] && self.readers(i) == 1 && before.linear_map().is_some();
        spec.layer.epilogue(&self.parameters.layout.layers[i], spec.io).filter(|_| alone)
    }

    /// Which values have memory of their own: not the network's input and output, which lie where a pass says, nor the
    /// output of a GEMM that its epilogue does not keep.
    pub(in crate::nn) fn stored(&self) -> Vec<bool> {
        let of_layer =
            |i: usize| i + 1 < self.specs.len() && self.fused(i + 1).is_none_or(|epilogue| epilogue.keeps_input);
        std::iter::once(false).chain((0..self.specs.len()).map(of_layer)).collect()
    }

    /// Number of layers that read value `number`.
    fn readers(&self, number: usize) -> usize {
        self.specs.iter().flat_map(|spec| &spec.inputs).filter(|&&value| value == number).count()
    }

    /// The activation whose output layer `i`, a linear map, alone reads, as an epilogue of the map's input gradient.
    pub(in crate::nn) fn fused_below(&self, i: usize) -> Option<(usize, Epilogue)> {
        let layer = self.specs[i].inputs[0].checked_sub(1)?;
        let below = &self.specs[layer];
        let alone = self.specs[i].linear_map().is_some() && self.readers(layer + 1) == 1;
        let epilogue = below.layer.gradient_epilogue(&self.parameters.layout.layers[layer], below.io)?;
        alone.then_some((layer, epilogue))
    }

    /// Whether [`Self::fused_below`] of some layer is layer `i`.
    pub(in crate::nn) fn is_fused_above(&self, i: usize) -> bool {
        (i + 1..self.specs.len()).any(|above| self.fused_below(above).is_some_and(|(below, _)| below == i))
    }

    /// The GEMMs that only an activation parts from the next one, those of the largest outputs first. Such an output is
    /// kept for the backward pass, where the activation reads it: no gradient takes its memory, and where nothing is
    /// learned no dispatch binds two of them.
    pub fn kept_inputs(&self) -> Vec<usize> {
        let is_kept = |&i: &usize| self.fused(i + 1).is_some() && self.is_fused_above(i + 1);
        let mut maps: Vec<usize> = (0..self.specs.len()).filter(is_kept).collect();
        maps.sort_by_key(|&i| std::cmp::Reverse(self.specs[i].io.output.len()));
        maps
    }

    /// Recomputes effective weights of parameters and state that were written from outside.
    pub fn normalise(&self) -> Vec<Dispatch> {
        self.parameters.reparameterisation.normalise(&self.parameters.weights())
    }

    /// What follows an update.
    pub fn after_update(&self) -> Vec<Dispatch> {
        self.parameters.reparameterisation.after_update(&self.parameters.weights())
    }
}

/// Whether one backward pass through a network serves every loss: no layer couples the images of a batch, each knows how
/// to weigh them one by one, and the first is a map, which leaves out the images whose input's gradient nobody needs. A
/// pass that starts with 1 at every logit then carries u = dl/d(.), and L's gradient is the sum over images of dL/dl u, see
/// [`BackwardPass::image_factors`](super::BackwardPass::image_factors).
pub fn one_pass_serves_every_loss(specs: &[LayerSpec]) -> bool {
    specs.iter().all(|spec| spec.layer.takes_image_factors() && !spec.layer.couples_images())
        && specs.first().is_some_and(|spec| spec.linear_map().is_some())
}
