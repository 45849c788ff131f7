//! Which variant of the matrix products is fastest on a device, by measuring.

use super::convolution::Convolution;
use crate::clock::now;
use crate::config::Reparameterisation;
use crate::device::{Buffer, Device, Dispatch, DispatchList, Progress, StepUniforms, Timer};
use crate::error::Result;
use crate::nn::gemm::{TileSize, Variant};
use crate::nn::layer::conv::Conv;
use crate::nn::layer::linear_map::{MapLayer, WeightSpec};
use crate::nn::parameters::Layout;
use crate::nn::{Io, LayerSpec, Shape, Weights};
use std::rc::Rc;

/// Nothing new is begun once this many milliseconds have passed, so that the whole takes about a second.
const BUDGET_MILLIS: f64 = 800.0;
/// What is measured: images; pixels of a side, channels in and channels out of a convolution. The smallest for which every
/// size of tiles chooses its own.
pub const PROBE: (u32, [u32; 3]) = (128, [32, 64, 128]);
/// On a device where one run takes longer nothing is measured: too slow for its work to depend much on the choice, and it
/// would not answer meanwhile.
const LONGEST_MILLIS: f64 = 200.0;
/// What shows how slow it is, one after the other, each only if the one before says that it will not take long: a small
/// product alone would say too little of a large device.
const STEPS: [(u32, [u32; 3]); 3] = [(2, [8, 8, 16]), (2, [32, 16, 32]), (2, [32, 64, 128])];
/// Rounds in which every candidate runs once, after one that only warms up; the shortest run of each counts.
const ROUNDS: usize = 5;

/// A variant and what it took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Which one.
    pub variant: Variant,
    /// Milliseconds for the three directions of a convolution.
    pub millis: f64,
}

/// A variant for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Which one.
    pub variant: Variant,
    /// Whether all candidates were measured, so that the choice is worth keeping.
    pub measured: bool,
}

/// Kernel variants that are worth a measurement on a device, [`Variant::for_device`] first. On software adapters it is the
/// only one: the others are several times as slow there, and a pipeline takes seconds to build.
pub fn candidates(device: &Device) -> Vec<Variant> {
    let table = Variant::for_device(device);
    let others = [TileSize::Small, TileSize::Medium, TileSize::Large]
        .map(Variant::Tile)
        .into_iter()
        .filter(|&variant| variant != table);
    let others: Vec<Variant> = if device.software() { Vec::new() } else { others.collect() };
    std::iter::once(table).chain(others).collect()
}

/// The fastest of [`candidates`], in about a second; where there is one only, or all measurements fail, the first of them.
pub async fn fastest(device: &Device) -> Choice {
    let candidates = candidates(device);
    if let [only] = candidates[..] {
        return Choice { variant: only, measured: false };
    }
    // A variant that cannot be measured cannot be used; whatever else is wrong with the device shows soon enough.
    let measured = measure(device, &candidates, PROBE, BUDGET_MILLIS).await.unwrap_or_default();
    Choice {
        variant: measured.first().map_or(candidates[0], |best| best.variant),
        measured: measured.len() == candidates.len(),
    }
}

/// Measures kernel variants in turn on a convolution like [`PROBE`] until `budget` milliseconds have passed; at least the
/// first, unless the device is too slow for any. Fastest first; those that the device refuses, or that there was no time for,
/// are missing.
///
/// # Errors
/// [`crate::Error::Limit`] when the convolution is too large for the device, [`crate::Error::Device`] when it failed.
pub async fn measure(
    device: &Device,
    variants: &[Variant],
    (rows, layer): (u32, [u32; 3]),
    budget: f64,
) -> Result<Vec<Measured>> {
    let started = now();
    let timer = Timer::new(device).await?;
    if let Some(&variant) = variants.first() {
        approach(device, variant, (rows, layer)).await?;
    }
    let mut lists = Vec::new();
    for &variant in variants {
        if !lists.is_empty() && now() - started > budget {
            break;
        }
        let dispatches = directions(device, variant, rows, layer)?.map(|(_, dispatch)| dispatch).into();
        if let Ok(list) = compile(device, dispatches).await {
            if takes_long(device, &list) {
                break;
            }
            timer.millis(device, &list, 1).await?;
            lists.push((Measured { variant, millis: f64::INFINITY }, list));
        }
    }
    for round in 0..ROUNDS {
        if round > 0 && now() - started > budget {
            break;
        }
        for (measured, list) in &mut lists {
            measured.millis = timer.millis(device, list, 1).await?.min(measured.millis);
        }
    }
    let mut all: Vec<Measured> = lists.into_iter().map(|(measured, _)| measured).collect();
    all.sort_by(|a, b| a.millis.total_cmp(&b.millis));
    Ok(all)
}

