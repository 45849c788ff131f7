//! Failures that reach the device outside of a call.

use crate::device::backend::{ErrorScope, Pending};
use crate::error::{Error, Result, Sentence, sentences::device as sentences};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happened to a device.
#[derive(Debug, Default)]
struct Happened {
    /// Why it was lost.
    lost: Option<Sentence>,
    /// The first error that nobody has been told.
    error: Option<Sentence>,
}

/// The failures of a device.
#[derive(Debug, Clone, Default)]
pub struct Failure(Arc<Mutex<Happened>>);

impl Failure {
    /// Listens to a device from now on.
    pub fn of(device: &wgpu::Device) -> Failure {
        let failure = Failure::default();
        let lost = failure.clone();
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                lost.happened().lost.get_or_insert_with(|| sentences::lost(message));
            }
        });
        let uncaptured = failure.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            uncaptured.happened().error.get_or_insert_with(|| sentences::failed(error));
        }));
        failure
    }

    fn happened(&self) -> MutexGuard<'_, Happened> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The device is lost from now on, whatever its driver says.
    pub fn lose(&self, why: &str) {
        self.happened().lost.get_or_insert_with(|| sentences::lost(why));
    }

    /// Whether it is lost.
    pub fn is_lost(&self) -> bool {
        self.happened().lost.is_some()
    }

    /// The loss, for ever; an error once.
    ///
    /// # Errors
    /// [`Error::Lost`] or [`Error::Device`] with the driver's message.
    pub fn check(&self) -> Result<()> {
        let mut happened = self.happened();
        let error = happened.error.take();
        match happened.lost.clone() {
            Some(sentence) => Err(Error::Lost(sentence)),
            None => error.map_or(Ok(()), |sentence| Err(Error::Device(sentence))),
        }
    }
}

/// What a device refuses for want of memory, and for any other reason.
pub struct Scope {
    memory: wgpu::ErrorScopeGuard,
    refused: wgpu::ErrorScopeGuard,
}

impl Scope {
    /// Begins.
    pub fn new(device: &wgpu::Device) -> Scope {
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        Scope { memory, refused: device.push_error_scope(wgpu::ErrorFilter::Validation) }
    }
}

impl ErrorScope for Scope {
    fn end(self: Box<Self>) -> Pending<'static, ()> {
        let refused = self.refused.pop();
        let memory = self.memory.pop();
        Box::pin(async {
            // Buffers without memory are refused wherever they are used: the want of memory comes first.
            let (memory, refused) = (memory.await, refused.await);
            let memory = memory.map(|error| Error::Memory(error.to_string()));
            memory.or(refused.map(|error| Error::Build(error.to_string()))).map_or(Ok(()), Err)
        })
    }
}
