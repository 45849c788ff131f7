//! Failures that reach the device outside of a call.

use crate::error::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// The first failure of a device, if any.
#[derive(Debug, Clone, Default)]
pub struct Failure(Arc<Mutex<Option<String>>>);

impl Failure {
    /// Listens to a device from now on.
    pub fn of(device: &wgpu::Device) -> Failure {
        let failure = Failure::default();
        let lost = failure.clone();
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                lost.remember(format!("the device was lost ({message})"));
            }
        });
        let uncaptured = failure.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| uncaptured.remember(error.to_string())));
        failure
    }

    fn remember(&self, message: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(message);
    }

    /// What was remembered.
    ///
    /// # Errors
    /// [`Error::Device`] with the driver's message.
    pub fn check(&self) -> Result<()> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(message) => Err(Error::Device(message.clone())),
            None => Ok(()),
        }
    }
}
