//! The goldens that hold every element: `tests/golden/elements.safetensors` of `scripts/golden.py`.
#![allow(dead_code, reason = "each test crate that includes this file uses its part of it")]

use crate::golden::{self, Settings};
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use wn_gan::config::Config;

/// A tensor as PyTorch computed it twice.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its shape, in PyTorch's layout.
    pub shape: Vec<usize>,
    /// Its elements in double precision.
    pub double: Vec<f64>,
    /// Its elements in single precision, from the same start and inputs.
    pub single: Vec<f32>,
}

/// Three training steps from [`golden::parameters`] with [`golden::Start::Spread`] on [`golden::inputs`].
#[derive(Debug)]
pub struct Elements {
    /// Norm and order.
    pub name: String,
    /// All settings.
    pub config: Config,
    /// By name, the gradients of the first step that the optimiser consumed.
    pub gradient: BTreeMap<String, Column>,
    /// By name, parameters and state after three steps.
    pub after: BTreeMap<String, Column>,
}

/// Every norm in both orders.
pub fn cases() -> Vec<Elements> {
    let path = golden::path("elements.safetensors");
    let file = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let (_, header) = SafeTensors::read_metadata(&file).expect("a header");
    let metadata = header.metadata().as_ref().expect("metadata");
    let base: Settings = serde_json::from_str(&metadata["base"]).expect("settings");
    let cases: Vec<Settings> = serde_json::from_str(&metadata["cases"]).expect("settings of every case");
    let tensors = SafeTensors::deserialize(&file).expect("tensors");
    let case = |own: Settings| {
        let config = golden::settings(&base, own);
        let name = format!("{}.{}", config.norm.name(), config.order.name());
        let column = |part| columns(&tensors, &format!("{name}/{part}"));
        Elements { gradient: column("gradient"), after: column("after"), name, config }
    };
    cases.into_iter().map(case).collect()
}

/// The tensors `PART/NAME` with their counterparts `PART32/NAME`, by name.
fn columns(tensors: &SafeTensors, part: &str) -> BTreeMap<String, Column> {
    let names = tensors.names().into_iter().filter_map(|name| name.strip_prefix(&format!("{part}/")));
    let column = |name: &str| {
        let [double, single] = ["", "32"].map(|suffix| {
            tensors.tensor(&format!("{part}{suffix}/{name}")).unwrap_or_else(|e| panic!("{part}{suffix}/{name}: {e}"))
        });
        assert_eq!((double.dtype(), single.dtype()), (Dtype::F64, Dtype::F32), "{part}/{name}");
        Column {
            shape: double.shape().to_vec(),
            double: double.data().as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect(),
            single: single.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
        }
    };
    names.map(|name| (name.to_owned(), column(name))).collect()
}
