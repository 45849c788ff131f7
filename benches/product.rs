//! Single matrix products beside the adapter's own peak: the three directions of large convolutions, with every body that
//! the adapter can run.
//!
//! `cargo bench --bench product -- [batch]` (64). Median of several runs, each from submit to a finished read-back of one
//! number; GFLOP/s count the multiply-adds of the convolution, taps on padding among them, two operations each.

use pollster::block_on;
use std::sync::Arc;
use std::time::Instant;
use wn_gan::gan::bench::peak;
use wn_gan::gpu::context::Limits;
use wn_gan::gpu::{Buffer, Call, Gpu, Program, Progress, StepSlots};
use wn_gan::nn::convolution::{Convolution, Epilogue};
use wn_gan::nn::product::{Body, Size};
use wn_gan::nn::{Kind, LayerSpec, Network, Op, Reparameterisation, Shape, Weights};

const RUNS: usize = 7;

fn main() -> wn_gan::Result<()> {
    let batch = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(64);
    let gpu = Arc::new(block_on(Gpu::open(Limits::Adapter))?);
    let peak = block_on(peak(&gpu))? / 1e9;
    println!("{} ({}), peak {peak:.1} GFLOP/s, batch {batch}", gpu.name(), gpu.backend());
    let tiles = [Size::Small, Size::Medium, Size::Large].map(Body::Tile);
    let subgroup =
        [Body::Subgroup, Body::Quad].into_iter().find(|body| body.lanes() == gpu.lanes() && gpu.lanes().is_some());
    for layer in [[16, 64, 128], [8, 128, 256], [8, 256, 512]] {
        for body in tiles.into_iter().chain(subgroup) {
            measure(&gpu, body, batch, layer, peak)?;
        }
    }
    Ok(())
}

/// A 4x4 convolution of stride 2 forward, to its input and to its weight.
fn measure(gpu: &Arc<Gpu>, body: Body, rows: u32, [side, from, to]: [u32; 3], peak: f64) -> wn_gan::Result<()> {
    let kind = Kind::Conv { kernel: [4, 4], stride: 2, pad: [1, 1] };
    let spec = LayerSpec {
        name: "conv".into(),
        op: Op::Map(kind, Reparameterisation::Plain),
        inputs: vec![0],
        input: Shape::new(side, side, from),
        output: Shape::new(side / 2, side / 2, to),
    };
    let [x, y] = [spec.input.len(), spec.output.len()];
    let network = Network::new(gpu, "bench", vec![spec], body, false)?;
    let Some(convolution) = network.convolution(0, rows) else { return Ok(()) };
    let buffer = |name: &str, len: u32| Buffer::new(gpu, name, len as usize);
    let (big, small) = (buffer("x", rows * x)?, buffer("y", rows * y)?);
    let (dx, dy) = (buffer("dx", rows * x)?, buffer("dy", rows * y)?);
    let parts = buffer("parts", convolution.weight_parts() * convolution.map.weights())?;
    let values = network.parameters.values.clone();
    let weights = Weights { effective: values.clone(), params: values, state: network.parameters.state.clone() };
    let Convolution { map, .. } = convolution;
    let flop = 2.0 * f64::from(rows) * f64::from(map.weights()) * f64::from(map.output.h * map.output.w);
    for (what, call) in [
        ("forward", convolution.forward(&weights, &big.at(0), &small.at(0), Epilogue::Plain)),
        ("input gradient", convolution.input_gradient(&weights, &dy.at(0), &dx.at(0), Epilogue::Plain)),
        ("weight gradient", convolution.weight_gradient(&big.at(0), &dy.at(0), None, &parts.at(0))),
    ] {
        let gflops = flop / time(gpu, call)? / 1e6;
        let share = 100.0 * gflops / peak;
        println!("{from:>4} to {to:<4} {:<22} {what:<16} {gflops:9.1} GFLOP/s  {share:5.1} %", format!("{body:?}"));
    }
    Ok(())
}

/// Median milliseconds of a dispatch.
fn time(gpu: &Gpu, call: Call) -> wn_gan::Result<f64> {
    let slots = StepSlots::new(gpu, 1)?;
    let program = block_on(Program::compile(gpu, &slots, vec![call], &mut Progress::new(1, &mut |_, _, _| {})))?;
    let fence = Buffer::new(gpu, "fence", 1)?;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        gpu.submit("timed", |encoder| program.record(gpu, encoder, 0));
        block_on(fence.read::<f32>(gpu))?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[RUNS / 2])
}
