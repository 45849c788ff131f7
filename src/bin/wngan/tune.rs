//! `wngan tune`: which variant of the matrix products is the fastest on this device, and what each of them takes.

use crate::device;
use crate::reporter::print_object;
use pollster::block_on;
use serde_json::json;
use wn_gan::Result;
use wn_gan::nn::gemm::tuner::{self, Measured, PROBE};

/// Arguments of `wngan tune`.
#[derive(Debug, clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Tune {
    /// Images that the measured convolution reads; by default as many as the choice is made with
    #[arg(long, value_name = "N", default_value_t = PROBE.0, value_parser = clap::value_parser!(u32).range(1..=1024))]
    images: u32,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Tune {
    /// Chooses as a first start would, then measures every candidate without a limit of time, and prints both. What was
    /// chosen is not kept.
    ///
    /// # Errors
    /// As [`device::open`] and [`tuner::measure`].
    pub fn run(&self) -> Result<()> {
        let device = device::open()?;
        let choice = block_on(tuner::fastest(&device));
        let (_, layer @ [side, from, to]) = PROBE;
        let probe = (self.images, layer);
        let all = block_on(tuner::measure(&device, &tuner::candidates(&device), probe, f64::INFINITY))?;
        let candidates: Vec<_> =
            all.iter().map(|&Measured { variant, millis }| json!({"variant": variant.name(), "ms": millis})).collect();
        let found = json!({
            "adapter": device.name(),
            "backend": device.backend(),
            "probe": {"images": self.images, "side": side, "channels": [from, to]},
            "chosen": choice.variant.name(),
            "all_measured_in_time": choice.measured || all.len() == 1,
            "candidates": candidates,
        });
        print_object(self.json, &found);
        Ok(())
    }
}
