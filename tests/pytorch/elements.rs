//! Every element of gradients and of changes, beside what PyTorch's single precision makes of it.

use crate::bounds::FACTOR;
use crate::elements::{self, Column, Elements};
use crate::golden::{self, Inputs, Start};
use crate::gpu;
use crate::parallel;
use crate::support::{load, nhwc, to_f32, trainer_of};
use pollster::block_on;
use std::collections::BTreeMap;
use std::sync::Arc;
use wn_gan::config::{Config, Norm};
use wn_gan::device::Device;
use wn_gan::gan::state_dict::Named;
use wn_gan::nn::gemm::Variant;

/// Terms of a part of batch normalisation's sums. PyTorch adds these in double precision on a CPU, we in single, which
/// leaves the root of their number of roundings instead of one.
const TERMS: f64 = 256.0;

/// Of every tensor, the Euclidean distance from double precision by the norm: ours, and PyTorch's in single precision.
fn distances(
    config: &Config,
    found: &[Named],
    columns: &BTreeMap<String, Column>,
    origin: impl Fn(&str) -> Vec<f64>,
) -> Vec<(String, [f64; 2])> {
    let mut all = Vec::new();
    for (name, shape, values) in found {
        let column = &columns[name];
        assert_eq!(*shape, column.shape, "{name}");
        if golden::vanishes(config, name) {
            continue;
        }
        let origin = origin(name);
        let size = distance(&column.double, &origin);
        let wide = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
        let of = |values: &[f32]| distance(&wide(values), &column.double) / size;
        all.push((name.clone(), [of(values), of(&column.single)]));
    }
    assert!(all.len() > 5, "tensors were compared");
    all
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// The tensors that are too far: further than a factor times what PyTorch's single precision is off, in the tensor itself
/// or, where luck left that small, as the root mean square over all tensors.
fn too_far(config: &Config, what: &str, distances: &[(String, [f64; 2])]) -> Vec<String> {
    let factor = if config.norm == Norm::Batch { FACTOR * TERMS.sqrt() } else { FACTOR };
    let count = distances.len() as f64;
    let typical = (distances.iter().map(|(_, [_, theirs])| theirs.powi(2)).sum::<f64>() / count).sqrt();
    let near = |ours: f64, theirs: f64| ours <= factor * theirs.max(typical);
    let far = distances.iter().filter(|(_, [ours, theirs])| !near(*ours, *theirs));
    let text = |(name, [ours, theirs]): &(String, [f64; 2])| {
        format!("{what} of {name}: {ours:.1e}, PyTorch's single precision {theirs:.1e}, typically {typical:.1e}")
    };
    far.map(text).collect()
}

/// What a device finds in three steps.
struct Found {
    /// The gradients of the first step.
    gradient: Vec<Named>,
    /// Parameters and state after the last.
    after: Vec<Named>,
}

fn train(Elements { config, .. }: &Elements, on: (Variant, Arc<Device>)) -> Found {
    let mut trainer = trainer_of(&Config { test_interval: 0, ..config.clone() }, on);
    load(&mut trainer, &golden::parameters(config, Start::Spread));
    let mut step = |t: usize| {
        let Inputs { real, z_d, z_g } = golden::inputs(config, t);
        block_on(trainer.replay_step(&nhwc(config, &real[0]), &to_f32(&z_d[0]), &to_f32(&z_g))).unwrap();
        block_on(trainer.gradients()).unwrap()
    };
    let gradient = step(0);
    step(1);
    step(2);
    let mut after = block_on(trainer.parameters()).unwrap();
    after.extend(block_on(trainer.state()).unwrap());
    Found { gradient, after }
}

fn failures(case: &Elements, found: &Found) -> Vec<String> {
    let Elements { name, config, gradient, after } = case;
    let start = golden::parameters(config, Start::Spread);
    let gradients = distances(config, &found.gradient, gradient, |name| vec![0.0; gradient[name].double.len()]);
    let mut all = too_far(config, &format!("{name}: gradient"), &gradients);
    let changes = distances(config, &found.after, after, |name| start[name].data.clone());
    all.extend(too_far(config, &format!("{name}: change"), &changes));
    all
}

#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn every_element_is_no_further_from_double_precision_than_pytorchs_single() {
    let (variants, cases) = (gpu::variants(), elements::cases());
    let runs: Vec<_> = variants.iter().flat_map(|on| cases.iter().map(move |case| (on, case))).collect();
    let all = parallel::each(&runs, |&(on, case)| {
        let found = failures(case, &train(case, on.clone()));
        found.iter().map(|text| format!("{:?} {text}", on.0)).collect::<Vec<_>>()
    });
    let all = all.concat();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// Two elements of a gradient in each other's place, and an update of a neighbour's parameter: norms do not see either.
#[test]
#[cfg_attr(no_gpu, ignore = "WNGAN_NO_GPU=1")]
fn elements_in_each_others_place_are_seen() {
    let case = elements::cases().swap_remove(0);
    let mut found = train(&case, gpu::suited());
    assert_eq!(failures(&case, &found), [""; 0]);
    let tensor = |all: &[Named]| all.iter().position(|(name, ..)| name == "gen.level.1.conv.weight").unwrap();
    let (of_gradient, of_after) = (tensor(&found.gradient), tensor(&found.after));
    found.gradient[of_gradient].2.swap(10, 11);
    found.after[of_after].2.swap(10, 11);
    let seen = failures(&case, &found);
    let of = |what: &str| seen.iter().any(|text| text.contains(&format!("{what} of gen.level.1.conv.weight")));
    assert!(seen.len() == 2 && of("gradient") && of("change"), "{seen:?}");
}
