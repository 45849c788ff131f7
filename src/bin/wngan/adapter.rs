//! `wngan adapter`: what the device is.

use crate::device;
use crate::teller::print_object;
use wn_gan::Result;

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
        print_object(self.json, &device::open()?.describe());
        Ok(())
    }
}
