//! Single matrix products beside the adapter's own peak: the three directions of large convolutions, with every variant
//! that the adapter can run.
//!
//! `cargo bench --bench gemm -- [batch] [--json]` (64). Median of several runs, by the device's clock where it has
//! one; GFLOP/s count the multiply-adds of the convolution, taps on padding among them, two operations each. `--json`
//! prints one object per product.

use pollster::block_on;
use serde_json::json;
use wn_gan::device::{Device, Limits, Timer};
use wn_gan::gan::bench::peak;
use wn_gan::nn::gemm::Variant;
use wn_gan::nn::gemm::tuner::{compile, directions};

const RUNS: usize = 7;

fn main() -> wn_gan::Result<()> {
    let batch: u32 = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(64);
    let device = block_on(Device::open(Limits::Adapter))?;
    let peak = block_on(peak(&device))? / 1e9;
    let timer = block_on(Timer::new(&device))?;
    let clock = if timer.has_clock() { "the device's clock" } else { "from submit to fence" };
    let json = std::env::args().any(|word| word == "--json");
    if !json {
        println!("{} ({}), peak {peak:.1} GFLOP/s, batch {batch}, {clock}", device.name(), device.backend());
    }
    for [side, from, to] in [[16, 64, 128], [8, 128, 256], [8, 256, 512]] {
        let multiply_adds = f64::from(batch) * f64::from(16 * from * to) * f64::from(side / 2).powi(2);
        for variant in Variant::ALL.into_iter().filter(|variant| variant.runs_on(&device)) {
            for (what, call) in directions(&device, variant, batch, [side, from, to])? {
                let program = block_on(compile(&device, vec![call]))?;
                let gflops = 2.0 * multiply_adds / block_on(timer.millis(&device, &program, RUNS))? / 1e6;
                let share = 100.0 * gflops / peak;
                if json {
                    let shape = json!({"batch": batch, "side": side, "from": from, "to": to});
                    let row = json!({"shape": shape, "variant": variant.name(), "direction": what, "gflops": gflops,
                        "peak_gflops": peak, "device_clock": timer.has_clock()});
                    println!("{row}");
                    continue;
                }
                println!("{from:>4} to {to:<4} {:<9} {what:<16} {gflops:9.1} GFLOP/s  {share:5.1} %", variant.name());
            }
        }
    }
    Ok(())
}
