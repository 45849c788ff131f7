//! `wngan adapter`: what the device is.

use crate::teller::print_object;
use pollster::block_on;
use wn_gan::Result;
use wn_gan::gpu::Gpu;
use wn_gan::gpu::context::Limits;

/// Arguments of `wngan adapter`.
#[derive(Debug, clap::Args)]
#[command(rename_all = "snake_case")]
pub struct Adapter {
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Adapter {
    /// Opens the device, so that it has computed something, and prints what it is.
    ///
    /// # Errors
    /// A sentence where there is no device, or one that computes wrongly.
    pub fn run(&self) -> Result<()> {
        print_object(self.json, &block_on(Gpu::open(Limits::Adapter))?.describe());
        Ok(())
    }
}
