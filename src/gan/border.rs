//! The border to the outside: the authors' parameter names and PyTorch's layouts on one side, the flat buffer on the
//! other. Inside, images are NHWC and weights [kernel_h, kernel_w, big, small]; outside, images are NCHW, convolution
//! weights [out, in, kh, kw], transposed ones [in, out, kh, kw], linear ones [out, in].

use crate::nn::parameters::Layout;
use crate::nn::{Kind, LayerSpec, LinearMap, Op, Reparameterisation, Shape};

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
    /// Gain of an affine layer, or scale of an affine map per channel.
    Gain,
    /// Bias.
    Bias,
    /// Slopes of TPReLU or PReLU.
    Slope,
    /// Thresholds of TPReLU or TReLU.
    Threshold,
    /// Scale of a batch norm.
    BatchScale,
    /// Bias of a batch norm, or of an affine map per channel.
    ChannelBias,
    /// Gates of an addition: residue, then shortcut.
    Gates,
    /// Running mean of a batch norm, in the state.
    RunningMean,
    /// Running variance of a batch norm, in the state.
    RunningVariance,
    /// Spectral norm's vector t, in the state.
    Singular,
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

/// Every learned tensor of a network with the number of its layer, in the order of the layers.
pub fn tensors(specs: &[LayerSpec], layout: &Layout) -> Vec<(usize, NamedTensor)> {
    let mut all = Vec::new();
    for (index, (spec, at)) in specs.iter().zip(&layout.layers).enumerate() {
        let mut add = |part: &str, shape: Vec<usize>, inside, role| {
            all.push((index, NamedTensor { name: format!("{}.{part}", spec.name), shape, inside, role }));
        };
        if let Some(map) = spec.map() {
            let units = map.units() as usize;
            let (shape, weight) = weight_order(&map);
            add("weight", shape, weight.into_iter().map(|i| at.weight + i).collect(), Role::Weight);
            let per_unit = |offset: u32| unit_order(&map).into_iter().map(|u| offset + u).collect::<Vec<_>>();
            if let Some(offset) = at.gain {
                add("scale", vec![units], per_unit(offset), Role::Gain);
            }
            if let Some(offset) = at.bias {
                add("bias", vec![units], per_unit(offset), Role::Bias);
            }
        }
        let Some(offset) = at.pairs else { continue };
        let channels = spec.output.c;
        let one = vec![channels as usize];
        let every_second = |first: u32| (0..channels).map(|c| offset + 2 * c + first).collect::<Vec<_>>();
        match spec.op {
            Op::Tprelu { learn_threshold, learn_slope } => {
                if learn_slope {
                    add("weight", one.clone(), every_second(1), Role::Slope);
                }
                if learn_threshold {
                    add("bias", one, every_second(0), Role::Threshold);
                }
            }
            Op::BatchNorm => {
                add("weight", one.clone(), every_second(1), Role::BatchScale);
                add("bias", one, every_second(0), Role::ChannelBias);
            }
            Op::ChannelAffine => {
                add("scale", one.clone(), every_second(1), Role::Gain);
                add("bias", one, every_second(0), Role::ChannelBias);
            }
            Op::Addition => {
                let both = (0..2).flat_map(every_second).collect();
                add("weight", vec![2, channels as usize], both, Role::Gates);
            }
            Op::Map(..) | Op::Sigmoid | Op::AveragePool { .. } | Op::Upsample { .. } | Op::Rescale => {}
        }
    }
    all
}

