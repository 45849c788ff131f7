//! Where a training step's time goes: every dispatch of a step timed alone, median of several runs.
//!
//! `cargo bench --bench step -- [preset] [small|medium|large|plain] [--json]`, the second word being a variant in place of
//! the one that suits the adapter. Times are those of the device's own clock, or, where it has none, from submit to a
//! finished read-back of one number, less that of an empty submit: only meaningful where a dispatch takes longer than its
//! noise. `--json` prints one object per dispatch.

use pollster::block_on;
use serde_json::json;
use std::collections::BTreeMap;
use wn_gan::config::Config;
use wn_gan::device::{Device, Limits, Timer};
use wn_gan::gan::networks::Gan;
use wn_gan::nn::gemm::Variant;
use wn_gan::nn::gemm::tuner::compile;

const RUNS: usize = 7;

fn main() -> wn_gan::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let preset = words.first().map_or("small", String::as_str);
    let config = Config::preset(preset)?;
    let device = block_on(Device::open(Limits::Adapter))?;
    let variant = words.get(1).and_then(|name| Variant::named(name, &device)).unwrap_or(Variant::for_device(&device));
    let json = std::env::args().any(|word| word == "--json");
    if !json {
        println!("{preset} on {} ({}), variant {variant:?}", device.name(), device.backend());
    }
    let gan = Gan::new(&device, &config, variant, 1)?;
    let timer = block_on(Timer::new(&device))?;
    if !json {
        println!("times by {}", if timer.has_clock() { "the device's clock" } else { "the wall, submit to fence" });
        println!("{:>9}  {:<24} what", "ms", "kernel");
    }
    let mut kernels: BTreeMap<&str, f64> = BTreeMap::new();
    let mut total = 0.0;
    for call in gan.step().all() {
        let (kernel, label) = (call.kernel().name, call.label().to_string());
        let mut row = json!({"preset": preset, "variant": variant.name(), "kernel": kernel, "label": label,
            "workgroups": call.workgroup_count(), "multiply_adds": call.work(), "device_clock": timer.has_clock()});
        let ms = block_on(timer.millis(&device, &block_on(compile(&device, vec![call]))?, RUNS))?;
        if json {
            row["ms"] = ms.into();
            println!("{row}");
            continue;
        }
        println!("{ms:9.3}  {kernel:<24} {label}");
        *kernels.entry(kernel).or_default() += ms;
        total += ms;
    }
    if json {
        return Ok(());
    }
    println!("\nby kernel");
    for (kernel, ms) in kernels {
        println!("{ms:9.3}  {kernel}");
    }
    println!("{total:9.3}  in all");
    Ok(())
}
