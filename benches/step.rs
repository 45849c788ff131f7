//! Where a training step's time goes: every dispatch of a step timed alone, median of several runs.
//!
//! `cargo bench --bench step -- [preset] [small|medium|large]`, the word being a tile in place of the body that suits the
//! device. A time is from submit to a finished read-back of one number, less that of an empty submit, so it is only
//! meaningful where a dispatch takes longer than the latter's noise.

use pollster::block_on;
use std::collections::BTreeMap;
use std::time::Instant;
use wn_gan::config::Config;
use wn_gan::gan::step::Gan;
use wn_gan::gpu::context::Limits;
use wn_gan::gpu::{Buffer, Gpu, Program, Progress, StepSlots};
use wn_gan::nn::product::{Body, Size};

const RUNS: usize = 7;

fn main() -> wn_gan::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let preset = words.first().map_or("small", String::as_str);
    let config = Config::preset(preset)?;
    let gpu = block_on(Gpu::open(Limits::Adapter))?;
    let body = match words.get(1).map(String::as_str) {
        Some("small") => Body::Tile(Size::Small),
        Some("medium") => Body::Tile(Size::Medium),
        Some("large") => Body::Tile(Size::Large),
        _ => Body::for_device(&gpu),
    };
    println!("{preset} on {} ({}), body {body:?}", gpu.name(), gpu.backend());
    let gan = Gan::new(&gpu, &config, body, 1)?;
    let slots = StepSlots::new(&gpu, 1)?;
    let fence = Buffer::new(&gpu, "fence", 1)?;
    let time = |program: Option<&Program>| -> wn_gan::Result<f64> {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let start = Instant::now();
            gpu.submit("timed", |encoder| {
                if let Some(program) = program {
                    program.record(&gpu, encoder, 0);
                }
            });
            block_on(fence.read::<f32>(&gpu))?;
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        Ok(times[RUNS / 2])
    };
    let empty = time(None)?;
    let mut kernels: BTreeMap<&str, f64> = BTreeMap::new();
    let mut total = 0.0;
    println!("{:>9}  {:<24} what", "ms", "kernel");
    for call in gan.update(&config) {
        let (kernel, label) = (call.kernel().name, call.label().to_string());
        let program = block_on(Program::compile(&gpu, &slots, vec![call], &mut Progress::new(1, &mut |_, _, _| {})))?;
        let ms = time(Some(&program))? - empty;
        println!("{ms:9.3}  {kernel:<24} {label}");
        *kernels.entry(kernel).or_default() += ms;
        total += ms;
    }
    println!("\nby kernel (an empty submit takes {empty:.3} ms)");
    for (kernel, ms) in kernels {
        println!("{ms:9.3}  {kernel}");
    }
    println!("{total:9.3}  in all");
    Ok(())
}
