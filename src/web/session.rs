//! A run and what its chunks bring.

use super::{Dataset, Device, ImageGrid, JsResult, Settings, object, text};
use crate::clock::now;
use crate::config::Config;
use crate::gan::checkpoint::Checkpoint;
use crate::gan::inspect::Inspection;
use crate::gan::{self, Trainer};
use js_sys::{Function, Map};
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

/// A run.
#[wasm_bindgen]
pub struct Session {
    trainer: Trainer,
    compile_millis: f64,
    gpu_bytes: f64,
}

/// Checks the settings and builds the run; `on_progress` is called before each piece.
///
/// # Errors
/// As [`Config::from_json`] and [`Trainer::new`].
#[wasm_bindgen(js_name = startSession)]
pub async fn start_session(
    device: &Device,
    data: &Dataset,
    config: &Settings,
    #[wasm_bindgen(unchecked_param_type = "(done: number, total: number, label: string) => void")]
    on_progress: Function,
) -> JsResult<Session> {
    let started = now();
    let config = Config::from_json(&text(config)?)?;
    let ((opened, variant), before) = (device.parts(), device.buffer_bytes());
    let mut report = |done: usize, total: usize, label: &str| {
        // A page that throws in its progress display is no reason to stop the build.
        let _ = on_progress.call3(&JsValue::NULL, &(done as u32).into(), &(total as u32).into(), &label.into());
    };
    let trainer = Trainer::with_variant(opened, config, &data.0, variant, &mut report).await?;
    let gpu_bytes = device.buffer_bytes() - before;
    Ok(Session { trainer, compile_millis: now() - started, gpu_bytes })
}

#[wasm_bindgen]
impl Session {
    /// Training steps done.
    #[wasm_bindgen(getter)]
    pub fn step(&self) -> u32 {
        self.trainer.step()
    }

