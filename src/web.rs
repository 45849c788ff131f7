//! What the page's worker sees of the program: converts and forwards, holds no mathematics.
//!
//! Every failure is a JavaScript `Error` whose message is a sentence. Calls on one [`Session`] must not overlap: the
//! worker awaits each before the next.

use crate::config::{self, Config};
use crate::data;
use crate::device::context::{self, Limits};
use crate::gan::checkpoint::Checkpoint;
use crate::gan::{self, Trainer};
use crate::nn::gemm::Variant;
use crate::nn::gemm::tuner;
use crate::theorem;
use js_sys::Uint8ClampedArray;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    pub(crate) fn now() -> f64;
}

type JsResult<T> = std::result::Result<T, JsError>;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// An open GPU device, and the variant of the matrix products for it.
#[wasm_bindgen]
pub struct Device(Arc<context::Device>, Variant);

/// Finds an adapter, opens a device and runs a first kernel.
#[allow(clippy::arc_with_non_send_sync, reason = "native tests share a device between threads; a browser has just one")]
#[wasm_bindgen(js_name = openGpu)]
pub async fn open_gpu() -> JsResult<Device> {
    let device = Arc::new(context::Device::open(Limits::Adapter).await?);
    let variant = Variant::for_device(&device);
    Ok(Device(device, variant))
}

/// The cpu as a device, without WebGPU and whatever imitates it.
#[allow(clippy::arc_with_non_send_sync, reason = "as above")]
#[wasm_bindgen(js_name = openCpu)]
pub fn open_cpu() -> Device {
    let device = Arc::new(context::Device::cpu());
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

    /// Whether it runs on the CPU.
    #[wasm_bindgen(getter)]
    pub fn software(&self) -> bool {
        self.0.software()
    }
}

/// JSON: `[{name, config}]`.
#[wasm_bindgen]
pub fn presets() -> JsResult<String> {
    // Not as a JSON value, whose numbers are f64: there a rate of 0.1 would be 0.10000000149.
    #[derive(serde::Serialize)]
    struct Preset {
        name: &'static str,
        config: Config,
    }
    let list: Vec<_> = config::presets().into_iter().map(|(name, config)| Preset { name, config }).collect();
    Ok(serde_json::to_string(&list)?)
}

/// JSON of [`theorem::Demonstration`]: a random plain network of `depth` layers beside its strict form. `maps` is
/// `linear`, `conv`, `transposed` or `mixed`, `activation` is `relu` or `prelu`. Needs no GPU.
#[wasm_bindgen(js_name = theorem)]
pub fn theorem_demonstration(depth: u32, maps: &str, activation: &str, seed: u32) -> JsResult<String> {
    let maps = serde_json::from_value(maps.into())?;
    let activation = serde_json::from_value(activation.into())?;
    Ok(serde_json::to_string(&theorem::demonstration(depth, maps, activation, seed)?)?)
}

/// JSON of [`gan::bench::Measurement`]: training steps of a preset, with the settings in the JSON object `changes`
/// changed, for about `seconds`; `on_progress(share)` is called before each piece.
#[wasm_bindgen]
pub async fn bench(
    device: &Device,
    workload: &str,
    changes: &str,
    seconds: f64,
    on_progress: js_sys::Function,
) -> JsResult<String> {
    let config = gan::bench::workload(workload, changes)?;
    let mut tell = |share: f64| {
        // A page that throws in its progress display is no reason to stop.
        let _ = on_progress.call1(&JsValue::NULL, &share.into());
    };
    let found = gan::bench::measure((device.0.clone(), device.1), workload, &config, seconds, &mut tell).await?;
    Ok(serde_json::to_string(&found)?)
}

/// A set of images.
#[wasm_bindgen]
pub struct Dataset(data::Dataset);

#[wasm_bindgen]
impl Dataset {
    /// The built-in cartoon faces, 32x32 RGB.
    pub fn faces(count: u32, seed: u32) -> Dataset {
        Dataset(data::faces(count, seed))
    }

    /// How many built-in faces a run of the given image size uses.
    #[wasm_bindgen(js_name = faceCount)]
    pub fn face_count(width: u32, height: u32, channels: u32) -> u32 {
        data::face_count(width, height, channels)
    }

