//! What a run needs, before anything is allocated: its networks are built on a device that only counts.

use crate::config::{Config, Role, presets};
use crate::data::held_out_counts;
use crate::device::{Device, Simulation};
use crate::error::sentences::limit as sentences;
use crate::error::{Error, Result};
use crate::gan::architecture;
use crate::gan::images::DeviceImages;
use crate::gan::trainer::{Images, Trainer};
use crate::nn::gemm::Variant;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Bytes that a run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needed {
    /// Of buffers on the device: what [`Counts::buffer_bytes`](crate::device::Counts) grows by.
    pub buffers: u64,
    /// Of the process, where that is not the same memory: the images as they come and as they are arranged, and a checkpoint
    /// as tensors and as a file.
    pub beside: u64,
}

impl Needed {
    /// Of the memory that the device computes in.
    pub fn of(self, device: &Device) -> u64 {
        if device.is_cpu() { self.buffers + self.beside } else { self.buffers }
    }
}

/// What a run of `config` on `images` images needs on a device like `device`. Allocates next to nothing.
///
/// # Errors
/// [`Error::Config`] for a setting out of range, [`Error::Limit`] for a network that is too large for any device.
#[allow(clippy::arc_with_non_send_sync, reason = "a browser has just one thread for it")]
pub fn needed(device: &Device, config: &Config, images: u32, variant: Variant) -> Result<Needed> {
    config.validate()?;
    architecture::check_size(config)?;
    let counting = Arc::new(Simulation::new(1.0).device_like(device));
    let (running, held_out) = held_out_counts(images, config.running, config.final_count);
    let values = config.width * config.height * config.channels;
    let all = DeviceImages::reserve(&counting, held_out, images.saturating_sub(held_out), values)?;
    let images_bytes = u64::from(images) * u64::from(values);
    let images = Images { all, running };
    let silent = &mut |_: usize, _: usize, _: &str| {};
    let trainer = at_once(Trainer::allocate(counting.clone(), config.clone(), &images, variant, silent))?;
    let saved: usize = Role::BOTH
        .map(|role| {
            let parameters = &trainer.gan().network(role).parameters;
            let tensors = 1 + parameters.optimiser_state.len() + usize::from(config.ema > 0.0);
            parameters.values.len() * tensors
        })
        .into_iter()
        .sum();
    Ok(Needed { buffers: counting.counts().buffer_bytes, beside: 2 * images_bytes + 8 * saved as u64 })
}

/// Refuses what does not fit into the memory that the device may use beside what is alive on it.
///
/// # Errors
/// [`Error::Limit`] with the preset that comes nearest, and as [`needed`].
pub fn check(device: &Device, config: &Config, images: u32, variant: Variant) -> Result<()> {
    let need = needed(device, config, images, variant)?.of(device);
    let Some(have) = device.free_memory().filter(|&have| need > have) else { return Ok(()) };
    let of_preset = |(name, preset): (&'static str, Config)| {
        let need = needed(device, &preset, images, variant).ok()?.of(device);
        (need <= have).then_some((need, name))
    };
    let nearest = presets().into_iter().filter_map(of_preset).max();
    let [need, have] = [need, have].map(|bytes| format!("{:.2} GiB", bytes as f64 / f64::from(1 << 30)));
    Err(Error::Limit(match nearest {
        Some((_, preset)) => sentences::run_or_preset(need, have, preset),
        None => sentences::run(need, have),
    }))
}

/// What a future gives that never waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a device that only counts has nothing to wait for"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    /// Without what they do with it, which takes long for the large ones.
    #[test]
    fn every_preset_needs_what_it_then_has() {
        for (name, config) in presets() {
            let device = Arc::new(Device::cpu());
            let variant = Variant::for_device(&device);
            let started = Instant::now();
            let needed = needed(&device, &config, 100, variant).expect("a preset can be built");
            println!("{name}: {} MiB, known after {:?}", needed.buffers >> 20, started.elapsed());
            let (running, held_out) = held_out_counts(100, config.running, config.final_count);
            let values = config.width * config.height * config.channels;
            let all = DeviceImages::reserve(&device, held_out, 100 - held_out, values).expect("there is room");
            let images = Images { all, running };
            let report = &mut |_: usize, _: usize, _: &str| {};
            let trainer = at_once(Trainer::allocate(device.clone(), config, &images, variant, report));
            assert!(trainer.is_ok());
            assert_eq!(device.counts().buffer_bytes, needed.buffers, "{name}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_would() {
        let device = Device::cpu().with_memory_limit(Some(1 << 30));
        let variant = Variant::for_device(&device);
        let largest =
            Config { width: 256, height: 256, nfeature: 64, batch_size: 32, vis_size: 16, ..Config::default() };
        let message = check(&device, &largest, 1000, variant).expect_err("too large").to_string();
        assert!(message.starts_with("This run needs ") && message.contains(", and 1.00 GiB "), "{message}");
        assert!(message.contains(" The preset "), "{message}");
        assert_eq!(check(&device, &Config::default(), 1000, variant), Ok(()));
        assert_eq!(check(&Device::cpu().with_memory_limit(None), &largest, 1000, variant), Ok(()));
        let message = check(&Device::cpu().with_memory_limit(Some(1000)), &Config::default(), 1000, variant);
        assert!(!message.expect_err("nothing fits").to_string().contains("preset"));
        assert_eq!(device.counts().buffers, 0, "nothing was allocated");
    }
}
