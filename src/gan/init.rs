//! Initial parameters (paper, initialisation): weights and plain biases uniform in +-1/sqrt(fan_in), so ||v|| is near
//! sqrt(1/3) whatever the fan-in; gains 1, affine biases 0, slopes 0.25, thresholds 0. The first linear layer of a
//! normalised G is scaled by 0.01: the forward pass does not see it, the effective learning rate does.

use crate::config::Norm;
use crate::gan::border::{Role, tensors};
use crate::nn::parameters::Layout;
use crate::nn::{Kind, LayerSpec};
use crate::rng::{self, Stream};

const INITIAL_LINEAR_FACTOR: f32 = 0.01;
const INITIAL_SLOPE: f32 = 0.25;

/// The flat parameters of a network. `network` is 0 for G and 1 for D, so that they draw different numbers; numbers
/// are drawn in PyTorch's element order and do not depend on the layout inside.
pub fn parameters(specs: &[LayerSpec], layout: &Layout, norm: Norm, network: u32, seed: u32) -> Vec<f32> {
    let mut flat = vec![0.0; layout.count as usize];
    for (number, (layer, tensor)) in tensors(specs, layout).into_iter().enumerate() {
        let spec = &specs[layer];
        let count = tensor.inside.len();
        let stream = Stream::Init as u32 + 2 * number as u32 + network;
        let factor = if spec.kind == Kind::Linear && norm == Norm::Weight { INITIAL_LINEAR_FACTOR } else { 1.0 };
        let bound = factor / (spec.fan_in() as f32).sqrt();
        let uniform = || rng::uniforms(count, 0, stream, seed).map(|u| bound * (2.0 * u - 1.0)).collect();
        let values: Vec<f32> = match tensor.role {
            Role::Weight => uniform(),
            Role::Bias if spec.has_gain() => vec![0.0; count],
            Role::Bias => uniform(),
            Role::Gain => vec![1.0; count],
            Role::Slope => vec![INITIAL_SLOPE; count],
            Role::Threshold => vec![0.0; count],
        };
        tensor.insert(&values, &mut flat);
    }
    flat
}
