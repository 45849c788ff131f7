//! The measured work: training steps of a workload in timed pieces, beside the adapter's own peak.

use crate::clock::now;
use crate::config::Config;
use crate::data::{face_count, faces};
use crate::device::{Buffer, Counts, Device, Dispatch, DispatchList, Progress, StepUniforms, Timer};
use crate::error::{Error, Result, sentences};
use crate::gan::cost::flop_per_step;
use crate::gan::trainer::Trainer;
use crate::kernels::{self, FmaPeak};
use crate::nn::gemm::Variant;
use crate::nn::gemm::tuner;
use serde::Serialize;
use std::sync::Arc;

/// Timed pieces of a measurement.
const PIECES: usize = 5;
/// Images are enough when a batch is seldom the same twice.
const MAX_IMAGES: u32 = 4096;
/// Invocations, rounds and operations per round of the peak's kernel.
const PEAK_INVOCATIONS: u32 = 1 << 16;
const PEAK_ROUNDS: u32 = 256;
const PEAK_FLOP_PER_ROUND: u64 = 96;
/// Images, side, channels in and out of a convolution, and runs of it.
const PEAK_PRODUCT: [u32; 4] = [4, 16, 256, 256];
const PEAK_RUNS: usize = 5;
/// The peak is measured for about this long, and the best of its dispatches counts.
const PEAK_MILLIS: f64 = 600.0;

/// What a measurement found, under the names that every program of the comparison prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[allow(missing_docs, reason = "the names say it, units included")]
pub struct Measurement {
    pub workload: String,
    pub norm: String,
    pub order: String,
    pub adapter: String,
    pub backend: String,
    /// Kernel variant of the matrix products: small, medium, large (tiles), plain or panel.
    pub variant: String,
    /// Building all pipelines and the first step.
    pub first_step_ms: f64,
    pub step_ms_median: f64,
    pub step_ms_min: f64,
    pub step_ms_max: f64,
    pub steps_per_s: f64,
    pub gflop_per_step: f64,
    /// What the kernels do beyond it at the edges of matrices is in this one.
    pub gflop_issued_per_step: f64,
    pub gflops: f64,
    /// Multiply-adds in registers alone, two operations each.
    pub peak_gflops: f64,
    pub fraction_of_peak: f64,
    pub dispatches_per_step: f64,
    pub submits_per_step: f64,
    pub readback_bytes_per_step: f64,
    pub record_ms_per_step: f64,
    pub gpu_bytes: u64,
    pub losses_finite: bool,
}

/// The settings of a workload: a preset, and what is changed in it as a JSON object.
///
/// # Errors
/// [`Error::Config`] for an unknown preset, an unknown key or a value out of range.
pub fn workload(name: &str, changes: &str) -> Result<Config> {
    let mut settings = Config::keys_from_json(&Config::preset(name)?.to_json())?;
    settings.extend(Config::keys_from_json(changes)?);
    Config::from_json(&serde_json::Value::from(settings).to_string())
}

/// The range of a measurement's length, in seconds.
fn check_seconds(seconds: f64) -> Result<()> {
    if seconds > 0.0 && seconds <= 3600.0 {
        return Ok(());
    }
    Err(Error::Config(sentences::config::seconds(seconds)))
}