    /// Reads a file by its content.
    pub fn open(name: &str, bytes: &[u8]) -> JsResult<Dataset> {
        Ok(Dataset(data::open(name, bytes)?))
    }

    /// Both sets as one.
    pub fn append(&self, other: &Dataset) -> JsResult<Dataset> {
        let mut both = self.0.clone();
        both.append(&other.0)?;
        Ok(Dataset(both))
    }

    /// What it is called.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.0.name.clone()
    }

    /// Number of images.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> u32 {
        self.0.len() as u32
    }

    /// Width of an image.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.0.width
    }

    /// Height of an image.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.0.height
    }

    /// 1 (grey) or 3 (RGB).
    #[wasm_bindgen(getter)]
    pub fn channels(&self) -> u32 {
        self.0.channels
    }

    /// The first images, `columns` to a row.
    pub fn preview(&self, images: u32, columns: u32) -> Sheet {
        Sheet(gan::Sheet::of_dataset(&self.0, images, columns))
    }
}

/// An RGBA picture.
#[wasm_bindgen]
pub struct Sheet(gan::Sheet);

#[wasm_bindgen]
impl Sheet {
    /// Width in pixels.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.0.width
    }

    /// Height in pixels.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.0.height
    }

    /// A copy of the pixels.
    pub fn rgba(&self) -> Uint8ClampedArray {
        Uint8ClampedArray::from(self.0.rgba.as_slice())
    }
}

/// A run.
#[wasm_bindgen]
pub struct Session {
    trainer: Trainer,
    compile_millis: f64,
    gpu_bytes: f64,
}

/// Checks the settings and builds the run; `on_progress(done, total, label)` is called before each piece.
#[wasm_bindgen(js_name = startSession)]
pub async fn start_session(
    device: &Device,
    data: &Dataset,
    config: &str,
    on_progress: js_sys::Function,
) -> JsResult<Session> {
    let started = now();
    let config = Config::from_json(config)?;
    let before = device.0.counts().buffer_bytes;
    let mut report = |done: usize, total: usize, label: &str| {
        // A page that throws in its progress display is no reason to stop the build.
        let _ = on_progress.call3(&JsValue::NULL, &(done as u32).into(), &(total as u32).into(), &label.into());
    };
    let trainer = Trainer::with_variant(device.0.clone(), config, &data.0, device.1, &mut report).await?;
    let gpu_bytes = (device.0.counts().buffer_bytes - before) as f64;
    Ok(Session { trainer, compile_millis: now() - started, gpu_bytes })
}

#[wasm_bindgen]
impl Session {
    /// Training steps done.
    #[wasm_bindgen(getter)]
    pub fn step(&self) -> u32 {
        self.trainer.step()
    }

    /// JSON of the settings in force.
    #[wasm_bindgen(getter)]
    pub fn config(&self) -> String {
        self.trainer.config().to_json()
    }

    /// Bytes of GPU memory this run allocated.
    #[wasm_bindgen(getter, js_name = gpuBytes)]
    pub fn gpu_bytes(&self) -> f64 {
        self.gpu_bytes
    }

    /// Milliseconds the build took.
    #[wasm_bindgen(getter, js_name = compileMillis)]
    pub fn compile_millis(&self) -> f64 {
        self.compile_millis
    }

    /// One turn: up to `most` training steps (0: as many as the pace allows) and a share of a running test.
    pub async fn advance(&mut self, most: u32) -> JsResult<Report> {
        Ok(Report(self.trainer.advance(most).await?))
    }

    /// The same towards training step `stop`, with the next turn submitted ahead of this one's metrics.
    #[wasm_bindgen(js_name = advanceAhead)]
    pub async fn advance_ahead(&mut self, stop: u32) -> JsResult<Report> {
        Ok(Report(self.trainer.advance_ahead(stop).await?))
    }

    /// Whether a turn was submitted ahead and not reported.
    #[wasm_bindgen(getter, js_name = isAhead)]
    pub fn is_ahead(&self) -> bool {
        self.trainer.is_ahead()
    }

    /// The report of a turn that was submitted ahead, if there is one.
    pub async fn settle(&mut self) -> JsResult<Option<Report>> {
        Ok(self.trainer.settle().await?.map(Report))
    }

