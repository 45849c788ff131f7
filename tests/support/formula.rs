//! The parameters and inputs of the goldens, which `scripts/golden_networks.py` makes by the same formula.

use wn_gan::config::{Config, Role};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::network::Network;

/// Where the parameters start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Slopes, thresholds, scales, gates and biases spread around their usual initial values: training.
    Spread,
    /// Exactly at those values, so that z = 0 meets every kink: reconstruction.
    AtKinks,
}

/// The formula-made initial parameters and state of both networks of `config`, exactly representable in f32.
pub fn parameters(config: &Config, start: Start) -> Parameters {
    let networks = Role::BOTH.map(|role| Network::of(config, role));
    let state = |network: &Network| network.state().into_iter().map(|state| (state.name, state.shape));
    let shapes = networks.iter().flat_map(|network| network.parameters().into_iter().chain(state(network)));
    let mut all = Parameters::new();
    for (name, shape) in shapes {
        // The weight comes before its direction.
        let tensor = match name.strip_suffix("_v") {
            Some(weight) => mixture(&name, &all[weight]),
            None => parameter(&name, &shape, config, start),
        };
        all.insert(name, tensor);
    }
    all
}

fn parameter(name: &str, shape: &[usize], config: &Config, start: Start) -> Tensor {
    let normalised = config.norm_parts(Role::Generator).weight.is_by_length();
    let small = if normalised && name == "gen.initial.linear.weight" { 0.01 } else { 1.0 };
    let bound = small / (shape[1..].iter().product::<usize>() as f64).sqrt();
    let value = |i: usize| {
        let u = uniform(name, i);
        let spread = if start == Start::AtKinks { 0.0 } else { u };
        if name.ends_with("prelu.weight") {
            if start == Start::AtKinks { 0.25 } else { (0.5 + u).clamp(0.0, 1.0) }
        } else if name.ends_with("batchnorm.weight") {
            (1.0 + u) / 2.0
        } else if name.ends_with("addition.weight") {
            if i < shape[1] { spread / 2.0 } else { 1.0 + spread / 8.0 }
        } else if name.ends_with(".scale") {
            1.0 + spread / 8.0
        } else if name.ends_with(".bias") {
            spread / 8.0
        } else if name.ends_with("running_mean") {
            u / 8.0
        } else if name.ends_with("running_var") {
            1.0 + u / 2.0
        } else {
            f64::from((u * bound) as f32)
        }
    };
    let count = shape.iter().product();
    Tensor::new(shape, (0..count).map(value).collect())
}

/// Spectral normalisation's direction: a random mixture of the weight's rows, which is half a power iteration, so that
/// sigma is of the right size.
fn mixture(name: &str, weight: &Tensor) -> Tensor {
    let units = weight.shape[0];
    let inputs = weight.data.len() / units;
    let element = |i: usize| (0..units).map(|unit| uniform(name, unit) * weight.data[unit * inputs + i]).sum::<f64>();
    Tensor::new(&[inputs], (0..inputs).map(|i| f64::from(element(i) as f32)).collect())
}

/// What a training step reads: for every update of D a real batch and codes, and codes for the update of G.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// `[B, C, H, W]`
    pub real: Vec<Tensor>,
    /// `[B, code]`
    pub z_d: Vec<Tensor>,
    /// `[B, code]`
    pub z_g: Tensor,
}

/// The inputs of step `t`: [`images`] `real.{u}` and [`codes`] `z_d.{u}` of the updates `u` of D, `z_g.{t}`.
pub fn inputs(config: &Config, t: usize) -> Inputs {
    let updates = t * config.n_dis as usize..(t + 1) * config.n_dis as usize;
    Inputs {
        real: updates.clone().map(|u| images(config, &format!("real.{u}"))).collect(),
        z_d: updates.map(|u| codes(config, &format!("z_d.{u}"))).collect(),
        z_g: codes(config, &format!("z_g.{t}")),
    }
}

/// A batch of images `[B, C, H, W]`: every pixel one byte over 255. The streams are `real.{update}` and `target`.
pub fn images(config: &Config, name: &str) -> Tensor {
    let shape = [config.batch_size, config.channels, config.height, config.width].map(|length| length as usize);
    let count = shape.iter().product();
    Tensor::new(&shape, (0..count).map(|i| f64::from(number(name, i) >> 24) / 255.0).collect())
}

/// Latent codes `[B, code]`: sums of three uniform numbers. The streams are `z_d.{update}` and `z_g.{step}`.
pub fn codes(config: &Config, name: &str) -> Tensor {
    let shape = [config.batch_size, config.code_size].map(|length| length as usize);
    let sum = |i| (0..3).map(|j| uniform(name, 3 * i + j)).sum();
    Tensor::new(&shape, (0..shape[0] * shape[1]).map(sum).collect())
}

/// The fixed direction on which the change of tensor `name` is projected.
pub fn direction(name: &str, count: usize) -> Vec<f64> {
    let stream = format!("{name}.direction");
    (0..count).map(|i| uniform(&stream, i)).collect()
}

/// Eight elements spread over a tensor, the first and the last among them.
pub fn some(tensor: &Tensor) -> Vec<f64> {
    (0..8).map(|i| tensor.data[i * (tensor.data.len() - 1) / 7]).collect()
}

/// A number in `[-1, 1)` on a grid of 2^-20.
fn uniform(name: &str, index: usize) -> f64 {
    f64::from(number(name, index) >> 11) / f64::from(1 << 20) - 1.0
}

/// Word `index` of the stream `name`: a 32-bit hash, seeded by the FNV-1a hash of the name.
fn number(name: &str, index: usize) -> u32 {
    let seed = name.bytes().fold(0x811C_9DC5u32, |seed, byte| (seed ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let mut x = seed.wrapping_add((index as u32).wrapping_mul(0x9E37_79B9));
    x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
    x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}
