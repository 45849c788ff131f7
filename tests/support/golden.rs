//! The goldens of `scripts/golden.py`: their files, and the parameters and inputs that both sides make by one formula.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use wn_gan::config::{Config, Norm, Role};
use wn_gan::reference::Tensor;
use wn_gan::reference::layer::Parameters;
use wn_gan::reference::network::Network;

/// The files with training steps of settings that both networks share.
const TRAINING: [&str; 8] = [
    "gan16_weight",
    "gan16_none",
    "gan16_batch",
    "gan16_weight-affine",
    "gan16_spectral",
    "gan16_adam",
    "gan32",
    "resnet",
];

/// The files with training steps of settings that belong to one network, a layer or the training alone.
const OPTIONS: [&str; 7] =
    ["gan16_options", "gan16_affine", "gan16_rpgan", "gan16_sgd", "gan16_forced", "gan16_pixel", "resnet_options"];

/// One run of PyTorch in double precision.
#[derive(Debug, Clone)]
pub struct Case<G> {
    /// The file and what is particular about the case in it.
    pub name: String,
    /// All settings; `lr`, `test_lr` and the optimiser's constants among them. No warm-up.
    pub config: Config,
    /// What PyTorch found.
    pub golden: G,
}

/// Three training steps from [`parameters`] with [`Start::Spread`] on [`inputs`]. Where D is updated more than once per
/// step, its numbers are those of its last update.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingGolden {
    /// Of every step.
    #[serde(deserialize_with = "losses")]
    pub losses: Vec<Losses>,
    /// Per step the Euclidean norms of D's whole gradient and of G's.
    pub total: Vec<[f64; 2]>,
    /// By name, everything that is learned.
    pub parameters: BTreeMap<String, ParameterGolden>,
    /// By name, the rest: running statistics, directions of spectral normalisation.
    pub state: BTreeMap<String, Change>,
    /// By name, the average of every parameter of G, where one is kept.
    #[serde(default)]
    pub average: BTreeMap<String, Change>,
    /// How far PyTorch's own single precision is from this.
    pub float32: TrainingFloat32,
}

/// A learned parameter, as `[gradient 0, gradient 1, gradient 2, change, along]`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(from = "[f64; 5]")]
pub struct ParameterGolden {
    /// Euclidean norms of the gradient that the optimiser consumed in each step.
    pub gradients: [f64; 3],
    /// What all steps together changed.
    pub change: Change,
}

/// How a tensor changed over all steps, as `[norm, along]`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(from = "[f64; 2]")]
pub struct Change {
    /// Euclidean norm of the change.
    pub norm: f64,
    /// Projection of the change on [`direction`].
    pub along: f64,
}

/// Largest relative deviations of PyTorch in single precision from PyTorch in double precision.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingFloat32 {
    /// Of losses before any update.
    pub before: f64,
    /// Of all later losses.
    pub after: f64,
    /// Of the norms of step 0's gradients, per parameter; vanishing ones ([`vanishes`]) do not count.
    pub gradients: f64,
}

/// A reconstruction of [`images`] `target` by gradient descent on z from zeros.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconstructionGolden {
    /// Mean squared error after 0, 10, ..., 50 steps.
    pub mse: Vec<f64>,
    /// Euclidean norm of the last z.
    pub z: f64,
    /// Eight elements of the last z, see [`some`].
    pub some_z: Vec<f64>,
    /// How far PyTorch's own single precision is from this.
    pub float32: ReconstructionFloat32,
}

/// Relative deviations of PyTorch in single precision from PyTorch in double precision.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconstructionFloat32 {
    /// The largest of the errors `mse`.
    pub mse: f64,
    /// Of the last z: norm of the difference by norm.
    pub z: f64,
}

/// Ten steps from a seed, as the reference implementation does them with the program's own initial parameters, batches and codes.
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

impl From<[f64; 5]> for ParameterGolden {
    fn from([a, b, c, norm, along]: [f64; 5]) -> Self {
        ParameterGolden { gradients: [a, b, c], change: Change { norm, along } }
    }
}

impl From<[f64; 2]> for Change {
    fn from([norm, along]: [f64; 2]) -> Self {
        Change { norm, along }
    }
}

/// Compares with `tests/golden/reference_trajectory.json` to the rounding of two f64 programs, or writes it if
/// `UPDATE_GOLDEN=1`. With spectral norm the reference starts from the device's singular vectors, which carry the rounding of f32 (6e-8), here
/// with room for what ten steps make of it.
pub fn hold_trajectories(runs: &[TrajectoryGolden]) {
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(runs).expect("numbers and strings");
        std::fs::write(path("reference_trajectory.json"), text + "\n").expect("the file can be written");
    }
    let committed: Vec<TrajectoryGolden> = read("reference_trajectory");
    assert_eq!(runs.len(), committed.len());
    for (run, golden) in runs.iter().zip(&committed) {
        assert_eq!(run.config, golden.config);
        let numbers = |run: &TrajectoryGolden| {
            run.losses.iter().flatten().chain(run.grad_norms.values()).copied().collect::<Vec<_>>()
        };
        let (found, expected) = (numbers(run), numbers(golden));
        assert_eq!(found.len(), expected.len());
        let bound = if run.config.norm == Norm::Spectral { 1e-6 } else { 1e-9 };
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() <= bound * expected.abs(), "{found:e} instead of {expected:e}");
        }
    }
}