/// Every tensor of a network's state buffer, which training moves without a gradient.
pub fn state_tensors(specs: &[LayerSpec], layout: &Layout) -> Vec<NamedTensor> {
    let mut all = Vec::new();
    for (spec, at) in specs.iter().zip(&layout.layers) {
        let Some(offset) = at.state else { continue };
        let mut add = |part: &str, inside: Vec<u32>, role| {
            let name = format!("{}.{part}", spec.name);
            all.push(NamedTensor { name, shape: vec![inside.len()], inside, role });
        };
        match (spec.op, spec.map()) {
            (Op::Map(_, Reparameterisation::Spectral), Some(map)) => {
                add("weight_v", row_order(&map).into_iter().map(|i| offset + i).collect(), Role::Singular);
            }
            _ => {
                let every_second = |first: u32| (0..spec.output.c).map(|c| offset + 2 * c + first).collect();
                add("running_mean", every_second(0), Role::RunningMean);
                add("running_var", every_second(1), Role::RunningVariance);
            }
        }
    }
    all
}

/// PyTorch's shape of a layer's weight and, for every element in that order, its index inside the layer's block.
fn weight_order(spec: &LinearMap) -> (Vec<usize>, Vec<u32>) {
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

/// For every row of the weight as a matrix [rows, units], in PyTorch's order (channel, then tap), its index inside (tap,
/// then channel).
fn row_order(map: &LinearMap) -> Vec<u32> {
    let units = map.units();
    let (_, weight) = weight_order(map);
    weight.into_iter().filter(|i| i % units == 0).map(|i| i / units).collect()
}

/// For every unit in PyTorch's order, its index inside. Only a linear layer's units are reordered: (c, h, w) to (h, w, c).
fn unit_order(spec: &LinearMap) -> Vec<u32> {
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
    use crate::config::{Activation, Config, Net, Norm};
    use crate::gan::architecture;

    fn all_configs() -> Vec<Config> {
        let base = Config { width: 12, height: 10, nfeature: 5, code_size: 7, ..Config::default() };
        let dcgan = Norm::ALL.into_iter().flat_map(|norm| {
            use Activation::{Auto, Prelu, Relu, Tprelu, Trelu};
            [Auto, Relu, Trelu, Prelu, Tprelu].map(|activation| Config { norm, activation, ..base.clone() })
        });
        dcgan.chain([Config { net: Net::Resnet, nblock: 2, ..base.clone() }]).collect()
    }

    #[test]
    fn every_parameter_has_one_place_outside_or_is_held() {
        for config in all_configs() {
            for specs in [architecture::generator(&config), architecture::discriminator(&config)] {
                let layout = Layout::new(&specs);
                let mut seen = vec![0; layout.count as usize];
                for (_, tensor) in tensors(&specs, &layout) {
                    assert_eq!(tensor.shape.iter().product::<usize>(), tensor.inside.len(), "{}", tensor.name);
                    tensor.inside.iter().for_each(|&i| seen[i as usize] += 1);
                }
                for (spec, at) in specs.iter().zip(&layout.layers) {
                    if let (Op::Tprelu { learn_threshold, learn_slope }, Some(pairs)) = (spec.op, at.pairs) {
                        for c in 0..spec.output.c {
                            seen[(pairs + 2 * c) as usize] += u32::from(!learn_threshold);
                            seen[(pairs + 2 * c + 1) as usize] += u32::from(!learn_slope);
                        }
                    }
                }
                assert!(seen.iter().all(|&count| count == 1), "{config:?}");
                let mut state = vec![0; layout.state as usize];
                for tensor in state_tensors(&specs, &layout) {
                    tensor.inside.iter().for_each(|&i| state[i as usize] += 1);
                }
                assert!(state.iter().all(|&count| count == 1), "{config:?}");
            }
        }
    }

    #[test]
    fn names_are_unique() {
        for config in all_configs() {
            for specs in [architecture::generator(&config), architecture::discriminator(&config)] {
                let layout = Layout::new(&specs);
                let learned = tensors(&specs, &layout).into_iter().map(|(_, tensor)| tensor.name);
                let mut names: Vec<_> =
                    learned.chain(state_tensors(&specs, &layout).into_iter().map(|tensor| tensor.name)).collect();
                let count = names.len();
                names.sort();
                names.dedup();
                assert_eq!(names.len(), count, "{config:?}");
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
