//! Both networks of a workload with norm `weight`, and the training step in the order `alternating`, as one writes them
//! with burn. Names of parameters are those of the project's checkpoints.

use burn::tensor::activation::{prelu, sigmoid, softplus};
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

const LR: f32 = 1e-4;
const DECAY: f32 = 0.9;
const EPS: f32 = 1e-6;
/// Inside the root of a weight's norm.
const NORM_EPS: f32 = 1e-6;

/// Sizes of the networks and of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    pub name: &'static str,
    pub side: usize,
    pub channels: usize,
    pub batch: usize,
    pub code: usize,
    pub width: usize,
    pub levels: usize,
}

pub const WORKLOADS: [Workload; 2] = [
    Workload { name: "gan16", side: 16, channels: 1, batch: 16, code: 32, width: 16, levels: 2 },
    Workload { name: "gan32", side: 32, channels: 3, batch: 32, code: 128, width: 64, levels: 3 },
];

impl Workload {
    /// Image side and channels at the outer and at the inner end of a level.
    fn level(&self, i: usize) -> (usize, usize, usize) {
        let outer = if i == 0 { self.channels } else { self.width << (i - 1) };
        (self.side >> (i + 1), outer, self.width << i)
    }

    /// Multiply-adds of the convolutions and linear layers, two operations each; as `src/gan/cost.rs` counts them.
    pub fn flop_per_step(&self) -> u64 {
        let map = |i: usize| {
            let (side, outer, inner) = self.level(i);
            16 * outer * inner * side * side
        };
        let maps: usize = (0..self.levels).map(map).sum();
        let (side, _, inner) = self.level(self.levels - 1);
        let last = inner * side * side;
        let linear = self.code * last;
        let (g, d) = (linear + maps, maps + last);
        let generator = 2 * g + g + (g - linear);
        let discriminator = 3 * d + 2 * d + 2 * (d - map(0)) + d;
        (2 * self.batch * (generator + discriminator)) as u64
    }
}

/// First values of a parameter, by its name and shape.
pub type Start<'a> = &'a dyn Fn(&str, &[usize]) -> Vec<f32>;

/// A learned tensor, and RMSprop's mean of its squared gradients.
struct Parameter<const D: usize> {
    value: Tensor<D>,
    square: Tensor<D>,
}

impl<const D: usize> Parameter<D> {
    fn new(name: &str, shape: [usize; D], start: Start, device: &Device) -> Self {
        let value = Tensor::from_data(TensorData::new(start(name, &shape), shape), device);
        Parameter { square: value.zeros_like(), value: value.autodiff().require_grad() }
    }

    /// As a constant where no gradient is asked for: then none is computed.
    fn get(&self, constant: bool) -> Tensor<D> {
        let value = self.value.clone();
        if constant { value.without_autodiff() } else { value }
    }

    /// One update; `project` is applied to the new value.
    fn update(&mut self, gradients: &mut Gradients, project: impl Fn(Tensor<D>) -> Tensor<D>) {
        let gradient = self.value.grad_remove(gradients).expect("the loss depends on every parameter of its network");
        self.square = self.square.clone() * DECAY + gradient.clone().square() * (1.0 - DECAY);
        let step = gradient / (self.square.clone().sqrt() + EPS) * LR;
        self.value = project(self.value.clone().without_autodiff() - step).autodiff().require_grad();
    }
}

/// What a layer does with its normalised weight.
#[derive(Clone, Copy)]
enum Map {
    /// From codes to images of this side.
    Linear { side: usize },
    /// 4x4, stride 2.
    Conv,
    /// 4x4, stride 2.
    Transposed,
    /// Over the whole image, to one pixel.
    Whole,
}

/// Threshold and slope per channel.
struct Tprelu {
    threshold: Parameter<1>,
    slope: Parameter<1>,
}

/// A weight-normalised map: strict with an activation, or affine and the last of its network.
struct Layer {
    map: Map,
    weight: Parameter<4>,
    tprelu: Option<Tprelu>,
    affine: Option<[Parameter<1>; 2]>,
}

impl Layer {
    /// A hidden layer: `module.part` holds the weight, `module.tprelu` the activation.
    fn strict(
        module: &str,
        part: &str,
        map: Map,
        shape: [usize; 4],
        channels: usize,
        start: Start,
        on: &Device,
    ) -> Self {
        let one = |name: &str| Parameter::new(&format!("{module}.tprelu.{name}"), [channels], start, on);
        let weight = Parameter::new(&format!("{module}.{part}.weight"), shape, start, on);
        Layer { map, weight, tprelu: Some(Tprelu { threshold: one("bias"), slope: one("weight") }), affine: None }
    }

    fn affine(name: &str, map: Map, shape: [usize; 4], channels: usize, start: Start, on: &Device) -> Self {
        let one = |part: &str| Parameter::new(&format!("{name}.{part}"), [channels], start, on);
        let weight = Parameter::new(&format!("{name}.weight"), shape, start, on);
        Layer { map, weight, tprelu: None, affine: Some([one("scale"), one("bias")]) }
    }

    /// w = v / sqrt(f |v|^2 + eps) per output unit, f = 1/4 for a transposed convolution of stride 2.
    fn normalised(&self, constant: bool) -> Tensor<4> {
        let v = self.weight.get(constant);
        let [a, b, h, w] = v.dims();
        let squares = v.clone().square();
        let sums = match self.map {
            Map::Transposed => squares.reshape([a, b, h * w]).sum_dim(2).sum_dim(0).reshape([1, b, 1, 1]) * 0.25,
            _ => squares.reshape([a, b * h * w]).sum_dim(1).reshape([a, 1, 1, 1]),
        };
        v / (sums + NORM_EPS).sqrt()
    }

