//! Measures training steps with burn and prints one JSON object, under the names of `wngan bench`:
//! `burn_peer --workload gan16 --seconds 10`.

mod training;

#[cfg(test)]
mod references;

use burn::tensor::wgpu::{WgpuBackend, WgpuSetup};
use burn::tensor::{Device, Distribution, Int, Tensor};
use std::time::Instant;
use training::{Training, WORKLOADS, Workload};

/// Timed pieces of a measurement.
const PIECES: usize = 5;
/// Runs before anything counts, at least.
const WARM_UPS: u32 = 3;
/// Images are enough when a batch is seldom the same twice.
const IMAGES: usize = 1024;

fn arguments() -> Result<(Workload, f64), String> {
    let (mut workload, mut seconds) = (WORKLOADS[0], 10.0);
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        let value = words.next().ok_or(format!("{name} needs a value."))?;
        match name.as_str() {
            "--workload" => {
                let known = WORKLOADS.map(|workload| workload.name).join(", ");
                workload = *WORKLOADS
                    .iter()
                    .find(|workload| workload.name == value)
                    .ok_or(format!("There is no workload \"{value}\". Choose one of {known}."))?;
            }
            "--seconds" => {
                seconds = value.parse().map_err(|_| format!("--seconds must be a number; it is {value}."))?;
            }
            _ => return Err(format!("There is no option {name}; there are --workload and --seconds.")),
        }
    }
    Ok((workload, seconds))
}

/// The adapter that `wngan` takes too: the best one, through Vulkan where this program was built for it.
pub fn open() -> Result<(Device, WgpuSetup), String> {
    let api = if cfg!(feature = "vulkan") { WgpuBackend::Vulkan } else { WgpuBackend::Auto };
    let opened = Device::wgpu_options().graphics_api(api).init_with_setup();
    opened.map_err(|error| format!("burn finds no adapter here: {error}"))
}

/// Steps for at least `seconds`, launched without waiting; one read-back ends each run of as many steps as `pace`
/// (seconds per step) lets expect. Returns seconds per step.
fn run_for(seconds: f64, mut pace: f64, finite: &mut bool, step: &mut impl FnMut() -> Tensor<1>) -> f64 {
    let (mut done, begun) = (0, Instant::now());
    while done == 0 || begun.elapsed().as_secs_f64() < seconds {
        let count = (1.02 * (seconds - begun.elapsed().as_secs_f64()) / pace).ceil().max(1.0) as u32;
        let mut losses = step();
        for _ in 1..count {
            losses = step();
        }
        *finite &= losses.into_data().iter::<f32>().all(f32::is_finite);
        done += count;
        pace = begun.elapsed().as_secs_f64() / f64::from(done);
    }
    pace
}

/// Speed does not depend on the values: ones that training can start from.
fn first_values(name: &str, shape: &[usize]) -> Vec<f32> {
    let count: usize = shape.iter().product();
    let constant = [("scale", 1.0), ("prelu.weight", 0.25), ("bias", 0.0)];
    if let Some((_, value)) = constant.iter().find(|(end, _)| name.ends_with(end)) {
        return vec![*value; count];
    }
    let fan_in: usize = shape[1..].iter().product();
    // The golden ratio's multiples spread evenly over 32 bits.
    let spread = |i: u32| (i.wrapping_mul(0x9E37_79B9) as i32) as f32 / (1u32 << 31) as f32;
    (0..count as u32).map(|i| spread(i) / (fan_in as f32).sqrt()).collect()
}

fn measure(workload: &Workload, seconds: f64) -> Result<String, String> {
    let begun = Instant::now();
    let (device, setup) = open()?;
    let mut training = Training::new(workload, &first_values, &device);
    let Workload { side, channels, batch, code, .. } = *workload;
    let images: Tensor<4> = Tensor::random([IMAGES, channels, side, side], Distribution::Default, &device);
    let mut step = || {
        let chosen: Tensor<1, Int> = Tensor::random([batch], Distribution::Uniform(0.0, IMAGES as f64), &device);
        let codes = || Tensor::<2>::random([batch, code], Distribution::Normal(0.0, 1.0), &device);
        training.step(images.clone().select(0, chosen), codes(), codes())
    };
    let mut finite = true;
    let mut pace = run_for(0.0, 1.0, &mut finite, &mut step);
    let first_step_ms = 1000.0 * begun.elapsed().as_secs_f64();

    // burn goes on tuning after the first step, so that the pace becomes known only here.
    let piece = seconds / PIECES as f64;
    let (mut runs, warming) = (0, Instant::now());
    while runs < WARM_UPS || warming.elapsed().as_secs_f64() < piece / 2.0 {
        pace = run_for(piece / 16.0, pace, &mut finite, &mut step);
        runs += 1;
    }
    let mut times = [0.0; PIECES];
    for time in &mut times {
        pace = run_for(piece, pace, &mut finite, &mut step);
        *time = 1000.0 * pace;
    }
    times.sort_by(f64::total_cmp);
    let (median, gflop) = (times[PIECES / 2], workload.flop_per_step() as f64 / 1e9);
    let words = [
        ("program", "burn 0.22.1"),
        ("workload", workload.name),
        ("norm", "weight"),
        ("order", "alternating"),
        ("adapter", &setup.adapter.get_info().name),
        ("backend", &setup.backend.to_string()),
    ];
    let numbers = [
        ("batch", batch as f64),
        ("first_step_ms", first_step_ms),
        ("step_ms_median", median),
        ("step_ms_min", times[0]),
        ("step_ms_max", times[PIECES - 1]),
        ("steps_per_s", 1000.0 / median),
        ("gflop_per_step", gflop),
        ("gflops", gflop / (median / 1000.0)),
    ];
    let flags = [
        ("losses_finite", finite),
        ("fusion", cfg!(feature = "fusion")),
        ("autotune", cfg!(feature = "autotune")),
        ("spirv", cfg!(feature = "vulkan")),
    ];
    let words = words.iter().map(|(name, value)| format!("\"{name}\":{value:?}"));
    let numbers = numbers.iter().map(|(name, value)| format!("\"{name}\":{value}"));
    let flags = flags.iter().map(|(name, value)| format!("\"{name}\":{value}"));
    Ok(format!("{{{}}}", words.chain(numbers).chain(flags).collect::<Vec<_>>().join(",")))
}

fn main() {
    match arguments().and_then(|(workload, seconds)| measure(&workload, seconds)) {
        Ok(line) => println!("{line}"),
        Err(sentence) => {
            eprintln!("{sentence}");
            std::process::exit(1);
        }
    }
}
