//! Initial parameters (paper, initialisation): weights and plain biases uniform in +-1/sqrt(fan_in), so ||v|| is near
//! sqrt(1/3) whatever the fan-in; gains 1, affine biases 0, slopes 0.25 (0 where they are held), thresholds 0. The first
//! linear layer of a weight-normalised G is scaled by 0.01: the forward pass does not see it, the effective learning
//! rate does. Batch norm as in Torch: scales uniform in [0, 1), biases 0.

use crate::config::{Config, Norm};
use crate::gan::border::{NamedTensor, Role, state_tensors, tensors};
use crate::nn::parameters::Layout;
use crate::nn::{Kind, LayerSpec, LinearMap};
use crate::rng::{self, Stream};

const INITIAL_LINEAR_FACTOR: f32 = 0.01;
const INITIAL_SLOPE: f32 = 0.25;

/// The flat parameters and state of a network. `network` is 0 for G and 1 for D, so that they draw different numbers;
/// numbers are drawn in PyTorch's element order and do not depend on the layout inside.
pub fn network(specs: &[LayerSpec], layout: &Layout, config: &Config, network: u32) -> (Vec<f32>, Vec<f32>) {
    let mut values = vec![0.0; layout.count as usize];
    let mut state = vec![0.0; layout.state as usize];
    let learned = tensors(specs, layout);
    let states = state_tensors(specs, layout);
    let stream = |number: usize| Stream::Init as u32 + 2 * number as u32 + network;
    for (number, (layer, tensor)) in learned.iter().enumerate() {
        let fill = initial(&specs[*layer], tensor, config, stream(number));
        tensor.insert(&fill, &mut values);
    }
    for (number, tensor) in states.iter().enumerate() {
        let count = tensor.inside.len();
        let fill = match tensor.role {
            Role::RunningVariance => vec![1.0; count],
            Role::Singular => uniform(count, 1.0, stream(learned.len() + number), config.seed),
            _ => vec![0.0; count],
        };
        tensor.insert(&fill, &mut state);
    }
    (values, state)
}

fn uniform(count: usize, bound: f32, stream: u32, seed: u32) -> Vec<f32> {
    rng::uniforms(count, 0, stream, seed).map(|u| bound * (2.0 * u - 1.0)).collect()
}

fn initial(spec: &LayerSpec, tensor: &NamedTensor, config: &Config, stream: u32) -> Vec<f32> {
    let count = tensor.inside.len();
    let of_map = |map: LinearMap| {
        let small = map.kind == Kind::Linear && matches!(config.norm, Norm::Weight | Norm::WeightAffine);
        let factor = if small { INITIAL_LINEAR_FACTOR } else { 1.0 };
        uniform(count, factor / (map.fan_in() as f32).sqrt(), stream, config.seed)
    };
    match (tensor.role, spec.map()) {
        (Role::Weight, Some(map)) => of_map(map),
        (Role::Bias, Some(map)) if !map.has_gain() => of_map(map),
        (Role::Gain, _) => vec![1.0; count],
        (Role::Slope, _) => vec![INITIAL_SLOPE; count],
        (Role::BatchScale, _) => rng::uniforms(count, 0, stream, config.seed).collect(),
        // The block starts as its shortcut: the residue's gate is 0.
        (Role::Gates, _) => (0..count).map(|i| if i < count / 2 { 0.0 } else { 1.0 }).collect(),
        _ => vec![0.0; count],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Activation;
    use crate::gan::architecture;
    use crate::nn::Op;

    #[test]
    fn held_slopes_and_thresholds_are_zero() {
        let config = Config { activation: Activation::Trelu, ..Config::default() };
        let specs = architecture::generator(&config);
        let layout = Layout::new(&specs);
        let (values, _) = network(&specs, &layout, &config, 0);
        assert!(specs.iter().any(|spec| matches!(spec.op, Op::Tprelu { learn_slope: false, .. })));
        assert!(values[layout.pair_begin as usize..].iter().all(|&value| value == 0.0));
    }
}
