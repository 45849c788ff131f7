//! `wngan bench`: training steps of a workload, timed.

use crate::device;
use crate::reporter::print_object;
use crate::settings::{Settings, preset_names};
use crate::variant;
use pollster::block_on;
use wn_gan::config::{Norm, Order};
use wn_gan::error::plain;
use wn_gan::gan::bench::measure;
use wn_gan::{Config, Error, Result};

/// Most seconds of a measurement.
const DAY: f64 = 86_400.0;

/// Arguments of `wngan bench`.
#[derive(Debug, clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Bench {
    /// Which network: any preset, with norm weight and order alternating where no flag says otherwise
    #[arg(long, default_value = "gan16", value_parser = preset_names())]
    workload: String,
    #[command(flatten)]
    settings: Settings,
    /// Variant of the matrix products: small, medium, large (tiles), plain or panel; by default the fastest on this adapter
    #[arg(long, value_name = "VARIANT")]
    variant: Option<String>,
    /// How long to measure, in five pieces; at least 10 for figures to be published
    #[arg(long, default_value_t = 10.0, allow_negative_numbers = true, value_parser = seconds)]
    seconds: f64,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    let found = text.parse().ok().filter(|seconds: &f64| *seconds > 0.0 && *seconds <= DAY);
    found.ok_or_else(|| format!("seconds must be a number above 0 and up to {DAY}; it is \"{text}\"."))
}

impl Bench {
    /// Measures and prints.
    ///
    /// # Errors
    /// A sentence for a setting or the device.
    pub fn run(&self) -> Result<()> {
        if self.settings.checkpoint().is_some() {
            return Err(Error::Config(plain("For bench --net names the family alone: it measures new networks.")));
        }
        let start = Config { norm: Norm::Weight, order: Order::Alternating, ..Config::preset(&self.workload)? };
        let config = self.settings.applied_to(&start)?;
        let device = device::open()?;
        let variant = block_on(variant::choose(&device, self.variant.as_deref()))?;
        let found = block_on(measure((device, variant), &self.workload, &config, self.seconds, &mut |_| {}))?;
        print_object(self.json, &found);
        Ok(())
    }
}