/// Measures training steps of `config`, called `workload`, with a variant of the matrix products, for about `seconds`, after
/// the peak. Tests are off and images are the built-in faces. `tell` is called with the share that is done, from 0 to 1.
///
/// # Errors
/// As [`Trainer::new`]; [`Error::Config`] for `seconds` out of range. Losses that are NaN or infinite are no error but
/// `losses_finite: false`.
pub async fn measure(
    (device, variant): (Arc<Device>, Variant),
    workload: &str,
    config: &Config,
    seconds: f64,
    tell: &mut dyn FnMut(f64),
) -> Result<Measurement> {
    check_seconds(seconds)?;
    let peak_gflops = peak(&device).await? / 1e9;
    let config = Config { test_interval: 0, warmup: 0, ..config.clone() };
    let images = faces(face_count(config.width, config.height, config.channels).min(MAX_IMAGES), config.seed);
    let bytes_before = device.counts().buffer_bytes;
    let started = now();
    let mut trainer =
        Trainer::with_variant(device.clone(), config.clone(), &images, variant, &mut |_, _, _| {}).await?;
    trainer.advance(1).await?;
    let first_step_ms = now() - started;
    let gpu_bytes = device.counts().buffer_bytes - bytes_before;

    let piece_ms = 1000.0 * seconds / PIECES as f64;
    let mut losses_finite = true;
    let mut piece = async |trainer: &mut Trainer, millis: f64| -> Result<f64> {
        let (from, begun) = (trainer.step(), now());
        while trainer.step() == from || now() - begun < millis {
            losses_finite &= is_finite(trainer.advance_pipelined(u32::MAX).await)?;
        }
        // A time counts when the device has finished.
        losses_finite &= is_finite(trainer.drain().await)?;
        Ok((now() - begun) / f64::from(trainer.step() - from))
    };
    // The number of steps to a submit settles, and clocks rise, before anything counts.
    piece(&mut trainer, piece_ms / 2.0).await?;
    let (before, from) = (device.counts(), trainer.step());
    let mut times = Vec::new();
    for number in 0..PIECES {
        tell(number as f64 / PIECES as f64);
        times.push(piece(&mut trainer, piece_ms).await?);
    }
    let after = device.counts();
    let steps = f64::from(trainer.step() - from);
    let per_step = |count: fn(&Counts) -> u64| (count(&after) - count(&before)) as f64 / steps;
    times.sort_by(f64::total_cmp);
    let median = times[PIECES / 2];
    let gflop_per_step = flop_per_step(&config) as f64 / 1e9;
    let gflops = gflop_per_step / (median / 1000.0);
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_string();
    Ok(Measurement {
        workload: workload.into(),
        norm: word(serde_json::json!(config.norm)),
        order: word(serde_json::json!(config.order)),
        adapter: device.name(),
        backend: device.backend().into(),
        variant: variant.name().into(),
        first_step_ms,
        step_ms_median: median,
        step_ms_min: times[0],
        step_ms_max: times[PIECES - 1],
        steps_per_s: 1000.0 / median,
        gflop_per_step,
        gflop_issued_per_step: 2.0 * per_step(|counts| counts.multiply_adds) / 1e9,
        gflops,
        peak_gflops,
        fraction_of_peak: gflops / peak_gflops,
        dispatches_per_step: per_step(|counts| counts.dispatches),
        submits_per_step: per_step(|counts| counts.submits),
        readback_bytes_per_step: per_step(|counts| counts.readback_bytes),
        record_ms_per_step: per_step(|counts| counts.record_micros) / 1000.0,
        gpu_bytes,
        losses_finite,
    })
}

/// Whether a chunk's losses are numbers; any other failure is one.
fn is_finite<T>(report: Result<T>) -> Result<bool> {
    match report {
        Ok(_) => Ok(true),
        Err(Error::NonFinite { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Floating-point operations per second of the device at its best: of fused multiply-adds in registers, and on the
/// CPU, whose registers are too few for their chains, of a matrix product that stays in its cache.
///
/// # Errors
/// [`Error::Device`] when the device failed, [`Error::Shader`] when it refuses the kernel.
pub async fn peak(device: &Device) -> Result<f64> {
    let in_registers = peak_in_registers(device).await?;
    if !device.is_cpu() {
        return Ok(in_registers);
    }
    let [batch, side, from, to] = PEAK_PRODUCT;
    let [(_, forward), ..] = tuner::directions(device, Variant::Panel, batch, [side, from, to])?;
    let multiply_adds = forward.work();
    let list = tuner::compile(device, vec![forward]).await?;
    let seconds = Timer::new(device).await?.millis(device, &list, PEAK_RUNS).await? / 1000.0;
    Ok(in_registers.max(2.0 * multiply_adds as f64 / seconds))
}

/// The best of several dispatches, each long enough to hide its launch.
async fn peak_in_registers(device: &Device) -> Result<f64> {
    let y = Buffer::new(device, "peak", PEAK_INVOCATIONS as usize)?;
    let uniforms = StepUniforms::new(device, 1)?;
    let dispatch = |rounds: u32| {
        Dispatch::new(&kernels::FMA_PEAK, "peak")
            .params(&FmaPeak { count: PEAK_INVOCATIONS, rounds, a: 0.5, b: 0.25 })
            .buffers(&[&y])
            .elements(PEAK_INVOCATIONS as usize)
    };
    let fence = Buffer::new(device, "fence", 1)?;
    let (mut rounds, mut best, begun) = (PEAK_ROUNDS, 0f64, now());
    loop {
        let silent = &mut |_, _, _: &str| {};
        let list =
            DispatchList::compile(device, &uniforms, vec![dispatch(rounds)], &mut Progress::new(1, silent)).await?;
        let started = now();
        device.submit("peak", |encoder| list.record(encoder, 0));
        let _: Vec<f32> = fence.read(device).await?;
        let millis = (now() - started).max(1e-3);
        let flop = u64::from(PEAK_INVOCATIONS) * u64::from(rounds) * PEAK_FLOP_PER_ROUND;
        best = best.max(flop as f64 / (millis / 1000.0));
        if now() - begun > PEAK_MILLIS {
            return Ok(best);
        }
        if millis < 20.0 {
            rounds = rounds.saturating_mul(4).min(1 << 20);
        }
    }
}
