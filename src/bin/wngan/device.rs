//! What the program computes with.

use pollster::block_on;
use std::sync::Arc;
use wn_gan::Result;
use wn_gan::device::{Device, DeviceChoice};

/// The device that `WNGAN_DEVICE` asks for; where the CPU takes the place of a graphics adapter, a line says so.
///
/// # Errors
/// [`wn_gan::Error::Config`] for a value of WNGAN_DEVICE that is none, and whatever opening an adapter meets.
pub fn open() -> Result<Arc<Device>> {
    let choice = DeviceChoice::from_environment()?;
    let device = block_on(Device::choose(choice))?;
    if choice == DeviceChoice::Auto && device.is_cpu() {
        eprintln!(
            "wngan: computing on the CPU, because there is no graphics adapter, or only a driver that imitates one \
             (WNGAN_DEVICE=gpu insists on it)"
        );
    }
    Ok(Arc::new(device))
}
