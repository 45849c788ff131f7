//! `wngan adapter`: what the device is and what it offers.

use crate::device;
use crate::reporter::print_object;
use serde_json::json;
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
        let device = device::open()?;
        let mut object = json!({"adapter": device.name(), "backend": device.backend(), "software": device.software()});
        let details = serde_json::to_value(device.details()).expect("details are strings, numbers and lists");
        if let (Some(object), serde_json::Value::Object(details)) = (object.as_object_mut(), details) {
            object.extend(details);
        }
        print_object(self.json, &object);
        Ok(())
    }
}