/// D's loss on real images, on fakes, and in all, and G's. The first two are there where D's loss is their sum.
pub type Losses = [Option<f64>; 4];

/// A file has D's losses on real images and on fakes, or D's loss; then G's.
fn losses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Losses>, D::Error> {
    let steps = Vec::<Vec<f64>>::deserialize(deserializer)?;
    let of_step = |losses: &Vec<f64>| match *losses.as_slice() {
        [real, fake, of_g] => Ok([Some(real), Some(fake), Some(real + fake), Some(of_g)]),
        [of_d, of_g] => Ok([None, None, Some(of_d), Some(of_g)]),
        _ => Err(serde::de::Error::invalid_length(losses.len(), &"two or three losses")),
    };
    steps.iter().map(of_step).collect()
}

/// Every run of training steps: gan16 with each norm, loss, order and activation, gan16 with Adam, gan32, a ResNet.
pub fn training_cases() -> impl Iterator<Item = Case<TrainingGolden>> {
    TRAINING.into_iter().flat_map(cases)
}

/// Runs with norms, rates and numbers of updates of their own for each network, averaged weights, gains and biases
/// elsewhere than the norm has them, one slope and threshold per layer, a loss of pairs, momentum, forced
/// weight normalisation, pixel normalisation.
pub fn option_cases() -> impl Iterator<Item = Case<TrainingGolden>> {
    OPTIONS.into_iter().flat_map(cases)
}

/// Every reconstruction with [`parameters`] from [`Start::AtKinks`]: gan16 with each norm (batch normalisation with both
/// statistics), gan32, a ResNet.
pub fn reconstruction_cases() -> impl Iterator<Item = Case<ReconstructionGolden>> {
    cases("reconstruction").into_iter()
}

/// Reconstructions with the averaged weights of G after the three training steps of [`TrainingGolden`].
pub fn averaged_reconstruction_cases() -> impl Iterator<Item = Case<ReconstructionGolden>> {
    cases("reconstruction_average").into_iter()
}

/// By tensor, how far PyTorch's single precision ends up from its double precision over all steps of a training case: the
/// distance of the changes relative to the change.
pub fn float32_changes(case: &str) -> BTreeMap<String, f64> {
    static BY_CASE: OnceLock<BTreeMap<String, BTreeMap<String, f64>>> = OnceLock::new();
    let by_case = || {
        let by_file: BTreeMap<String, Vec<BTreeMap<String, f64>>> = read("float32_changes");
        let of_file = |(stem, changes): (String, Vec<_>)| {
            let names = cases::<TrainingGolden>(&stem).into_iter().map(|case| case.name);
            names.zip(changes).collect::<Vec<_>>()
        };
        by_file.into_iter().flat_map(of_file).collect()
    };
    BY_CASE.get_or_init(by_case).get(case).expect("a training case").clone()
}

/// The cases of one file, whose settings are those of `base` and the case's own.
fn cases<G: DeserializeOwned>(stem: &str) -> Vec<Case<G>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File<G> {
        #[serde(rename = "torch")]
        _torch: String,
        base: Settings,
        cases: Vec<Entry<G>>,
    }
    #[derive(Deserialize)]
    struct Entry<G> {
        config: Settings,
        #[serde(flatten)]
        golden: G,
    }
    let File { base, cases, .. } = read::<File<G>>(stem);
    let case = |Entry { config, golden }: Entry<G>| {
        let own = serde_json::Value::Object(config.clone());
        Case { name: format!("{stem} {own}"), config: settings(&base, config), golden }
    };
    cases.into_iter().map(case).collect()
}

/// Settings as they stand in a file, by key.
pub type Settings = serde_json::Map<String, serde_json::Value>;

/// The settings of a case: those of all and its own.
pub fn settings(base: &Settings, own: Settings) -> Config {
    let all: Settings = base.clone().into_iter().chain(own).collect();
    Config::from_json(&serde_json::Value::Object(all).to_string()).expect("settings of a golden")
}

/// Whether the exact gradient of parameter `name` is 0: a channel's bias in front of batch normalisation only moves the
/// mean that is subtracted again, and the bias of D's logit cancels in a loss of pairs. What is found there is rounding,
/// in PyTorch too.
pub fn vanishes(config: &Config, name: &str) -> bool {
    if name == "dis.final.conv.bias" && config.loss.generator_reads_real() {
        return true;
    }
    let ends = ["gen.level.0.conv.bias", "dis.level.0.conv.bias", "dis.final.conv.bias"];
    let role = if name.starts_with("gen.") { Role::Generator } else { Role::Discriminator };
    config.norm_of(role) == Norm::Batch && name.ends_with(".conv.bias") && !ends.contains(&name)
}

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

/// A file among the goldens. Cargo starts tests at the root of the package; so does scripts/gpu.sh, on machines where it was
/// not built.
pub fn path(file: &str) -> PathBuf {
    Path::new("tests/golden").join(file)
}

fn read<T: DeserializeOwned>(stem: &str) -> T {
    let path = path(&format!("{stem}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
