//! Layers: each kind is one file with its parameters, its state, and its forward and backward dispatches.
//!
//! A network is a list of [`LayerSpec`]s. Nothing outside the files of this folder knows which kinds there are; the table
//! of settings names them (`layers` in src/config/table.rs).

pub mod linear_map;

use crate::config::NormalisationLayer;
use crate::device::{Buffer, Dispatch, View};
use crate::nn::gemm::Variant;
use crate::nn::gemm::epilogue::Epilogue;
use crate::nn::parameters::{LayerOffsets, Weights};
use crate::nn::shape::Shape;
use crate::nn::tensor::{Block, Section};
use linear_map::LinearMap;
use std::fmt::Debug;
use std::rc::Rc;

macro_rules! modules {
    ([$($module:ident $variant:ident)*] [$($other:ident)*]) => {
        $(pub mod $module;)*
        $(pub mod $other;)*

        /// The layer that normalises the outputs of hidden linear maps, and the name of its module.
        pub fn normalisation(layer: NormalisationLayer) -> (&'static str, Rc<dyn Layer>) {
            match layer { $(NormalisationLayer::$variant => ($module::NAME, Rc::new($module::$variant)),)* }
        }
    };
}
crate::config::layers! { modules }

/// Shapes of one input image (all alike where there are two) and of one output image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Io {
    /// Of an input.
    pub input: Shape,
    /// Of the output.
    pub output: Shape,
}

/// One layer of a network. A network's values are its input, number 0, and the output of layer i, number i + 1.
#[derive(Debug, Clone)]
pub struct LayerSpec {
    /// The authors' module name without the network's prefix: `initial.linear`, `level.0.tprelu`, `final.conv`.
    pub name: String,
    /// What it computes.
    pub layer: Rc<dyn Layer>,
    /// Numbers of the values it reads.
    pub inputs: Vec<usize>,
    /// Shapes of its images.
    pub io: Io,
}

impl LayerSpec {
    /// Its linear map, if it is one.
    pub fn linear_map(&self) -> Option<LinearMap> {
        self.layer.linear_map(self.io)
    }

    /// Whether it learns anything.
    pub fn learns(&self) -> bool {
        self.layer.parameters(self.io).iter().any(|block| !block.tensors.is_empty())
    }
}

/// What one kind of layer computes. Images are [rows, h, w, c] in flat buffers.
pub trait Layer: Debug {
    /// What it learns, at most one block in each section, with PyTorch's names and layouts. All gradients are sums over
    /// images and pixels.
    fn parameters(&self, io: Io) -> Vec<Block> {
        let _ = io;
        Vec::new()
    }

    /// What training moves without a gradient; the block's section is not used.
    fn state(&self, io: Io) -> Option<Block> {
        let _ = io;
        None
    }

    /// The output from the inputs.
    fn forward(&self, run: &Forward<'_>) -> Vec<Dispatch>;

    /// The gradients of the inputs, where they are wanted, and of the parameters, where they learn, from that of the
    /// output.
    fn backward(&self, run: &Backward<'_>) -> Vec<Dispatch>;

    /// The linear map, for layers that are one and nothing else: a GEMM computes them, which can take in an epilogue.
    fn linear_map(&self, io: Io) -> Option<LinearMap> {
        let _ = io;
        None
    }

    /// What the layer is as the epilogue of the GEMM before it.
    fn epilogue(&self, at: &LayerOffsets, io: Io) -> Option<Epilogue> {
        let _ = (at, io);
        None
    }

    /// What the gradient of its output is turned into that of its input by, as the epilogue of the GEMM that computes the
    /// former, where no parameters learn.
    fn gradient_epilogue(&self, at: &LayerOffsets, io: Io) -> Option<Epilogue> {
        let _ = (at, io);
        None
    }

    /// Whether the gradient of an input, counted from 0, is written over that of the output.
    fn overwrites_output_gradient(&self, input: usize) -> bool {
        let _ = input;
        false
    }

    /// Whether the inputs are still read while their gradients are written, so that these cannot take their memory.
    fn reads_inputs_late(&self) -> bool {
        false
    }

    /// Whether an image's output depends on the other images of its batch.
    fn couples_images(&self) -> bool {
        false
    }

    /// Whether the backward pass weighs each image's share of the parameters' gradients by
    /// [`Backward::image_factors`], or has no parameters.
    fn takes_image_factors(&self) -> bool {
        false
    }

    /// Parts in which the gradient of a section's block is summed; `None` where it is written to its place as a whole.
    fn gradient_parts(&self, section: Section, run: &Run<'_>) -> Option<u32> {
        let _ = (section, run);
        None
    }

    /// What the layer keeps between the forward and the backward pass beside its output: a pattern of numbers that is
    /// repeated so many times, for `groups` groups of images.
    fn memory(&self, io: Io, groups: u32) -> Option<(Vec<f32>, u32)> {
        let _ = (io, groups);
        None
    }

    /// Elements that its dispatches need while they run, in each of two buffers that all layers share.
    fn workspace(&self, io: Io, group_rows: u32, groups: u32) -> [u32; 2] {
        let _ = (io, group_rows, groups);
        [0; 2]
    }
}

/// Where the statistics that batch normalisation normalises by come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The batch at hand, and the running statistics follow: training.
    Training,
    /// The batch at hand; the running statistics stay.
    Batch,
    /// The running statistics.
    Running,
}

/// A layer applied to some images.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Name of the layer.
    pub name: &'a str,
    /// Shapes of its images.
    pub io: Io,
    /// Where its parameters and state lie.
    pub at: &'a LayerOffsets,
    /// Number of images.
    pub rows: u32,
    /// Images of one group, which share batch statistics.
    pub group_rows: u32,
    /// First group.
    pub first_group: u32,
    /// Parameters, effective weights and state.
    pub weights: &'a Weights,
    /// What [`Layer::memory`] asked for.
    pub memory: Option<&'a Buffer>,
    /// What [`Layer::workspace`] asked for.
    pub workspace: [&'a Buffer; 2],
    /// Where batch statistics come from.
    pub source: Source,
    /// Kernel variant of GEMMs.
    pub variant: Variant,
    /// Bound where a kernel has a binding that the dispatch does not use.
    pub dummy: &'a Buffer,
    /// Whether the layer is the epilogue of the GEMM before it.
    pub is_fused: bool,
}

impl Run<'_> {
    /// Number of groups.
    pub fn groups(&self) -> u32 {
        self.rows / self.group_rows
    }