    /// One turn of the running test alone, without training.
    #[wasm_bindgen(js_name = advanceTest)]
    pub async fn advance_test(&mut self) -> JsResult<Report> {
        Ok(Report(self.trainer.advance_test().await?))
    }

    /// Samples from the fixed codes.
    pub async fn sheet(&self) -> JsResult<Sheet> {
        Ok(Sheet(self.trainer.sheet().await?))
    }

    /// Held-out images beside their reconstructions.
    pub async fn pairs(&self) -> JsResult<Option<Sheet>> {
        Ok(self.trainer.pairs().await?.map(Sheet))
    }

    /// Starts a running test now.
    #[wasm_bindgen(js_name = startTest)]
    pub fn start_test(&mut self) {
        self.trainer.start_test();
    }

    /// Starts a test over all held-out images now.
    #[wasm_bindgen(js_name = startFinalTest)]
    pub fn start_final_test(&mut self) {
        self.trainer.start_final_test();
    }

    /// JSON of [`gan::inspect::Inspection`]: weights, activations and D's outputs as they are now.
    pub async fn inspection(&self) -> JsResult<String> {
        Ok(serde_json::to_string(&self.trainer.inspection().await?)?)
    }

    /// Changes the learning rate from the next step on.
    #[wasm_bindgen(js_name = setLr)]
    pub fn set_lr(&mut self, lr: f32) -> JsResult<()> {
        Ok(self.trainer.set_lr(lr)?)
    }

    /// JSON: the Euclidean norm of every parameter's gradient in the last step, by name.
    #[wasm_bindgen(js_name = gradientNorms)]
    pub async fn gradient_norms(&self) -> JsResult<String> {
        let norm = |values: &[f32]| values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        let gradients = self.trainer.gradients().await?;
        let norms: BTreeMap<_, _> = gradients.iter().map(|(name, _, values)| (name, norm(values))).collect();
        Ok(serde_json::to_string(&norms)?)
    }

    /// Everything a run needs to go on, as a safetensors file.
    pub async fn checkpoint(&self) -> JsResult<Vec<u8>> {
        Ok(self.trainer.checkpoint().await?)
    }

    /// Goes on from a checkpoint; a file that does not fit changes nothing.
    pub fn restore(&mut self, bytes: &[u8]) -> JsResult<()> {
        Ok(self.trainer.restore(&Checkpoint::read(bytes)?)?)
    }
}

/// What one turn brought.
#[wasm_bindgen]
pub struct Report(gan::Report);

#[wasm_bindgen]
impl Report {
    /// Training steps done in all.
    #[wasm_bindgen(getter)]
    pub fn step(&self) -> u32 {
        self.0.step
    }

    /// Training steps of this turn.
    #[wasm_bindgen(getter)]
    pub fn steps(&self) -> u32 {
        self.0.steps
    }

    /// `steps` rows of step, d_loss_real, d_loss_fake, g_loss.
    pub fn metrics(&self) -> Vec<f32> {
        self.0.metrics.clone()
    }

    /// Whether a test is under way.
    #[wasm_bindgen(getter, js_name = testRunning)]
    pub fn test_running(&self) -> bool {
        self.0.test.is_some()
    }

    /// Gradient steps of the running test that are done.
    #[wasm_bindgen(getter, js_name = testDone)]
    pub fn test_done(&self) -> u32 {
        self.0.test.map_or(0, |test| test.done)
    }

    /// Gradient steps of the running test in all.
    #[wasm_bindgen(getter, js_name = testOf)]
    pub fn test_of(&self) -> u32 {
        self.0.test.map_or(0, |test| test.of)
    }

    /// Training step of the G that the finished test judged.
    #[wasm_bindgen(getter, js_name = testStep)]
    pub fn test_step(&self) -> u32 {
        self.0.finished.as_ref().map_or(0, |result| result.step)
    }

    /// Loss of every image of the test that finished in this turn.
    #[wasm_bindgen(js_name = testLosses)]
    pub fn test_losses(&self) -> Option<Vec<f32>> {
        self.0.finished.as_ref().map(|result| result.losses.clone())
    }

    /// Result of the test that finished in this turn.
    #[wasm_bindgen(getter, js_name = testLoss)]
    pub fn test_loss(&self) -> Option<f32> {
        self.0.finished.as_ref().map(|result| result.loss)
    }
}
