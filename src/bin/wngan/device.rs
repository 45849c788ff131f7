//! What the program computes with.

use pollster::block_on;
use std::sync::Arc;
use wn_gan::Result;
use wn_gan::device::Device;
use wn_gan::device::context::Wish;

/// The device that `WNGAN_DEVICE` asks for; where the CPU takes the place of a graphics adapter, a line says so.
///
/// # Errors
/// [`wn_gan::Error::Config`] for a wish that is none, and whatever opening an adapter meets.
pub fn open() -> Result<Arc<Device>> {
    let wish = Wish::from_environment()?;
    let device = block_on(Device::wished(wish))?;
    if wish == Wish::Auto && device.is_cpu() {
        eprintln!(
            "wngan: computing on the CPU, because there is no graphics adapter, or only a driver that imitates one \
             (WNGAN_DEVICE=device insists on it)"
        );
    }
    Ok(Arc::new(device))
}