    /// Number of values of all output images.
    pub fn output_len(&self) -> u32 {
        self.rows * self.io.output.len()
    }
}

/// A forward pass through one layer.
#[derive(Debug)]
pub struct Forward<'a> {
    /// The layer and its images.
    pub run: Run<'a>,
    /// The values it reads, each from its first image on.
    pub inputs: &'a [View],
    /// The value it writes; where an epilogue is fused, the epilogue's.
    pub output: &'a View,
    /// What is fused into the GEMM, with the place for what it reads.
    pub epilogue: Option<(Epilogue, &'a View)>,
}

/// A factor for every image, which its share of a sum is multiplied by.
#[derive(Debug, Clone, Copy)]
pub struct ImageFactors<'a> {
    /// One number per image, from the first image of the pass on.
    pub of_image: &'a Buffer,
}

/// A backward pass through one layer.
#[derive(Debug)]
pub struct Backward<'a> {
    /// The layer and its images.
    pub run: Run<'a>,
    /// The values it read, each from its first image on.
    pub inputs: &'a [View],
    /// The value it wrote.
    pub output: &'a View,
    /// Gradient of the output.
    pub doutput: &'a View,
    /// Where the gradients of the inputs go; `None` where it is not needed.
    pub dinputs: &'a [Option<View>],
    /// Where the gradients of parameters go, where they learn.
    pub learning: Option<Learning<'a>>,
    /// A factor per image for the parameters' gradients.
    pub image_factors: Option<ImageFactors<'a>>,
    /// A factor per image that `doutput` still has to be multiplied by: only the last layer has some.
    pub output_factors: Option<ImageFactors<'a>>,
    /// What the gradient of the input is turned into by where it is stored, and what that reads: the gradient of the
    /// activation before.
    pub epilogue: Option<(Epilogue, &'a View)>,
    /// Number of images, from the first on, whose input's gradient is not needed.
    pub skipped_rows: u32,
    /// Where the layer, fused into a GEMM, leaves the parts of the sum that is the gradient of the GEMM's bias.
    pub fused_bias: Option<View>,
}

/// Where gradients of parameters go.
#[derive(Debug, Clone, Copy)]
pub struct Learning<'a> {
    /// The flat gradients of the network.
    pub gradients: &'a Buffer,
    /// The parts of sums, see [`Layer::gradient_parts`].
    pub partial: &'a Buffer,
    /// Where the parts of this layer's gradients begin, by section.
    pub parts: &'a [(Section, u32)],
    /// Whether the epilogue fused into this GEMM sums its bias's gradient.
    pub is_bias_summed: bool,
}

impl Learning<'_> {
    /// Where the parts of a section's gradient go, or the gradient itself where it has no parts.
    pub fn target(&self, section: Section, at: &LayerOffsets) -> Option<View> {
        let parts = self.parts.iter().find(|(of, _)| *of == section).map(|&(_, first)| self.partial.at(first));
        parts.or_else(|| Some(self.gradients.at(at.offset(section)?)))
    }
}
