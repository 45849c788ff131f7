//! What linear, convolutional and transposed convolutional layers have in common: a weight with its reparameterisation,
//! three GEMMs, and a bias.

use super::{Backward, Forward, Io, Layer, Run};
use crate::config::Reparameterisation;
use crate::device::Dispatch;
use crate::kernels::Geometry;
use crate::nn::gemm::convolution::Convolution;
use crate::nn::tensor::{Block, Init, Section, Tensor};
use crate::nn::weight;
use std::fmt::Debug;

/// How a map's effective weight is made of the raw parameter v, and what is added.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightSpec {
    /// How w is made of v.
    pub reparameterisation: Reparameterisation,
    /// A learned gain per unit, and what it starts from.
    pub gain: Option<f32>,
    /// Whether there is a learned bias per unit.
    pub bias: bool,
    /// What the raw weight's usual initial values are multiplied by.
    pub init_factor: f32,
}

/// A linear map: what convolution kernels and reparameterisations work on.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearMap {
    /// The map as one convolution, with batch and offsets still open.
    pub geometry: Geometry,
    /// Whether the input is the small image of the geometry.
    pub is_transposed: bool,
    /// Output units that have a weight vector (and norm, gain, bias) of their own: values for a linear layer, channels for
    /// convolutions.
    pub units: u32,
    /// Factor f of the squared norm: 1/stride^2 for transposed convolution, because only that share of the taps reaches
    /// any one output pixel; otherwise 1.
    pub norm_factor: f32,
    /// PyTorch's shape of the weight.
    pub weight_shape: Vec<usize>,
    /// Where the weight's elements lie, as in [`Tensor::axes`].
    pub weight_axes: Vec<(u32, u32)>,
    /// Which of PyTorch's axes of the weight numbers the units.
    pub unit_axis: usize,
    /// Where one number per unit lies, as in [`Tensor::axes`].
    pub unit_axes: Vec<(u32, u32)>,
    /// How its weight is made.
    pub weight: WeightSpec,
}

impl LinearMap {
    /// Number of weights.
    pub fn weights(&self) -> u32 {
        let g = &self.geometry;
        g.kernel_h * g.kernel_w * g.big_c * g.small_c
    }

    /// Inputs that one weight vector sees: `in` for linear, `in * kh * kw` for convolutions, transposed ones too. Initial
    /// weights are scaled by it.
    pub fn fan_in(&self) -> u32 {
        self.weights() / self.units
    }

    /// Values of an output image.
    pub fn output_len(&self) -> u32 {
        let g = &self.geometry;
        if self.is_transposed { g.big_h * g.big_w * g.big_c } else { g.small_h * g.small_w * g.small_c }
    }

    /// Multiply-adds per image; taps that fall on padding are counted.
    pub fn multiply_adds(&self) -> u64 {
        u64::from(self.weights()) * u64::from(self.geometry.small_h * self.geometry.small_w)
    }

    /// Weight, then gain, then bias, initialised as in the authors' code: weights and plain biases uniform in
    /// +-1/sqrt(fan_in), so that ||v|| is near sqrt(1/3) whatever the fan-in; biases beside normalised weights 0.
    fn parameters(&self) -> Vec<Block> {
        let bound = 1.0 / (self.fan_in() as f32).sqrt();
        let WeightSpec { reparameterisation, gain, bias, init_factor } = self.weight;
        let weight = Tensor {
            name: "weight",
            shape: self.weight_shape.clone(),
            offset: 0,
            axes: self.weight_axes.clone(),
            init: Init::Symmetric(init_factor * bound),
            unit_axis: Some(self.unit_axis),
        };
        let mut blocks = vec![Block { section: Section::Weight, len: self.weights(), tensors: vec![weight] }];
        let mut per_unit = |section, name, init| {
            let (shape, axes) = (vec![self.units as usize], self.unit_axes.clone());
            let tensor = Tensor { name, shape, offset: 0, axes, init, unit_axis: None };
            blocks.push(Block { section, len: self.units, tensors: vec![tensor] });
        };
        if let Some(gain) = gain {
            per_unit(Section::Gain, "scale", Init::Constant(gain));
        }
        if bias {
            let by_length = reparameterisation.is_by_length();
            per_unit(Section::Bias, "bias", if by_length { Init::Constant(0.0) } else { Init::Symmetric(bound) });
        }
        blocks
    }

    fn convolution<'a>(&'a self, run: &Run<'a>) -> Convolution<'a> {
        Convolution { name: run.name, map: self, at: run.at, rows: run.rows, variant: run.variant, dummy: run.dummy }
    }
}

/// A layer that is a linear map and nothing else.
pub trait MapLayer: Debug {
    /// The map between images of these shapes.
    fn map(&self, io: Io) -> LinearMap;
}

impl<T: MapLayer> Layer for T {
    fn parameters(&self, io: Io) -> Vec<Block> {
        self.map(io).parameters()
    }

    fn state(&self, io: Io) -> Option<Block> {
        let map = self.map(io);
        weight::state(map.weight.reparameterisation, &map)
    }

    fn linear_map(&self, io: Io) -> Option<LinearMap> {
        Some(self.map(io))
    }

    /// y = W x + b, and the epilogue.
    fn forward(&self, run: &Forward<'_>) -> Vec<Dispatch> {
        let map = self.map(run.run.io);
        vec![map.convolution(&run.run).forward(run.run.weights, &run.inputs[0], run.output, run.epilogue)]
    }

    /// dW = sum dy x^T, db = sum dy, dx = W^T dy, and the epilogue. The weight's gradient is that of the effective one.
    fn backward(&self, run: &Backward<'_>) -> Vec<Dispatch> {
        let Backward { inputs, doutput, image_factors, .. } = run;
        let at = run.run.at;
        let map = self.map(run.run.io);
        let convolution = map.convolution(&run.run);
        let mut dispatches = Vec::new();
        if let Some(learning) = &run.learning {
            if let Some(target) = learning.target(Section::Weight, at) {
                dispatches.push(convolution.weight_gradient(&inputs[0], doutput, *image_factors, &target));
            }
            if let Some(target) = learning.target(Section::Bias, at).filter(|_| !learning.is_bias_summed) {
                dispatches.push(convolution.bias_gradient(doutput, *image_factors, &target));
            }
        }
        if let Some(dx) = &run.dinputs[0] {
            let dy = doutput.buffer.at(doutput.offset + run.skipped_rows * run.run.io.output.len());
            let convolution = Convolution { rows: run.run.rows - run.skipped_rows, ..convolution };
            dispatches.push(convolution.input_gradient(run.run.weights, &dy, dx, run.epilogue));
        }
        dispatches
    }

    fn takes_image_factors(&self) -> bool {
        true
    }

    fn gradient_parts(&self, section: Section, run: &Run<'_>) -> Option<u32> {
        let map = self.map(run.io);
        let convolution = map.convolution(run);
        match section {
            Section::Weight => Some(convolution.weight_parts()).filter(|&parts| parts > 1),
            Section::Bias => Some(convolution.bias_parts()),
            _ => None,
        }
    }
}
