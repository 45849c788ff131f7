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
    let limit = if device.software() { available() } else { None };
    Ok(Arc::new(device.with_memory_limit(limit)))
}

/// Bytes of memory that programs can still have, where the system says so: Linux.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kibibytes)
}
