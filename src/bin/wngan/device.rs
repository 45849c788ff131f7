//! What the program computes with.

use pollster::block_on;
use std::sync::Arc;
use wn_gan::Result;
use wn_gan::gpu::Gpu;
use wn_gan::gpu::context::Wish;

/// The device that `WNGAN_DEVICE` asks for; where the CPU takes the place of a graphics adapter, a line says so.
///
/// # Errors
/// [`wn_gan::Error::Config`] for a wish that is none, and whatever opening an adapter meets.
pub fn open() -> Result<Arc<Gpu>> {
    let wish = Wish::from_environment()?;
    let gpu = block_on(Gpu::wished(wish))?;
    if wish == Wish::Auto && gpu.is_processor() {
        eprintln!(
            "wngan: computing on the CPU, because there is no graphics adapter, or only a driver that imitates one \
             (WNGAN_DEVICE=gpu insists on it)"
        );
    }
    Ok(Arc::new(gpu))
}
