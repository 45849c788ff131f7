//! The device that computes: an adapter, or the CPU.

use super::JsResult;
use crate::device::{self, Limits};
use crate::nn::gemm::Variant;
use crate::nn::gemm::tuner;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

/// An open device, and the variant of the matrix products for it.
#[wasm_bindgen]
pub struct Device(Arc<device::Device>, Variant);

/// Finds an adapter, opens a device and runs a first kernel.
///
/// # Errors
/// Where there is no adapter, where it opens no device, or where its first kernel answers wrongly.
#[allow(clippy::arc_with_non_send_sync, reason = "native tests share a device between threads; a browser has just one")]
#[wasm_bindgen(js_name = openGpu)]
pub async fn open_gpu() -> JsResult<Device> {
    let device = Arc::new(device::Device::open(Limits::Adapter).await?);
    let variant = Variant::for_device(&device);
    Ok(Device(device, variant))
}

/// The CPU as a device, without WebGPU and whatever imitates it.
#[allow(clippy::arc_with_non_send_sync, reason = "as above")]
#[wasm_bindgen(js_name = openCpu)]
pub fn open_cpu() -> Device {
    let device = Arc::new(device::Device::cpu());
    let variant = Variant::for_device(&device);
    Device(device, variant)
}

#[wasm_bindgen]
impl Device {
    /// Name of the adapter.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Interface behind it.
    #[wasm_bindgen(getter)]
    pub fn backend(&self) -> String {
        self.0.backend().into()
    }

    /// Chooses the variant of the matrix products: the one called `kept`, if the device can run it, or else the fastest,
    /// which takes about a second. Returns its name if it should be kept.
    pub async fn tune(&mut self, kept: Option<String>) -> Option<String> {
        let named = kept.and_then(|name| Variant::named(&name, &self.0));
        let choice = match named {
            Some(variant) => tuner::Choice { variant, measured: true },
            None => tuner::fastest(&self.0).await,
        };
        self.1 = choice.variant;
        choice.measured.then(|| choice.variant.name().into())
    }

    /// The variant of the matrix products.
    #[wasm_bindgen(getter)]
    pub fn variant(&self) -> String {
        self.1.name().into()
    }

    /// Bytes of all buffers on it.
    #[wasm_bindgen(getter, js_name = bufferBytes)]
    pub fn buffer_bytes(&self) -> f64 {
        self.0.counts().buffer_bytes as f64
    }

    /// Whether it was lost, with all that was on it.
    #[wasm_bindgen(getter, js_name = isLost)]
    pub fn is_lost(&self) -> bool {
        self.0.is_lost()
    }

    /// Gives it up as if its driver had: how a loss is tried out.
    pub fn destroy(&self) {
        self.0.destroy();
    }

    /// Whether it runs on the CPU.
    #[wasm_bindgen(getter)]
    pub fn software(&self) -> bool {
        self.0.software()
    }
}

impl Device {
    /// The device and its variant of the matrix products.
    pub(super) fn parts(&self) -> (Arc<device::Device>, Variant) {
        (self.0.clone(), self.1)
    }
}
