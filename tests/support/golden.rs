//! The goldens of `scripts/golden.py`: their files. What both sides make by one formula is in formula.rs.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

#[path = "formula.rs"]
mod formula;

pub use formula::*;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use wn_gan::config::{Config, Norm, Role};

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

/// The runs of every other file of training steps: settings of one network, of a layer or of the training alone, and
/// choices that came later. Their names begin with that of a network.
pub fn option_cases() -> impl Iterator<Item = Case<TrainingGolden>> {
    let entries = std::fs::read_dir(path("")).expect("the folder of goldens can be read");
    let names = entries.map(|entry| entry.expect("its entries can be read").file_name().to_string_lossy().into_owned());
    let stems = names.filter_map(|name| name.strip_suffix(".json").map(String::from));
    let of_network = |stem: &String| stem.starts_with("gan") || stem.starts_with("resnet");
    let others: BTreeSet<_> = stems.filter(|stem| of_network(stem) && !TRAINING.contains(&stem.as_str())).collect();
    others.into_iter().flat_map(|stem| cases(&stem))
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