    /// The settings in force.
    ///
    /// # Errors
    /// Where they are no object in JavaScript.
    #[wasm_bindgen(getter)]
    pub fn config(&self) -> JsResult<Settings> {
        object(self.trainer.config())
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

    /// Milliseconds of the longest dispatch, below which no submit can be cut, once the device's speed is known.
    #[wasm_bindgen(getter, js_name = longestDispatchMillis)]
    pub fn longest_dispatch_millis(&self) -> Option<f64> {
        self.trainer.longest_dispatch_ms()
    }

    /// One chunk: up to `most` training steps (0: as many as suit the device) and a share of a running test.
    ///
    /// # Errors
    /// As [`Trainer::advance`].
    pub async fn advance(&mut self, most: u32) -> JsResult<Report> {
        Ok(Report(self.trainer.advance(most).await?))
    }

    /// The same towards training step `stop`, with as many further chunks in flight as keep the device busy.
    ///
    /// # Errors
    /// As [`Trainer::advance_pipelined`].
    #[wasm_bindgen(js_name = advancePipelined)]
    pub async fn advance_pipelined(&mut self, stop: u32) -> JsResult<Report> {
        Ok(Report(self.trainer.advance_pipelined(stop).await?))
    }

    /// Whether a chunk is in flight, submitted and not reported.
    #[wasm_bindgen(getter, js_name = hasChunkInFlight)]
    pub fn has_chunk_in_flight(&self) -> bool {
        self.trainer.has_chunk_in_flight()
    }

    /// One report of all chunks in flight, if there are any.
    ///
    /// # Errors
    /// As [`Trainer::drain`].
    pub async fn drain(&mut self) -> JsResult<Option<Report>> {
        Ok(self.trainer.drain().await?.map(Report))
    }

    /// One chunk of the running test alone, without training, and further ones in flight.
    ///
    /// # Errors
    /// As [`Trainer::advance_test`].
    #[wasm_bindgen(js_name = advanceTest)]
    pub async fn advance_test(&mut self) -> JsResult<Report> {
        Ok(Report(self.trainer.advance_test().await?))
    }

    /// Samples from the fixed codes.
    ///
    /// # Errors
    /// Where the device failed.
    #[wasm_bindgen(js_name = sampleGrid)]
    pub async fn sample_grid(&self) -> JsResult<ImageGrid> {
        Ok(ImageGrid(self.trainer.sample_grid().await?))
    }

    /// Held-out images beside their reconstructions.
    ///
    /// # Errors
    /// Where the device failed.
    pub async fn pairs(&self) -> JsResult<Option<ImageGrid>> {
        Ok(self.trainer.pairs().await?.map(ImageGrid))
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

    /// Weights, activations and D's outputs as they are now.
    ///
    /// # Errors
    /// Where the device failed.
    pub async fn inspection(&self) -> JsResult<Ts<Inspection>> {
        Ok(self.trainer.inspection().await?.into_ts()?)
    }

    /// Changes the learning rate from the next step on.
    ///
    /// # Errors
    /// For a rate out of its range; the old one stays.
    #[wasm_bindgen(js_name = setLr)]
    pub fn set_lr(&mut self, lr: f32) -> JsResult<()> {
        Ok(self.trainer.set_lr(lr)?)
    }

    /// The Euclidean norm of every parameter's gradient in the last step, by name.
    ///
    /// # Errors
    /// Where the device failed.
    #[wasm_bindgen(js_name = gradientNorms, unchecked_return_type = "Map<string, number>")]
    pub async fn gradient_norms(&self) -> JsResult<Map> {
        let norms = Map::new();
        for (name, _, values) in self.trainer.gradients().await?.iter() {
            let norm = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
            norms.set(&name.into(), &norm.into());
        }
        Ok(norms)
    }

    /// Everything a run needs to go on, as a safetensors file.
    ///
    /// # Errors
    /// Where the device failed.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer>")]
    pub async fn checkpoint(&self) -> JsResult<Vec<u8>> {
        Ok(self.trainer.checkpoint().await?)
    }

    /// Goes on from a checkpoint; a file that does not fit changes nothing.
    ///
    /// # Errors
    /// As [`Checkpoint::read`] and [`Trainer::restore`].
    pub fn restore(&mut self, bytes: &[u8]) -> JsResult<()> {
        Ok(self.trainer.restore(&Checkpoint::read(bytes)?)?)
    }
}

/// What one chunk brought.
#[wasm_bindgen]
pub struct Report(gan::Report);

#[wasm_bindgen]
impl Report {
    /// Training steps done in all.
    #[wasm_bindgen(getter)]
    pub fn step(&self) -> u32 {
        self.0.step
    }

    /// Training steps of this chunk.
    #[wasm_bindgen(getter)]
    pub fn steps(&self) -> u32 {
        self.0.steps
    }

    /// `[steps, 4]`: d_loss_real, d_loss_fake, g_loss, d_loss of each step; NaN for a part that the loss does not have.
    #[wasm_bindgen(unchecked_return_type = "Float32Array<ArrayBuffer>")]
    pub fn metrics(&self) -> Vec<f32> {
        let row = |of: &gan::metrics::Metrics| {
            let [real, fake] = [of.d_loss_real, of.d_loss_fake].map(|part| part.unwrap_or(f32::NAN));
            [real, fake, of.g_loss, of.d_loss]
        };
        self.0.metrics.iter().flat_map(row).collect()
    }

    /// Whether a test is under way.
    #[wasm_bindgen(getter, js_name = testRunning)]
    pub fn test_running(&self) -> bool {
        self.0.test.is_some()
    }

    /// Gradient steps of the running test that are done.
    #[wasm_bindgen(getter, js_name = testDone)]
    pub fn test_done(&self) -> f64 {
        self.0.test.map_or(0.0, |test| test.done as f64)
    }

    /// Gradient steps of the running test in all.
    #[wasm_bindgen(getter, js_name = testOf)]
    pub fn test_of(&self) -> f64 {
        self.0.test.map_or(0.0, |test| test.of as f64)
    }

    /// Training step of the G that the finished test judged.
    #[wasm_bindgen(getter, js_name = testStep)]
    pub fn test_step(&self) -> u32 {
        self.0.finished.as_ref().map_or(0, |result| result.step)
    }

    /// Loss of every image of the test that finished in this chunk: squared error per pixel and channel, pixels in [0, 1].
    #[wasm_bindgen(js_name = testLosses, unchecked_return_type = "Float32Array<ArrayBuffer> | undefined")]
    pub fn test_losses(&self) -> Option<Vec<f32>> {
        self.0.finished.as_ref().map(|result| result.losses.clone())
    }

    /// Result of the test that finished in this chunk: the mean of its losses.
    #[wasm_bindgen(getter, js_name = testLoss)]
    pub fn test_loss(&self) -> Option<f32> {
        self.0.finished.as_ref().map(|result| result.loss)
    }
}