/// Learns how fast a device is at products like those that are measured.
async fn approach(device: &Device, variant: Variant, (rows, [side, from, to]): (u32, [u32; 3])) -> Result<()> {
    for (few, smaller) in STEPS {
        if few > rows || smaller[0] > side || smaller[1] > from || smaller[2] > to {
            break;
        }
        let dispatches = directions(device, variant, few, smaller)?.map(|(_, dispatch)| dispatch);
        let list = compile(device, dispatches.into()).await?;
        if takes_long(device, &list) {
            break;
        }
        device.learn(&list).await?;
    }
    Ok(())
}

fn takes_long(device: &Device, list: &DispatchList) -> bool {
    device.millis_of(list.cost()).is_some_and(|millis| millis > LONGEST_MILLIS)
}

/// Compiles dispatches into a list of their own.
///
/// # Errors
/// As [`DispatchList::compile`].
pub async fn compile(device: &Device, dispatches: Vec<Dispatch>) -> Result<DispatchList> {
    let uniforms = StepUniforms::new(device, 1)?;
    DispatchList::compile(device, &uniforms, dispatches, &mut Progress::new(1, &mut |_, _, _| {})).await
}

/// A 4x4 convolution of stride 2 from `rows` images [side, side, from] to [side/2, side/2, to], each direction with its name:
/// forward (fprop), to its input (dgrad) and to its weight (wgrad).
///
/// # Errors
/// [`crate::Error::Limit`] when a buffer is too large for the device.
pub fn directions(
    device: &Device,
    variant: Variant,
    rows: u32,
    [side, from, to]: [u32; 3],
) -> Result<[(&'static str, Dispatch); 3]> {
    let weight =
        WeightSpec { reparameterisation: Reparameterisation::Plain, gain: None, bias: false, init_factor: 1.0 };
    let conv = Conv { kernel: [4, 4], stride: 2, pad: [1, 1], weight };
    let io = Io { input: Shape::new(side, side, from), output: Shape::new(side / 2, side / 2, to) };
    let specs = [LayerSpec { name: "conv".into(), layer: Rc::new(conv), inputs: vec![0], io }];
    let layout = Layout::new(&specs);
    let buffer = |name: &str, len: u32| Buffer::new(device, name, len as usize);
    let dummy = buffer("dummy", 1)?;
    let map = conv.map(io);
    let convolution = Convolution { name: "conv", map: &map, at: &layout.layers[0], rows, variant, dummy: &dummy };
    let values = buffer("weights", layout.count)?;
    let weights = Weights { effective: values.clone(), params: values, state: dummy.clone() };
    let [x, y] = [rows * io.input.len(), rows * io.output.len()];
    let (big, small) = (buffer("x", x)?, buffer("y", y)?);
    let (dx, dy) = (buffer("dx", x)?, buffer("dy", y)?);
    let parts = buffer("parts", convolution.weight_parts() * map.weights())?;
    Ok([
        ("forward", convolution.forward(&weights, &big.at(0), &small.at(0), None)),
        ("input gradient", convolution.input_gradient(&weights, &dy.at(0), &dx.at(0), None)),
        ("weight gradient", convolution.weight_gradient(&big.at(0), &dy.at(0), None, &parts.at(0))),
    ])
}
