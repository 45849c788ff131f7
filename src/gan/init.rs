//! Initial parameters, distributed as in the authors' code: what each layer says of its tensors, drawn from the seed.

use crate::config::Role;
use crate::nn::LayerSpec;
use crate::nn::parameters::{Layout, NamedTensor, learned_tensors, state_tensors};
use crate::nn::tensor::Init;
use crate::rng::{self, Stream};

/// The flat parameters and state of a network. G and D draw different numbers; numbers are drawn in PyTorch's element
/// order and do not depend on the layout inside.
pub fn network(role: Role, specs: &[LayerSpec], layout: &Layout, seed: u32) -> (Vec<f32>, Vec<f32>) {
    let mut values = vec![0.0; layout.count as usize];
    let mut state = vec![0.0; layout.state as usize];
    let learned = learned_tensors(role, specs, layout);
    let of_network = match role {
        Role::Generator => 0,
        Role::Discriminator => 1,
    };
    let mut stream = (0u32..).map(|number| Stream::Init as u32 + 2 * number + of_network);
    let mut fill = |tensors: &[NamedTensor], flat: &mut [f32]| {
        for (tensor, stream) in tensors.iter().zip(&mut stream) {
            tensor.insert(&initial(tensor, stream, seed), flat);
        }
    };
    fill(&learned, &mut values);
    fill(&state_tensors(role, specs, layout), &mut state);
    (values, state)
}

fn initial(NamedTensor { tensor, .. }: &NamedTensor, stream: u32, seed: u32) -> Vec<f32> {
    let count = tensor.len();
    let uniform = || rng::uniforms(count, 0, stream, seed);
    match tensor.init {
        Init::Constant(value) => vec![value; count],
        Init::Symmetric(bound) => uniform().map(|u| bound * (2.0 * u - 1.0)).collect(),
        Init::Unit => uniform().collect(),
        Init::SecondHalf => (0..count).map(|i| if i < count / 2 { 0.0 } else { 1.0 }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Activation, Config};
    use crate::gan::architecture;

    #[test]
    fn held_slopes_and_thresholds_are_zero() {
        let config = Config { activation: Activation::Trelu, ..Config::default() };
        let specs = architecture::layers(&config, Role::Generator);
        let layout = Layout::new(&specs);
        let (values, _) = network(Role::Generator, &specs, &layout, 1);
        let learned = learned_tensors(Role::Generator, &specs, &layout);
        assert!(learned.iter().any(|tensor| tensor.name.ends_with("trelu.bias")));
        assert!(!learned.iter().any(|tensor| tensor.name.ends_with("relu.weight")));
        assert!(values[layout.kink_begin as usize..].iter().all(|&value| value == 0.0));
    }
}
