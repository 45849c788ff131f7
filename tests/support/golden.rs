//! The goldens of `scripts/golden.py`: their files, and the parameters and inputs that both sides make by one formula.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wn_gan::config::{Config, Norm, Order};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::network::Network;

/// Three training steps as PyTorch does them in double precision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingGolden {
    pub torch: String,
    pub norm: Norm,
    pub order: Order,
    pub lr: f64,
    pub steps: Vec<StepGolden>,
    pub parameters: BTreeMap<String, ParameterGolden>,
}

/// Losses and gradient norms of one step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepGolden {
    pub d_loss_real: f64,
    pub d_loss_fake: f64,
    pub g_loss: f64,
    pub grad_norms: BTreeMap<String, f64>,
}

/// A parameter after the last step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterGolden {
    /// Euclidean norm of its change since the start.
    pub change: f64,
    /// Projection of the change on the stream `NAME.direction`.
    pub along: f64,
    /// Eight of its elements, see [`some`].
    pub some: Vec<f64>,
}

/// A reconstruction by gradient descent on z from zeros.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconstructionGolden {
    pub torch: String,
    pub norm: Norm,
    pub lr: f64,
    pub steps: usize,
    /// Mean squared error after 0, 10, ... steps.
    pub mse: Vec<f64>,
    /// Euclidean norm of the last z.
    pub z: f64,
    /// Eight elements of the last z, see [`some`].
    pub some_z: Vec<f64>,
}

/// Ten steps from a seed, as the f64 twin does them with the program's own initial parameters, batches and codes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrajectoryGolden {
    /// The run; its data set is the first 600 built-in faces of its seed.
    pub config: Config,
    /// d_loss_real, d_loss_fake, g_loss of every step.
    pub losses: Vec<[f64; 3]>,
    /// Gradient norms of the first step.
    pub grad_norms: BTreeMap<String, f64>,
}

/// Compares with `tests/golden/trajectory.json` to the rounding of two f64 programs, or writes it if `UPDATE_GOLDEN=1`.
pub fn hold_trajectories(runs: &[TrajectoryGolden]) {
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(runs).expect("numbers and strings");
        std::fs::write(path("trajectory"), text + "\n").expect("the file can be written");
    }
    let committed: Vec<TrajectoryGolden> = read("trajectory");
    assert_eq!(runs.len(), committed.len());
    for (run, golden) in runs.iter().zip(&committed) {
        assert_eq!(run.config, golden.config);
        let numbers = |run: &TrajectoryGolden| {
            run.losses.iter().flatten().chain(run.grad_norms.values()).copied().collect::<Vec<_>>()
        };
        let (found, expected) = (numbers(run), numbers(golden));
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found:e} instead of {expected:e}");
        }
    }
}

/// Reads `tests/golden/gan16_{norm}_{order}.json`.
pub fn training(norm: Norm, order: Order) -> TrainingGolden {
    read(&format!("gan16_{}_{}", word(norm), word(order)))
}

/// Reads `tests/golden/gan16_{norm}_reconstruction.json`.
pub fn reconstruction(norm: Norm) -> ReconstructionGolden {
    read(&format!("gan16_{}_reconstruction", word(norm)))
}

/// The goldens' configuration.
pub fn config(norm: Norm, order: Order) -> Config {
    Config { norm, order, warmup: 0, ..Config::preset("gan16").expect("a preset of this crate") }
}

/// Where the parameters start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Slopes, thresholds, scales and biases spread around their usual initial values: training.
    Spread,
    /// Exactly at those values, so that z = 0 meets every kink: reconstruction.
    AtKinks,
}

/// The formula-made initial parameters of both networks of `config`, exactly representable in f32.
pub fn parameters(config: &Config, start: Start) -> Parameters {
    let networks = [Network::generator(config), Network::discriminator(config)];
    let shapes = networks.iter().flat_map(Network::parameters);
    shapes.map(|(name, shape)| (name.clone(), parameter(&name, &shape, config.norm, start))).collect()
}

fn parameter(name: &str, shape: &[usize], norm: Norm, start: Start) -> Tensor {
    let at_kinks = start == Start::AtKinks;
    let small = if norm == Norm::Weight && name == "gen.initial.linear.weight" { 0.01 } else { 1.0 };
    let bound = small / (shape[1..].iter().product::<usize>() as f64).sqrt();
    let value = |u: f64| {
        if name.ends_with("prelu.weight") {
            if at_kinks { 0.25 } else { (0.5 + u).clamp(0.0, 1.0) }
        } else if name.ends_with(".scale") {
            if at_kinks { 1.0 } else { 1.0 + u / 8.0 }
        } else if name.ends_with(".bias") {
            if at_kinks { 0.0 } else { u / 8.0 }
        } else {
            f64::from((u * bound) as f32)
        }
    };
    let count = shape.iter().product();
    Tensor::new(shape, (0..count).map(|i| value(uniform(name, i))).collect())
}

/// A batch of images `[16, 1, 16, 16]`: every pixel one byte over 255. The streams are `real.{step}` and `target`.
pub fn images(config: &Config, name: &str) -> Tensor {
    let shape = [config.batch_size, config.channels, config.height, config.width].map(|length| length as usize);
    let count = shape.iter().product();
    Tensor::new(&shape, (0..count).map(|i| f64::from(number(name, i) >> 24) / 255.0).collect())
}

/// Latent codes `[16, 32]`: sums of three uniform numbers. The streams are `z_d.{step}` and `z_g.{step}`.
pub fn codes(config: &Config, name: &str) -> Tensor {
    let shape = [config.batch_size, config.code_size].map(|length| length as usize);
    let sum = |i| (0..3).map(|j| uniform(name, 3 * i + j)).sum();
    Tensor::new(&shape, (0..shape[0] * shape[1]).map(sum).collect())
}

/// The fixed direction on which the change of parameter `name` is projected.
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

/// The setting as it is written in file names and in JSON.
fn word(setting: impl serde::Serialize) -> String {
    let json = serde_json::to_value(setting).expect("settings are plain enums");
    json.as_str().expect("which are written as one word").to_owned()
}

fn path(stem: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{stem}.json"))
}

fn read<T: serde::de::DeserializeOwned>(stem: &str) -> T {
    let path = path(stem);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
