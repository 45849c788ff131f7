//! The networks measured here are the project's: three steps against its PyTorch references (`scripts/golden.py`).

use crate::training::{Training, WORKLOADS, Workload};
use burn::tensor::{Tensor, TensorData};

/// The formula of parameters and inputs in `scripts/golden_networks.py`.
fn numbers(name: &str, count: usize) -> impl Iterator<Item = u32> {
    let seed = name.bytes().fold(0x811C_9DC5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (0..count as u32).map(move |i| {
        let x = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9));
        let x = (x ^ (x >> 16)).wrapping_mul(0x7FEB_352D);
        let x = (x ^ (x >> 15)).wrapping_mul(0x846C_A68B);
        x ^ (x >> 16)
    })
}

fn uniforms(name: &str, count: usize) -> Vec<f32> {
    numbers(name, count).map(|x| (x >> 11) as f32 / (1 << 20) as f32 - 1.0).collect()
}

fn start(name: &str, shape: &[usize]) -> Vec<f32> {
    let fan_in: usize = shape[1..].iter().product();
    let small = if name == "gen.initial.linear.weight" { 0.01 } else { 1.0 };
    let factor = small / (fan_in as f64).sqrt();
    let value = |u: f32| match name {
        _ if name.ends_with("prelu.weight") => (0.5 + u).clamp(0.0, 1.0),
        _ if name.ends_with(".scale") => 1.0 + u / 8.0,
        _ if name.ends_with(".bias") => u / 8.0,
        _ => (f64::from(u) * factor) as f32,
    };
    uniforms(name, shape.iter().product()).into_iter().map(value).collect()
}

fn images(w: &Workload, name: &str) -> TensorData {
    let shape = [w.batch, w.channels, w.side, w.side];
    let bytes = numbers(name, shape.iter().product()).map(|x| (x >> 24) as f32 / 255.0);
    TensorData::new(bytes.collect::<Vec<_>>(), shape)
}

fn codes(w: &Workload, name: &str) -> TensorData {
    let sums: Vec<f32> = uniforms(name, 3 * w.batch * w.code).chunks_exact(3).map(|u| u.iter().sum()).collect();
    TensorData::new(sums, [w.batch, w.code])
}

/// Losses of three steps in the order `alternating`, with the loss on logits and the norm's own activation.
fn reference(file: &str) -> Vec<Vec<f64>> {
    let path = format!("{}/../../../tests/golden/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the references are committed");
    let content: serde_json::Value = serde_json::from_str(&text).expect("they are JSON");
    let of_interest = |case: &&serde_json::Value| {
        let is = |key: &str, value: &str| case["config"].get(key).is_none_or(|found| found == value);
        is("order", "alternating") && is("loss", "bce") && is("activation", "tprelu")
    };
    let case = content["cases"].as_array().and_then(|cases| cases.iter().find(of_interest)).expect("the case is there");
    serde_json::from_value(case["losses"].clone()).expect("three losses a step")
}

#[test]
fn losses_are_those_of_the_references() {
    let (device, _) = crate::open().expect("an adapter");
    for (workload, file) in WORKLOADS.iter().zip(["gan16_weight", "gan32"]) {
        let mut training = Training::new(workload, &start, &device);
        for (t, expected) in reference(file).into_iter().enumerate() {
            let on = |data| Tensor::from_data(data, &device);
            let real = Tensor::from_data(images(workload, &format!("real.{t}")), &device);
            let (z_d, z_g) = (codes(workload, &format!("z_d.{t}")), codes(workload, &format!("z_g.{t}")));
            let losses = training.step(real, on(z_d), on(z_g)).into_data();
            // RMSprop's first steps have one length whatever the gradient, so that elements whose gradient is rounding
            // go either way. A wrong gradient is seen at 5e-2.
            let bound = if t == 0 { 1e-5 } else { 5e-3 };
            for (found, expected) in losses.iter::<f64>().zip(expected) {
                let off = (found / expected - 1.0).abs();
                println!("{} step {t}: {found} for {expected}, off by {off:.1e}", workload.name);
                assert!(off < bound, "{} step {t}: {found} for {expected}", workload.name);
            }
        }
    }
}