    fn forward(&self, x: Tensor<4>, constant: bool) -> Tensor<4> {
        let w = self.normalised(constant);
        let mut y = match self.map {
            Map::Linear { side } => {
                let [units, code, ..] = w.dims();
                let [batch, ..] = x.dims();
                let product = x.reshape([batch, code]).matmul(w.reshape([units, code]).transpose());
                product.reshape([batch, units / (side * side), side, side])
            }
            Map::Conv => conv2d(x, w, None, ConvOptions::new([2; 2], [1; 2], [1; 2], 1)),
            Map::Transposed => {
                conv_transpose2d(x, w, None, ConvTransposeOptions::new([2; 2], [1; 2], [0; 2], [1; 2], 1))
            }
            Map::Whole => {
                // As a product: gradients through conv2d are wrong where its output is one pixel (burn 0.22.1).
                let [batch, channels, h, width] = x.dims();
                let depth = channels * h * width;
                x.reshape([batch, depth]).matmul(w.reshape([1, depth]).transpose()).reshape([batch, 1, 1, 1])
            }
        };
        let per_channel = |parameter: &Parameter<1>| {
            let value = parameter.get(constant);
            let channels = value.dims()[0];
            value.reshape([1, channels, 1, 1])
        };
        if let Some([scale, bias]) = &self.affine {
            y = y * per_channel(scale) + per_channel(bias);
        }
        if let Some(Tprelu { threshold, slope }) = &self.tprelu {
            let threshold = per_channel(threshold);
            y = prelu(y - threshold.clone(), slope.get(constant)) + threshold;
        }
        y
    }

    fn update(&mut self, gradients: &mut Gradients) {
        self.weight.update(gradients, |value| value);
        for parameter in self.affine.iter_mut().flatten() {
            parameter.update(gradients, |value| value);
        }
        if let Some(Tprelu { threshold, slope }) = &mut self.tprelu {
            threshold.update(gradients, |value| value);
            slope.update(gradients, |value| value.clamp(0.0, 1.0));
        }
    }
}

fn forward(layers: &[Layer], x: Tensor<4>, constant: bool) -> Tensor<4> {
    layers.iter().fold(x, |x, layer| layer.forward(x, constant))
}

fn generator(w: &Workload, start: Start, device: &Device) -> Vec<Layer> {
    let (side, _, inner) = w.level(w.levels - 1);
    let shape = [inner * side * side, w.code, 1, 1];
    let mut layers = vec![Layer::strict("gen.initial", "linear", Map::Linear { side }, shape, inner, start, device)];
    for i in (0..w.levels).rev() {
        let (_, outer, inner) = w.level(i);
        let (module, shape) = (format!("gen.level.{i}"), [inner, outer, 4, 4]);
        layers.push(if i == 0 {
            Layer::affine(&format!("{module}.conv"), Map::Transposed, shape, outer, start, device)
        } else {
            Layer::strict(&module, "conv", Map::Transposed, shape, outer, start, device)
        });
    }
    layers
}

fn discriminator(w: &Workload, start: Start, device: &Device) -> Vec<Layer> {
    let mut layers = Vec::new();
    for i in 0..w.levels {
        let (_, outer, inner) = w.level(i);
        let shape = [inner, outer, 4, 4];
        layers.push(Layer::strict(&format!("dis.level.{i}"), "conv", Map::Conv, shape, inner, start, device));
    }
    let (side, _, inner) = w.level(w.levels - 1);
    layers.push(Layer::affine("dis.final.conv", Map::Whole, [1, inner, side, side], 1, start, device));
    layers
}

/// Both networks in training.
pub struct Training {
    workload: Workload,
    generator: Vec<Layer>,
    discriminator: Vec<Layer>,
}

impl Training {
    pub fn new(workload: &Workload, start: Start, device: &Device) -> Self {
        Training {
            workload: *workload,
            generator: generator(workload, start, device),
            discriminator: discriminator(workload, start, device),
        }
    }

    fn fakes(&self, z: Tensor<2>, constant: bool) -> Tensor<4> {
        let [batch, code] = z.dims();
        sigmoid(forward(&self.generator, z.reshape([batch, code, 1, 1]), constant))
    }

    fn logits(&self, images: Tensor<4>, constant: bool) -> Tensor<1> {
        let [batch, ..] = images.dims();
        forward(&self.discriminator, images, constant).reshape([batch])
    }

    /// D on real images and fakes, as one batch because nothing couples its images; then G through the new D. Returns
    /// D's losses on real images and on fakes, and G's.
    pub fn step(&mut self, real: Tensor<4>, z_d: Tensor<2>, z_g: Tensor<2>) -> Tensor<1> {
        let batch = self.workload.batch;
        let logits = self.logits(Tensor::cat(vec![real, self.fakes(z_d, true)], 0), false);
        let d_real = softplus(logits.clone().slice([0..batch]).neg(), 1.0).mean();
        let d_fake = softplus(logits.slice([batch..2 * batch]), 1.0).mean();
        let mut gradients = (d_real.clone() + d_fake.clone()).backward();
        self.discriminator.iter_mut().for_each(|layer| layer.update(&mut gradients));

        let g_loss = softplus(self.logits(self.fakes(z_g, false), true).neg(), 1.0).mean();
        let mut gradients = g_loss.backward();
        self.generator.iter_mut().for_each(|layer| layer.update(&mut gradients));
        Tensor::cat([d_real, d_fake, g_loss].map(Tensor::without_autodiff).into(), 0)
    }
}
