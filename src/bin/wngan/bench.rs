//! `wngan bench`: training steps of a workload, timed.

use crate::device;
use crate::settings::preset_names;
use crate::teller::print_object;
use crate::variant;
use pollster::block_on;
use wn_gan::Result;
use wn_gan::gan::bench::{measure, workload};

/// Arguments of `wngan bench`.
#[derive(Debug, clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Bench {
    /// Which network; any preset
    #[arg(long, default_value = "gan16", value_parser = preset_names())]
    workload: String,
    /// Normalisation: weight, none, batch, weight-affine or spectral
    #[arg(long, default_value = "weight", value_name = "NORM")]
    norm: String,
    /// Update order: alternating or simultaneous
    #[arg(long, default_value = "alternating", value_name = "ORDER")]
    order: String,
    /// Images per batch; by default the workload's
    #[arg(long, value_name = "N")]
    batch_size: Option<u32>,
    /// Variant of the matrix products: small, medium, large (tiles), plain or panel; by default the fastest on this adapter
    #[arg(long, value_name = "VARIANT")]
    variant: Option<String>,
    /// How long to measure, in five pieces; at least 10 for figures to be published
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Bench {
    /// Measures and prints.
    ///
    /// # Errors
    /// A sentence for a setting or the device.
    pub fn run(&self) -> Result<()> {
        let mut changes = serde_json::json!({"norm": self.norm, "order": self.order});
        if let Some(batch_size) = self.batch_size {
            changes["batch_size"] = batch_size.into();
        }
        let config = workload(&self.workload, &changes.to_string())?;
        let device = device::open()?;
        let variant = block_on(variant::choose(&device, self.variant.as_deref()))?;
        let found = block_on(measure((device, variant), &self.workload, &config, self.seconds, &mut |_| {}))?;
        print_object(self.json, &found);
        Ok(())
    }
}
