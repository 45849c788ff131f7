//! How a device is opened.

use crate::device::backend::Backend;
use crate::device::context::Device;
use crate::device::cpu::Cpu;
use crate::device::self_test;
use crate::device::webgpu::{Limits, WebGpu};
use crate::error::{Error, Result, sentences};
use std::sync::Arc;

/// What a person wants to compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The graphics adapter, or the CPU where there is none or only a driver that imitates one.
    Auto,
    /// An adapter, whatever it is.
    Gpu,
    /// The CPU, without a driver.
    Cpu,
}

impl DeviceChoice {
    /// What the variable `WNGAN_DEVICE` of the environment says: `auto` (as without it), `gpu`, or `cpu`, which may also be
    /// written `processor`.
    ///
    /// # Errors
    /// [`Error::Config`] for anything else.
    pub fn from_environment() -> Result<DeviceChoice> {
        match std::env::var("WNGAN_DEVICE").as_deref() {
            Err(std::env::VarError::NotPresent) | Ok("" | "auto") => Ok(DeviceChoice::Auto),
            Ok("gpu") => Ok(DeviceChoice::Gpu),
            Ok("cpu" | "processor") => Ok(DeviceChoice::Cpu),
            other => {
                let found = other.map_or_else(|e| e.to_string(), |value| format!("\"{value}\""));
                Err(Error::Config(sentences::config::device(found)))
            }
        }
    }
}

impl Device {
    /// What a person wished for; by itself a graphics adapter, and the CPU where there is none or only a driver that
    /// imitates one, because that driver is slower than the kernels compiled for the CPU.
    ///
    /// # Errors
    /// As [`Self::open`] where an adapter was wished for; by itself the CPU takes the place of [`Error::NoAdapter`] alone.
    pub async fn choose(choice: DeviceChoice) -> Result<Device> {
        match choice {
            DeviceChoice::Cpu => Ok(Device::cpu()),
            DeviceChoice::Gpu => Device::open(Limits::Adapter).await,
            DeviceChoice::Auto => match Device::open(Limits::Adapter).await {
                Ok(device) if device.software() => Ok(Device::cpu()),
                Err(Error::NoAdapter(_)) => Ok(Device::cpu()),
                opened => opened,
            },
        }
    }

    /// Finds an adapter (a fast one first), opens a device, and runs one kernel whose answer is known.
    ///
    /// # Errors
    /// [`Error::NoAdapter`], [`Error::NoDevice`], or, of the first kernel, [`Error::Shader`] if it is refused and
    /// [`Error::Device`] if it answers wrongly.
    pub async fn open(limits: Limits) -> Result<Device> {
        let counters = Arc::default();
        let backend: Box<dyn Backend> = Box::new(WebGpu::open(limits, Arc::clone(&counters)).await?);
        let device = Device::new(backend, counters);
        self_test::run(&device).await?;
        Ok(device)
    }

    /// The CPU as a device: nothing to find and nothing to wait for.
    pub fn cpu() -> Device {
        Device::new(Box::new(Cpu::new()), Arc::default())
    }
}
