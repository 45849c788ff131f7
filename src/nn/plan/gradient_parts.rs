//! Where the parts of long sums lie until the update adds them: every gradient of a network's backward pass has a place
//! of its own, so that one dispatch per network adds all of them.

use crate::nn::layer::{LayerSpec, Run};
use crate::nn::parameters::Layout;
use crate::nn::tensor::Section;

/// One block's gradient in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// First element of the first part.
    pub source: u32,
    /// Number of parts.
    pub parts: u32,
    /// Elements of a part.
    pub count: u32,
    /// Where the block lies in the flat parameters.
    pub target: u32,
}

/// The parts of all gradients of a network. A gradient without an entry is written to its place at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GradientParts {
    /// By layer and section.
    of_layer: Vec<Vec<(Section, Parts)>>,
    /// Elements in all.
    pub len: u32,
}

impl GradientParts {
    /// The plan for a backward pass in which layer i does `run(i)`.
    pub fn new<'a>(specs: &[LayerSpec], layout: &Layout, run: impl Fn(usize) -> Run<'a>) -> GradientParts {
        let mut len = 0;
        let mut of_layer = Vec::new();
        for (i, spec) in specs.iter().enumerate() {
            let mut all = Vec::new();
            for block in spec.layer.parameters(spec.io) {
                let parts = spec.layer.gradient_parts(block.section, &run(i));
                let Some((parts, target)) = parts.zip(layout.layers[i].offset(block.section)) else { continue };
                all.push((block.section, Parts { source: len, parts, count: block.len, target }));
                len += parts * block.len;
            }
            of_layer.push(all);
        }
        GradientParts { of_layer, len }
    }

    /// The parts of a section of a layer.
    pub fn of(&self, layer: usize, section: Section) -> Option<Parts> {
        self.of_layer[layer].iter().find(|(of, _)| *of == section).map(|&(_, parts)| parts)
    }

    /// Where the parts of a layer's gradients begin, by section.
    pub fn sources(&self, layer: usize) -> Vec<(Section, u32)> {
        self.of_layer[layer].iter().map(|&(section, parts)| (section, parts.source)).collect()
    }

    /// Every gradient that lies in parts.
    pub fn all(&self) -> impl Iterator<Item = Parts> {
        self.of_layer.iter().flatten().map(|&(_, parts)| parts)
    }
}
