//! The border to the outside: the authors' parameter names and PyTorch's layouts on one side, the flat buffer on the
//! other. Inside, images are NHWC and weights [kernel_h, kernel_w, big, small]; outside, images are NCHW, convolution
//! weights [out, in, kh, kw], transposed ones [in, out, kh, kw], linear ones [out, in].

use crate::nn::parameters::Layout;
use crate::nn::{Activation, Kind, LayerSpec, Shape};

/// One named tensor of the outside and where its elements lie inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTensor {
    /// E.g. `level.0.conv.weight`, without the prefix `gen.` or `dis.`.
    pub name: String,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// For every element in PyTorch's order, its index in the flat parameter buffer.
    pub inside: Vec<u32>,
    /// What the tensor is, for initialisation.
    pub role: Role,
}

/// What a tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Raw weight v.
    Weight,
    /// Gain of an affine layer.
    Gain,
    /// Bias.
    Bias,
    /// Slopes of TPReLU or PReLU.
    Slope,
    /// Thresholds of TPReLU.
    Threshold,
}

impl NamedTensor {
    /// The tensor's values in PyTorch's order, out of a flat buffer.
    pub fn extract(&self, flat: &[f32]) -> Vec<f32> {
        self.inside.iter().map(|&i| flat[i as usize]).collect()
    }

    /// Writes values in PyTorch's order into a flat buffer.
    pub fn insert(&self, values: &[f32], flat: &mut [f32]) {
        for (&i, &value) in self.inside.iter().zip(values) {
            flat[i as usize] = value;
        }
    }
}

/// Every learned tensor of a network with the index of its layer, in the order of the layers.
pub fn tensors(specs: &[LayerSpec], layout: &Layout) -> Vec<(usize, NamedTensor)> {
    let mut all = Vec::new();
    for (index, (spec, at)) in specs.iter().zip(&layout.layers).enumerate() {
        let module = if spec.kind == Kind::Linear { "linear" } else { "conv" };
        let name = |part: &str| format!("{}.{part}", spec.name);
        let units = spec.units() as usize;
        let (shape, weight) = weight_order(spec);
        let inside = weight.into_iter().map(|i| at.weight + i).collect();
        let mut add = |name: String, shape, inside, role| all.push((index, NamedTensor { name, shape, inside, role }));
        add(name(&format!("{module}.weight")), shape, inside, Role::Weight);
        let per_unit = |offset: u32| unit_order(spec).into_iter().map(|u| offset + u).collect::<Vec<_>>();
        if let Some(offset) = at.gain {
            add(name(&format!("{module}.scale")), vec![units], per_unit(offset), Role::Gain);
        }
        if let Some(offset) = at.bias {
            add(name(&format!("{module}.bias")), vec![units], per_unit(offset), Role::Bias);
        }
        if let (Some(offset), Activation::Tprelu { learn_threshold, learn_slope }) = (at.pairs, spec.activation) {
            let activation = if learn_threshold { "tprelu" } else { "prelu" };
            let channels = spec.output.c;
            let every_second = |first: u32| (0..channels).map(|c| offset + 2 * c + first).collect::<Vec<_>>();
            if learn_slope {
                add(name(&format!("{activation}.weight")), vec![channels as usize], every_second(1), Role::Slope);
            }
            if learn_threshold {
                add(name(&format!("{activation}.bias")), vec![channels as usize], every_second(0), Role::Threshold);
            }
        }
    }
    all
}

/// PyTorch's shape of a layer's weight and, for every element in that order, its index inside the layer's block.
fn weight_order(spec: &LayerSpec) -> (Vec<usize>, Vec<u32>) {
    let size = |n: u32| n as usize;
    match spec.kind {
        Kind::Linear => {
            let (inputs, units) = (spec.input.len(), spec.units());
            let order = unit_order(spec);
            let inside = order.iter().flat_map(|&unit| (0..inputs).map(move |k| k * units + unit)).collect();
            (vec![size(units), size(inputs)], inside)
        }
        // Both conv [out, in, kh, kw] and transposed conv [in, out, kh, kw] are [small, big, kh, kw].
        Kind::Conv { kernel, .. } => kernel_order(kernel, spec.input.c, spec.output.c),
        Kind::ConvTranspose { kernel, .. } => kernel_order(kernel, spec.output.c, spec.input.c),
        Kind::FullConv => kernel_order([spec.input.h, spec.input.w], spec.input.c, spec.output.c),
    }
}

fn kernel_order([kh, kw]: [u32; 2], big: u32, small: u32) -> (Vec<usize>, Vec<u32>) {
    let mut inside = Vec::with_capacity((kh * kw * big * small) as usize);
    for s in 0..small {
        for b in 0..big {
            for tap in 0..kh * kw {
                inside.push((tap * big + b) * small + s);
            }
        }
    }
    (vec![small as usize, big as usize, kh as usize, kw as usize], inside)
}

/// For every unit in PyTorch's order, its index inside. Only a linear layer's units are reordered: (c, h, w) to (h, w, c).
fn unit_order(spec: &LayerSpec) -> Vec<u32> {
    if spec.kind == Kind::Linear { nchw_order(spec.output) } else { (0..spec.units()).collect() }
}

/// For every value of an image in NCHW order, its index in NHWC order.
pub fn nchw_order(shape: Shape) -> Vec<u32> {
    let mut order = Vec::with_capacity(shape.len() as usize);
    for c in 0..shape.c {
        for pixel in 0..shape.h * shape.w {
            order.push(pixel * shape.c + c);
        }
    }
    order
}

/// Images in NCHW order as NHWC.
pub fn images_from_nchw(shape: Shape, values: &[f32]) -> Vec<f32> {
    let order = nchw_order(shape);
    let mut images = vec![0.0; values.len()];
    for (to, from) in images.chunks_exact_mut(order.len()).zip(values.chunks_exact(order.len())) {
        for (&inside, &value) in order.iter().zip(from) {
            to[inside as usize] = value;
        }
    }
    images
}

/// Images in NHWC order as NCHW.
pub fn images_to_nchw(shape: Shape, values: &[f32]) -> Vec<f32> {
    let order = nchw_order(shape);
    values.chunks_exact(order.len()).flat_map(|image| order.iter().map(|&i| image[i as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Norm};
    use crate::gan::architecture;

    #[test]
    fn every_parameter_has_one_place_outside_or_is_a_held_threshold() {
        for norm in Norm::ALL {
            let config = Config { norm, width: 12, height: 10, nfeature: 5, code_size: 7, ..Config::default() };
            for specs in [architecture::generator(&config), architecture::discriminator(&config)] {
                let layout = Layout::new(&specs);
                let mut seen = vec![0; layout.count as usize];
                for (_, tensor) in tensors(&specs, &layout) {
                    assert_eq!(tensor.shape.iter().product::<usize>(), tensor.inside.len(), "{}", tensor.name);
                    tensor.inside.iter().for_each(|&i| seen[i as usize] += 1);
                }
                let held = |i: usize| {
                    norm == Norm::None
                        && i >= layout.pair_begin as usize
                        && (i - layout.pair_begin as usize).is_multiple_of(2)
                };
                for (i, &count) in seen.iter().enumerate() {
                    assert_eq!(count, usize::from(!held(i)), "{norm:?} parameter {i}");
                }
            }
        }
    }

    #[test]
    fn images_go_out_and_come_back() {
        let shape = Shape::new(2, 3, 3);
        let values: Vec<f32> = (0..36u8).map(f32::from).collect();
        assert_eq!(images_to_nchw(shape, &images_from_nchw(shape, &values)), values);
    }
}
